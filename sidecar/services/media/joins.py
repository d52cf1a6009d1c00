"""Looks at a finished file where copied packets meet others: their frames have to be the source's. Runs in a worker."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import av.logging
from av.container import InputContainer
from av.video.stream import VideoStream

from sidecar.core.packets import CopySpan
from sidecar.services.media.extract import digest_of, packets_of, source_stream
from sidecar.services.media.open import open_media, reason
from sidecar.services.media.units import UNITS, is_idr, read_header, split, unit_type

_Frames = dict[int, int]
"""Checksums of decoded frames by their number."""

LOOKED_AT = 5
"""Packets from a keyframe on that are decoded on each side of a join."""


@dataclass(slots=True)
class _Group:
    """A keyframe and the packets after it, `first` the frame that it holds."""

    first: int
    packets: list[av.Packet[Any]] = field(default_factory=list)


@dataclass(slots=True)
class _Found:
    """What the finished file holds around a span: the groups before, at its begin and end, and after; its bytes."""

    before: _Group | None = None
    begin: _Group | None = None
    end: _Group | None = None
    after: _Group | None = None
    data: list[bytes] = field(default_factory=list)
    misplaced: str | None = None


def check_copy(output: Path, span: CopySpan, digest: str) -> str | None:
    """Say what is wrong with a copied span of a finished file, None where nothing is.

    Its packets are those with that digest (`extract`), at their places; at both joins the frames before, inside and
    after decode in one go, and those inside are the source's, bit for bit. Raises the errors of reading the source.
    """
    av.logging.set_level(av.logging.PANIC)
    try:
        with av.open(str(output)) as container:
            stream = container.streams.video[0]
            extradata = stream.codec_context.extradata or b""
            sets = read_header(span.codec, extradata) if span.codec in UNITS else None
            length_size = sets.length_size if sets is not None else 0
            found = _look(container, stream, span, length_size)
            if found.misplaced is not None:
                return found.misplaced
            if digest_of(span.codec, iter(found.data), length_size) != digest:
                return "its packets are others than the source's"
            for group, pair in ((found.begin, (found.before, found.begin)), (found.end, (found.end, found.after))):
                if group is None:
                    return "it has no keyframe"
                wrong = _compared(span, stream, group, [packet for each in pair if each for packet in each.packets])
                if wrong is not None:
                    return wrong
            return None
    except (av.error.FFmpegError, ValueError) as error:
        return f"it cannot be read: {reason(error)}"


def _compared(span: CopySpan, stream: VideoStream, group: _Group, packets: Sequence[av.Packet[Any]]) -> str | None:
    """Decode packets of the finished file, and compare the frames of `group` among them with the source's."""
    shown = _decoded(stream, packets, span.first / span.rate, span.rate)
    if shown is None:
        return "a frame beside a join cannot be decoded"
    wanted = _source_frames(span, group.first - span.first, len(group.packets))
    if wanted is None or any(shown.get(frame) != checksum for frame, checksum in wanted.items()):
        return "its frames are others than the source's"
    return None


def _look(container: InputContainer, stream: VideoStream, span: CopySpan, length_size: int) -> _Found:
    """Read a span's packets in the finished file, and the groups on both sides of it."""
    found = _Found()
    tick = Fraction(stream.time_base or Fraction(1, 90_000))
    container.seek(round(max(0, span.first - 1) / span.rate / tick), stream=stream, backward=True)
    group: _Group | None = None
    numbers: list[int] = []
    for packet in container.demux(stream):
        if not packet.size or packet.pts is None:
            continue
        frame = round(packet.pts * tick * span.rate)
        inside = found.begin is not None and len(numbers) < span.frames
        if packet.is_keyframe and _begins(packet, span.codec, length_size):
            if len(numbers) == span.frames:
                if found.after is not None:
                    break
                group = found.after = _Group(frame)
            elif frame < span.first:
                group = found.before = _Group(frame)
            else:
                group = found.end = _Group(frame)
                found.begin = found.begin or group
                inside = True
        if group is not None and len(group.packets) < LOOKED_AT:
            group.packets.append(packet)
        if inside:
            numbers.append(frame - span.first)
            found.data.append(bytes(packet))
        elif found.after is not None and len(found.after.packets) >= LOOKED_AT:
            break
    if sorted(numbers) != list(range(span.frames)):
        found.misplaced = f"{len(numbers)} packets stand in the place of {span.frames}"
    return found


def _begins(packet: av.Packet[Any], codec: str, length_size: int) -> bool:
    """Whether decoding can begin with a keyframe: FFmpeg calls recovery points keyframes, too."""
    if codec not in UNITS:
        return True
    view = memoryview(packet)
    return any(is_idr(codec, unit_type(codec, view[begin])) for begin, _ in split(view, length_size))


def _decoded(stream: VideoStream, packets: Sequence[av.Packet[Any]], begin: Fraction, rate: Fraction) -> _Frames | None:
    """Decode packets to a checksum for each frame, counted from `begin` (seconds); None where one is missing or damaged."""
    decoder = stream.codec_context
    decoder.flush_buffers()
    # What comes out last knows no time base of its own.
    tick = Fraction(stream.time_base or 1)
    found = {}
    for packet in (*packets, None):
        for frame in decoder.decode(packet):
            if frame.is_corrupt or frame.pts is None:
                return None
            found[round((frame.pts * tick - begin) * rate)] = zlib.crc32(frame.to_ndarray().tobytes())
    return found if len(found) == len(packets) else None


def _source_frames(span: CopySpan, first: int, count: int) -> _Frames | None:
    """Decode as many packets of the source from the one on that holds the span's frame `first`."""
    with open_media(Path(span.path)) as container:
        stream = source_stream(container, span.stream)
        packets = [packet for _, packet in packets_of(container, stream, span, first, count)]
        return _decoded(stream, packets, span.start * span.time_base, span.rate)
