"""Lists the packets of a picture stream, for copying them. Runs in a worker process."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import av
import av.error
import av.logging
from av.sidedata.sidedata import Type
from av.stream import Discard
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from protocol.errors import MediaUnreadable
from sidecar.core.packets import DAMAGED, HIDDEN, IDR, KEY, Form, PacketTable, packed_table
from sidecar.services.media.open import MAX_PIXELS, open_media, reason
from sidecar.services.media.units import (
    H264_SPS,
    UNITS,
    SequenceSet,
    Sets,
    is_idr,
    is_set,
    read_header,
    read_sequence_set,
    split,
    unit_type,
)

UNSAID = 2
"""What H.273 calls unspecified."""


@dataclass(slots=True)
class _Listing:
    """Gathers the packets of a stream. `sets` None: it is not stored with lengths."""

    codec: str
    sets: Sets | None
    pts: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    kinds: bytearray = field(default_factory=bytearray)
    started: bool = False
    changes: bool = False

    def add(self, packet: av.Packet[Any]) -> None:
        kind = self._kind(packet)
        if packet.is_keyframe:
            self.started = True
            kind |= KEY
        if packet.is_discard or not self.started:
            kind |= HIDDEN
        if packet.is_corrupt or packet.pts is None:
            kind |= DAMAGED
        if packet.has_sidedata("new_extradata"):
            self.changes = True
        self.pts.append(packet.pts if packet.pts is not None else 0)
        self.sizes.append(packet.size)
        self.kinds.append(kind)

    def _kind(self, packet: av.Packet[Any]) -> int:
        if self.codec not in UNITS:
            return IDR if packet.is_keyframe else 0
        if self.sets is None:
            return 0
        kind, view = 0, memoryview(packet)
        try:
            for begin, end in split(view, self.sets.length_size):
                unit = unit_type(self.codec, view[begin])
                if is_idr(self.codec, unit):
                    kind |= IDR
                elif is_set(self.codec, unit) and bytes(view[begin:end]) not in self.sets.units:
                    self.changes = True
        except ValueError:
            kind |= DAMAGED
        return kind


def list_packets(path: Path, number: int) -> PacketTable:
    """Read all packets of the picture stream `number` (of all streams of the file).

    Raises MediaNotFound, MediaUnreadable, MediaUnsupported, PermissionDenied.
    """
    av.logging.set_level(None)
    with open_media(path) as container:
        stream = next((each for each in container.streams.video if each.index == number), None)
        if stream is None:
            raise MediaUnreadable(path=str(path), detail=f"it has no picture stream {number}")
        for other in container.streams:
            if other is not stream:
                other.discard = Discard.all
        codec, extradata = stream.codec_context.codec.canonical_name, stream.codec_context.extradata or b""
        sets = read_header(codec, extradata) if codec in UNITS else None
        listing = _Listing(codec, sets)
        first: bytes | None = None
        try:
            for packet in container.demux(stream):
                if packet.size:
                    listing.add(packet)
                    if first is None and listing.kinds[-1] & (IDR | DAMAGED) == IDR:
                        first = bytes(packet)
        except av.error.FFmpegError as error:
            if not listing.kinds:
                raise MediaUnreadable(path=str(path), detail=reason(error)) from error
            listing.kinds[-1] |= DAMAGED
        return _table(stream, listing, extradata, None if first is None else _bare(stream, extradata, first))


def _table(
    stream: VideoStream, listing: _Listing, extradata: bytes, bare: tuple[VideoFrame, Fraction] | None
) -> PacketTable:
    """Put together what packets and the first picture tell; without a picture its shape is unknown."""
    picture, aspect = bare or (None, Fraction(0))
    context, sets = stream.codec_context, listing.sets
    form: Form = "frames" if listing.codec not in UNITS else "bytes" if sets is None else "lengths"
    sequences = _sequences(listing.codec, sets)
    pts, sizes = packed_table(listing.pts, listing.sizes)
    return PacketTable(
        codec=listing.codec,
        profile=context.profile or "",
        level=max((each.level for each in sequences), default=int(context.level or 0)),
        pixel_format=picture.format.name if picture is not None else "",
        width=picture.width if picture is not None else 0,
        height=picture.height if picture is not None else 0,
        pixel_aspect=aspect,
        tags=_tags(picture),
        interlaced=any(each.fields for each in sequences) or (picture is not None and bool(picture.interlaced_frame)),
        upright=picture is not None and cast(Any, picture.side_data).get(Type.DISPLAYMATRIX) is None,
        form=form,
        sets=sha256(extradata if sets is None else sets.annex_b).hexdigest(),
        set_ids=tuple(each.number for each in sequences),
        sets_change=listing.changes,
        time_base=stream.time_base or Fraction(1, 90_000),
        pts=pts,
        sizes=sizes,
        kinds=bytes(listing.kinds),
    )


def _sequences(codec: str, sets: Sets | None) -> list[SequenceSet]:
    if codec != "h264" or sets is None:
        return []
    try:
        return [read_sequence_set(unit) for unit in sets.units if unit_type(codec, unit[0]) == H264_SPS]
    except IndexError:
        return [SequenceSet(0, 0, 0, fields=True)]


def _bare(stream: VideoStream, extradata: bytes, packet: bytes) -> tuple[VideoFrame, Fraction] | None:
    """Decode one packet outside of its container, so that nothing but its own bits can speak; None where it fails.

    Returns the picture and its pixel aspect, 0 where it says none.
    """
    own = stream.codec_context
    try:
        decoder = cast(VideoCodecContext, av.CodecContext.create(own.codec.name, "r"))
        decoder.thread_count = 1
        decoder.options = {"max_pixels": str(MAX_PIXELS)}
        if extradata:
            decoder.extradata = extradata
        decoder.codec_tag = own.codec_tag
        decoder.width, decoder.height = own.width, own.height
        frames = [*decoder.decode(av.Packet(packet)), *decoder.decode(None)]
    except (av.error.FFmpegError, MemoryError):
        return None
    aspect = decoder.sample_aspect_ratio
    return (frames[0], Fraction(aspect) if aspect else Fraction(0)) if frames else None


def _tags(picture: VideoFrame | None) -> tuple[int, int, int, int]:
    if picture is None:
        return (0, UNSAID, UNSAID, UNSAID)
    return (
        int(picture.color_range or 0),
        int(picture.colorspace),
        int(picture.color_primaries),
        int(picture.color_trc),
    )
