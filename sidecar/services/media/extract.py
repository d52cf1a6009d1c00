"""Takes packets out of a file, as a piece that a render can be joined from. Runs in a worker process."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import suppress
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
from sidecar.services.media.units import START, UNITS, is_idr, is_set, read_header, split, unit_type

PIECES = {"h264": "nut", "hevc": "nut", "ffv1": "matroska"}
"""The container of a piece; "mov" of the other codecs, which PyAV puts into no NUT."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def extract(span: CopySpan, target: Path) -> str:
    """Write the packets of a span to `target`, a file of its own clock, and return a digest of them.

    H.264 and HEVC become byte streams (Annex B); only what decoding can begin with stays marked as a keyframe. The
    digest is over the units that hold pictures, so it is that of the finished file's, too (`digest_of`).
    Raises MediaNotFound, MediaUnreadable, PermissionDenied, and DiskFull for the target.
    """
    av.logging.set_level(av.logging.PANIC)
    with open_media(Path(span.path)) as container:
        stream = source_stream(container, span.stream)
        try:
            return _write(span, packets_of(container, stream, span), stream, target)
        except av.error.FFmpegError as error:
            target.unlink(missing_ok=True)
            if isinstance(error, OSError) and error.errno in _FULL:
                raise write_error(target, error) from error
            raise MediaUnreadable(path=span.path, detail=reason(error)) from error


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
    begin = span.start + round(first / span.rate / span.time_base)
    with suppress(av.error.FFmpegError):
        container.seek(begin, stream=stream, backward=True)
    for attempt in range(2):
        for packet in container.demux(stream):
            if not packet.size or packet.pts is None:
                continue
            frame = round((packet.pts - span.start) * span.time_base * span.rate)
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
            if sets is not None:
                units = [data[begin:end] for begin, end in split(data, sets.length_size)]
                idr = any(is_idr(span.codec, unit_type(span.codec, unit[0])) for unit in units)
                _count(digest, span.codec, units)
                data = b"".join(START + unit for unit in units)
            else:
                digest.update(data)
            copy: av.Packet[Any] = av.Packet(data)
            copy.stream = out
            copy.time_base = 1 / span.rate
            copy.pts = frame
            copy.dts = place - span.delay
            copy.duration = 1
            copy.is_keyframe = idr
            made.mux_one(copy)
    return digest.hexdigest()


def digest_of(codec: str, packets: Iterator[bytes], length_size: int) -> str:
    """Return the digest of packets in the finished file: with lengths before their units, and sets among them."""
    digest = sha256()
    for data in packets:
        if codec in UNITS:
            _count(digest, codec, [data[begin:end] for begin, end in split(data, length_size)])
        else:
            digest.update(data)
    return digest.hexdigest()


def _count(digest: Any, codec: str, units: list[bytes]) -> None:
    for unit in units:
        if not is_set(codec, unit_type(codec, unit[0])):
            digest.update(len(unit).to_bytes(4, "big"))
            digest.update(unit)
