"""What can be told of a picture without decoding one, where a file says it all: a decoder costs most of a probe.

Whatever may turn, light or interlace the picture stands in headers that are looked at here; at the first that is not
known to be harmless, the picture is decoded.
"""

from __future__ import annotations

from collections.abc import Iterator

from av.video.stream import VideoStream

from sidecar.services.media.picture import FirstPicture
from sidecar.services.media.units import H264_SPS, UNITS, Sets, read_header, read_sequence_set, split, unit_type

_HARMLESS = frozenset({0, 5, 6})
"""Payloads of SEI that say nothing of the picture: buffering, the encoder's own words, recovery points."""

_SEI = {"h264": 6, "hevc": 39}
_PICTURES = {
    "h264": frozenset({1, 5, 7, 8, 9, 12}),
    "hevc": frozenset({*range(10), *range(16, 22), *range(32, 36), 38}),
}
"""Units that hold pictures, parameter sets, delimiters and filling."""

_PROGRESSIVE = 1
_METADATA = 5
"""AV1's unit of metadata."""
_LONGEST_SIZE = 7 * 7
"""Bits before the last byte of a size in AV1."""


def told_picture(stream: VideoStream, packet: bytes) -> FirstPicture | None:
    """Return what the first picture would tell of a stream whose container does not turn it; None: decode it.

    `packet` is the stream's first.
    """
    context = stream.codec_context
    codec, pixel_format = context.codec.canonical_name, context.pix_fmt
    if pixel_format is None or not _harmless(codec, context.extradata or b"", packet):
        return None
    if codec == "h264" and int(context.field_order) != _PROGRESSIVE:
        return None
    return FirstPicture(
        pixel_format=pixel_format,
        rotation=0,
        mirrored=False,
        interlaced="progressive",
        range=int(context.color_range or 0),
        matrix=int(context.colorspace),
        primaries=int(context.color_primaries),
        transfer=int(context.color_trc),
        dolby=False,
        max_luminance=None,
        dts=None,
    )


def _harmless(codec: str, extradata: bytes, packet: bytes) -> bool:
    """Whether nothing but pictures and the encoder's own words stand in a stream."""
    try:
        if codec in UNITS:
            sets = read_header(codec, extradata)
            return sets is not None and _frames_only(codec, sets) and _plain_units(codec, sets, extradata, packet)
        if codec == "av1":
            return all(kind != _METADATA for kind in _open_units(packet))
    except (ValueError, IndexError):
        return False
    return codec in {"vp8", "vp9"}


def _frames_only(codec: str, sets: Sets) -> bool:
    """Whether pictures cannot be made of two fields. HEVC says it with each picture, in SEI."""
    if codec != "h264":
        return True
    return not any(read_sequence_set(unit).fields for unit in sets.units if unit_type(codec, unit[0]) == H264_SPS)


def _plain_units(codec: str, sets: Sets, extradata: bytes, packet: bytes) -> bool:
    units = [packet[begin:end] for begin, end in split(packet, sets.length_size)]
    if codec == "hevc":
        # It may hold SEI beside the parameter sets, which `sets` leaves out.
        units += _header_units(extradata)
    for unit in units:
        kind = unit_type(codec, unit[0])
        if kind == _SEI[codec]:
            head = 1 if codec == "h264" else 2
            if not all(payload in _HARMLESS for payload in _payloads(unit[head:])):
                return False
        elif kind not in _PICTURES[codec]:
            return False
    return True


def _header_units(extradata: bytes) -> Iterator[bytes]:
    """Return the units of an hvcC."""
    at = 23
    for _ in range(extradata[22]):
        count, at = int.from_bytes(extradata[at + 1 : at + 3], "big"), at + 3
        for _ in range(count):
            size, at = int.from_bytes(extradata[at : at + 2], "big"), at + 2
            yield extradata[at : at + size]
            at += size


def _payloads(message: bytes) -> Iterator[int]:
    """Return the types of the payloads of a SEI unit."""
    data = message.replace(b"\0\0\3", b"\0\0")
    at = 0
    while at + 2 <= len(data):
        numbers = []
        for _ in range(2):
            number = 0
            while data[at] == 255:
                number, at = number + 255, at + 1
            numbers.append(number + data[at])
            at += 1
        yield numbers[0]
        at += numbers[1]


def _open_units(packet: bytes) -> Iterator[int]:
    """Return the types of an AV1 packet's units."""
    at = 0
    while at < len(packet):
        head = packet[at]
        yield head >> 3 & 15
        at += 2 if head & 4 else 1
        if not head & 2:
            return
        size = shift = 0
        while True:
            if shift > _LONGEST_SIZE:
                raise ValueError("a size of more than eight bytes")
            byte = packet[at]
            size, shift, at = size | (byte & 127) << shift, shift + 7, at + 1
            if not byte & 128:
                break
        at += size
