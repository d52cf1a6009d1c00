"""What only a decoded picture tells: orientation, field order, high dynamic range."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from math import atan2, degrees
from typing import Any, Literal, cast

import av.error
import av.filter
import numpy as np
from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from protocol.commands.media import Hdr

FieldOrder = Literal["progressive", "tff", "bff", "unknown"]

# AVFieldOrder, by which field is *displayed* first.
_ORDERS: dict[int, FieldOrder] = {1: "progressive", 2: "tff", 3: "bff", 4: "bff", 5: "tff"}

_PQ, _HLG = 16, 18
_DOLBY_TAGS = {"dvh1", "dvhe", "dva1", "dvav", "dav1"}


@dataclass(frozen=True, slots=True)
class FirstPicture:
    """What the first decoded picture of a stream told; `rotation` is clockwise, after mirroring left to right.

    `dts` is the decoding time with which it came out, in ticks.
    """

    pixel_format: str
    rotation: int
    mirrored: bool
    interlaced: FieldOrder
    range: int
    matrix: int
    primaries: int
    transfer: int
    dolby: bool
    max_luminance: float | None
    dts: int | None


def read_first_picture(frame: VideoFrame, field_order: int) -> FirstPicture:
    """Read a decoded picture; `field_order` is what the container or parser says (AVFieldOrder)."""
    rotation, mirrored = orientation(_side_data(frame, Type.DISPLAYMATRIX))
    return FirstPicture(
        pixel_format=frame.format.name,
        rotation=rotation,
        mirrored=mirrored,
        interlaced=_interlacing(frame, field_order),
        range=int(frame.color_range or 0),
        matrix=int(frame.colorspace),
        primaries=int(frame.color_primaries),
        transfer=int(frame.color_trc),
        dolby=any(_side_data(frame, kind) is not None for kind in (Type.DOVI_METADATA, Type.DOVI_RPU_BUFFER)),
        max_luminance=luminance(
            _side_data(frame, Type.MASTERING_DISPLAY_METADATA), _side_data(frame, Type.CONTENT_LIGHT_LEVEL)
        ),
        dts=frame.dts,
    )


def _side_data(frame: VideoFrame, kind: Type) -> bytes | None:
    found = cast(Any, frame.side_data).get(kind)
    return None if found is None else bytes(found)


def header_order(field_order: int) -> FieldOrder:
    """Return the field order that a header names."""
    return _ORDERS.get(field_order, "unknown")


def orientation(matrix: bytes | None) -> tuple[int, bool]:
    """Read a display matrix: clockwise degrees (0, 90, 180, 270; others to the nearest), applied after mirroring."""
    if matrix is None or len(matrix) < 20:
        return 0, False
    a, b, _, c, d = struct.unpack("<5i", matrix[:20])
    if a * d == b * c:
        return 0, False
    return round(degrees(atan2(-c, d)) / 90) % 4 * 90, a * d - b * c < 0


def luminance(mastering: bytes | None, content: bytes | None) -> float | None:
    """Return the peak in cd/m² of the mastering display, else of the content; None when neither is told."""
    if mastering is not None and len(mastering) >= 88:
        numbers = struct.unpack("<22i", mastering[:88])
        if numbers[21] and numbers[19]:
            return float(numbers[18] / numbers[19])
    if content is not None and len(content) >= 4:
        peak = int(struct.unpack("<I", content[:4])[0])
        return float(peak) or None
    return None


def hdr_kind(transfer: int, tag: str, *, dolby: bool, max_luminance: float | None) -> Hdr:
    """Name the kind of high dynamic range; `tag` is the codec's four letters."""
    kind: Literal["pq", "hlg", "dolbyVision"] | None = None
    if dolby or tag.lower() in _DOLBY_TAGS:
        kind = "dolbyVision"
    elif transfer in (_PQ, _HLG):
        kind = "pq" if transfer == _PQ else "hlg"
    return Hdr(kind=kind, max_luminance=max_luminance if kind else None)


def pixel_aspect(stream: VideoStream) -> Fraction:
    """Return the pixel aspect, 1 where it is unknown or cannot be true."""
    aspect = stream.sample_aspect_ratio
    return Fraction(aspect) if aspect and Fraction(1, 100) <= aspect <= 100 else Fraction(1)


def _interlacing(frame: VideoFrame, field_order: int) -> FieldOrder:
    if not frame.interlaced_frame:
        return "progressive"
    told = header_order(field_order)
    if told in ("tff", "bff"):
        return told
    return _first_field(frame)


def _first_field(frame: VideoFrame) -> FieldOrder:
    """Tell which field of an interlaced picture comes first.

    PyAV does not say; but FFmpeg's own separation puts it first, and a comparison with the even lines tells which.
    """
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 25), name="in"
    )
    separate, sink = graph.add("separatefields"), graph.add("buffersink")
    source.link_to(separate)
    separate.link_to(sink)
    try:
        graph.configure()
        source.push(frame)
        field = graph.vpull()
    except (av.error.FFmpegError, ValueError):
        return "unknown"
    first, whole = _luma(field), _luma(frame)
    top = np.array_equal(first, whole[0::2][: len(first)])
    bottom = np.array_equal(first, whole[1::2][: len(first)])
    if top == bottom:
        # The two fields are alike; the usual order of the format: 480 lines show the bottom field first.
        return "bff" if frame.height == 480 else "tff"
    return "tff" if top else "bff"


def _luma(frame: VideoFrame) -> NDArray[np.uint8]:
    plane = frame.planes[0]
    rows = np.frombuffer(bytes(plane), dtype=np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width]
