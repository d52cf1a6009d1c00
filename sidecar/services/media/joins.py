"""Looks at a finished file where packets were copied into it: they are the source's, and decode as such. Runs in a worker."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any

import av
import av.error
import av.logging
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sidecar.core.packets import CopySpan
from sidecar.services.media.extract import add_units, frames_from, packets_of, source_stream
from sidecar.services.media.messages import Copied
from sidecar.services.media.open import open_media, reason
from sidecar.services.media.units import UNITS, Sets, is_idr, read_header, split, unit_type

_Frames = dict[int, int]
"""Checksums of decoded frames by their number."""

LOOKED_AT = 5
"""Packets from a keyframe on that are decoded on each side of a join."""


@dataclass(frozen=True, slots=True)
class _Film:
    """A file that is read: its picture, and its parameter sets where packets are made of units."""

    container: InputContainer
    stream: VideoStream
    sets: Sets | None


@dataclass(slots=True)
class _Group:
    """A keyframe and the packets after it, `first` the frame that it holds."""

    first: int
    packets: list[av.Packet[Any]] = field(default_factory=list)


@dataclass(slots=True)
class _Found:
    """What the finished file holds around a span: the groups before, at its begin and end, and after."""

    before: _Group | None = None
    begin: _Group | None = None
    end: _Group | None = None
    after: _Group | None = None
    digest: Any = field(default_factory=sha256)
    frames: list[int] = field(default_factory=list)
    strange: bool = False


def check_copies(output: Path, path: Path, copies: Sequence[Copied]) -> Iterator[str | None]:
    """Say of copied spans of one stream of a file, one after the other, what is wrong with each; None: nothing is.

    A span's packets are those with its digest, at their places, and before each that decoding can begin with stand the
    source's parameter sets. Where a span is to be decoded, the frames before, inside and after decode in one go at
    both joins, and those inside are the source's, bit for bit. Raises the errors of reading the source.
    """
    av.logging.set_level(None)
    span = copies[0].span
    with open_media(path) as container:
        source = _film(container, span.stream, span.codec)
        try:
            with av.open(str(output)) as written:
                film = _film(written, written.streams.video[0].index, span.codec)
                for copy in copies:
                    yield _wrong(film, source, copy)
        except (av.error.FFmpegError, ValueError) as error:
            yield f"it cannot be read: {reason(error)}"


def _film(container: InputContainer, number: int, codec: str) -> _Film:
    stream = source_stream(container, number)
    sets = read_header(codec, stream.codec_context.extradata or b"") if codec in UNITS else None
    return _Film(container, stream, sets)


def _wrong(film: _Film, source: _Film, copy: Copied) -> str | None:
    span = copy.span
    found = _look(film, source, copy)
    if sorted(found.frames) != list(range(span.frames)):
        return f"{len(found.frames)} packets stand in the place of {span.frames}"
    if found.digest.hexdigest() != copy.digest:
        return "its packets are others than the source's"
    if found.strange:
        return "its parameter sets are others than the source's"
    if not copy.decoded:
        return None
    for group, pair in ((found.begin, (found.before, found.begin)), (found.end, (found.end, found.after))):
        if group is None:
            return "it has no keyframe"
        packets = [packet for each in pair if each is not None for packet in each.packets]
        wrong = _compared(film, source, span, group, packets)
        if wrong is not None:
            return wrong
    return None


def _compared(
    film: _Film, source: _Film, span: CopySpan, group: _Group, packets: Sequence[av.Packet[Any]]
) -> str | None:
    """Decode packets of the finished file, and compare the frames of `group` among them with the source's."""
    shown = _decoded(film.stream, packets, span.first / span.rate, span.rate)
    if shown is None:
        return "a frame beside a join cannot be decoded"
    own = packets_of(source.container, source.stream, span, group.first - span.first, len(group.packets))
    begin = span.start * span.time_base
    wanted = _decoded(source.stream, [packet for _, packet in own], begin, span.rate)
    if wanted is None or any(shown.get(frame) != checksum for frame, checksum in wanted.items()):
        return "its frames are others than the source's"
    return None


def _look(film: _Film, source: _Film, copy: Copied) -> _Found:
    """Read a span's packets in the finished file, and, where it is decoded, the groups on both sides of it."""
    span, found = copy.span, _Found()
    tick = Fraction(film.stream.time_base or Fraction(1, 90_000))
    frame_of = frames_from(0, tick * span.rate)
    begin = span.first - 1 if copy.decoded else span.first
    film.container.seek(round(max(0, begin) / span.rate / tick), stream=film.stream, backward=True)
    group: _Group | None = None
    for packet in film.container.demux(film.stream):
        if not packet.size or packet.pts is None:
            continue
        frame = frame_of(packet.pts)
        whole = len(found.frames) == span.frames
        if whole and not copy.decoded:
            break
        if packet.is_keyframe and _begins(packet, span.codec, film.sets):
            if whole:
                if found.after is not None:
                    break
                group = found.after = _Group(frame)
            elif frame < span.first:
                group = found.before = _Group(frame)
            else:
                group = found.end = _Group(frame)
                found.begin = found.begin or group
        if copy.decoded and group is not None and len(group.packets) < LOOKED_AT:
            group.packets.append(packet)
        if found.begin is not None and not whole:
            found.frames.append(frame - span.first)
            _take(found, packet, film, source, span.codec)
        elif found.after is not None and len(found.after.packets) >= LOOKED_AT:
            break
    return found


def _take(found: _Found, packet: av.Packet[Any], film: _Film, source: _Film, codec: str) -> None:
    """Add a packet of the span to what was found."""
    data = bytes(packet)
    if film.sets is None or source.sets is None:
        found.digest.update(data)
        return
    met = add_units(found.digest, codec, data, film.sets.length_size)
    if met.idr and set(met.sets or film.sets.units) != set(source.sets.units):
        found.strange = True


def _begins(packet: av.Packet[Any], codec: str, sets: Sets | None) -> bool:
    """Whether decoding can begin with a keyframe: FFmpeg calls recovery points keyframes, too."""
    if sets is None:
        return True
    view = memoryview(packet)
    return any(is_idr(codec, unit_type(codec, view[begin])) for begin, _ in split(view, sets.length_size))


def _decoded(stream: VideoStream, packets: Sequence[av.Packet[Any]], begin: Fraction, rate: Fraction) -> _Frames | None:
    """Decode packets to a checksum for each frame, counted from `begin` (seconds); None where one is missing or damaged."""
    decoder = stream.codec_context
    decoder.flush_buffers()
    # What comes out last knows no time base of its own.
    tick = Fraction(stream.time_base or 1)
    found = {}
    for packet in chain(packets, (None,)):
        for frame in decoder.decode(packet):
            if frame.is_corrupt or frame.pts is None:
                return None
            found[round((frame.pts * tick - begin) * rate)] = _checksum(frame)
    return found if len(found) == len(packets) else None


def _checksum(frame: VideoFrame) -> int:
    """Sum up the samples of a frame, without what stands between its lines."""
    checksum = 0
    for number, plane in enumerate(frame.planes):
        data, stride = memoryview(plane), plane.line_size
        parts = [component for component in frame.format.components if component.plane == number]
        width = plane.width * len(parts) * ((parts[0].bits + 7) // 8)
        if stride == width:
            checksum = zlib.crc32(data[: plane.height * stride], checksum)
            continue
        for begin in range(0, plane.height * stride, stride):
            checksum = zlib.crc32(data[begin : begin + width], checksum)
    return checksum
