"""Takes packets out of a file, as a piece that a render can be joined from. Runs in a worker process."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any

import av
import av.error
import av.logging
from av.container import InputContainer
from av.stream import Discard
from av.video.stream import VideoStream

from protocol.errors import MediaUnreadable
from sidecar.core.packets import CopySpan
from sidecar.services.files import write_error
from sidecar.services.media.open import open_media, reason
from sidecar.services.media.units import UNITS, annex_b, is_idr, is_set, read_header, split, unit_type

PIECES = {"h264": "nut", "hevc": "nut", "ffv1": "matroska"}
"""The container of a piece; "mov" of the other codecs, which PyAV puts into no NUT."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def extract(path: Path, spans: Sequence[CopySpan], targets: Sequence[Path]) -> Iterator[str]:
    """Write the packets of spans of one stream of a file, each to its target, a file of its own clock; yields a digest of each.

    H.264 and HEVC become byte streams (Annex B); only what decoding can begin with stays marked as a keyframe. The
    digest is over the units that hold pictures, so it is that of the finished file's, too (`add_units`).
    Raises MediaNotFound, MediaUnreadable, PermissionDenied, and DiskFull for a target.
    """
    av.logging.set_level(None)
    with open_media(path) as container:
        stream = source_stream(container, spans[0].stream)
        for span, target in zip(spans, targets, strict=True):
            try:
                yield _write(span, packets_of(container, stream, span), stream, target)
            except av.error.FFmpegError as error:
                target.unlink(missing_ok=True)
                if isinstance(error, OSError) and error.errno in _FULL:
                    raise write_error(target, error) from error
                raise MediaUnreadable(path=str(path), detail=reason(error)) from error


def source_stream(container: InputContainer, number: int) -> VideoStream:
    """Return the picture stream of that number; the packets of all others are passed over."""
    for other in container.streams:
        other.discard = Discard.default if other.index == number else Discard.all
    found = container.streams[number]
    if not isinstance(found, VideoStream):
        raise TypeError(f"stream {number} is no picture")
    return found


def packets_of(
    container: InputContainer, stream: VideoStream, span: CopySpan, first: int = 0, count: int | None = None
) -> Iterator[tuple[int, av.Packet[Any]]]:
    """Read packets of a span, each with the number of its frame, from the one on that holds the span's frame `first`.

    `count` None: to the span's end. Where seeking misses that packet, it is looked for from the file's start.
    Raises MediaUnreadable where the packets are not there.
    """
    left = wanted = span.packets[1] - span.packets[0] if count is None else count
    frame_of = frames_from(span.start, span.time_base * span.rate)
    begin = span.start + round(first / span.rate / span.time_base)
    with suppress(av.error.FFmpegError):
        container.seek(begin, stream=stream, backward=True)
    for attempt in range(2):
        for packet in container.demux(stream):
            if not packet.size or packet.pts is None:
                continue
            frame = frame_of(packet.pts)
            if left == wanted and frame != first:
                continue
            yield frame, packet
            left -= 1
            if left == 0:
                return
        if left < wanted or attempt:
            break
        container.seek(0, stream=stream, backward=True)
    raise MediaUnreadable(path=span.path, detail=f"{wanted} packets from timestamp {begin} are not there")


def frames_from(start: int, scale: Fraction) -> Callable[[int], int]:
    """Return what tells the frame that is nearest to a time in ticks; `scale` is frames a tick."""
    over, under = 2 * scale.numerator, 2 * scale.denominator
    half = scale.denominator
    return lambda pts: ((pts - start) * over + half) // under


def _write(span: CopySpan, packets: Iterator[tuple[int, av.Packet[Any]]], stream: VideoStream, target: Path) -> str:
    extradata = stream.codec_context.extradata or b""
    sets = read_header(span.codec, extradata) if span.codec in UNITS else None
    if (sets is None) != (span.codec not in UNITS):
        raise MediaUnreadable(path=span.path, detail="it is not stored with lengths")
    digest = sha256()
    form = PIECES.get(span.codec, "mov")
    with av.open(str(target), "w", format=form, container_options={"fflags": "+bitexact"}) as made:
        out = made.add_stream_from_template(stream, opaque=True)
        out.time_base = 1 / span.rate
        if sets is not None:
            out.codec_context.extradata = sets.annex_b
        for place, (frame, packet) in enumerate(packets):
            data, idr = bytes(packet), packet.is_keyframe
            if sets is None:
                digest.update(data)
            else:
                idr = add_units(digest, span.codec, data, sets.length_size).idr
                data = annex_b(data, sets.length_size)
            copy: av.Packet[Any] = av.Packet(data)
            copy.stream = out
            copy.time_base = 1 / span.rate
            copy.pts = frame
            copy.dts = place - span.delay
            copy.duration = 1
            copy.is_keyframe = idr
            made.mux_one(copy)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Met:
    """What was met in a packet: whether decoding can begin with it, and parameter sets."""

    idr: bool
    sets: tuple[bytes, ...]


def add_units(digest: Any, codec: str, data: bytes, length_size: int) -> Met:
    """Add the units of a packet with lengths, all but its parameter sets, to a digest."""
    view = memoryview(data)
    idr, sets = False, []
    for begin, end in split(view, length_size):
        kind = unit_type(codec, view[begin])
        if is_set(codec, kind):
            sets.append(bytes(view[begin:end]))
            continue
        idr = idr or is_idr(codec, kind)
        digest.update((end - begin).to_bytes(4, "big"))
        digest.update(view[begin:end])
    return Met(idr, tuple(sets))
