"""Reads what a media file holds. Runs in a worker process: the demuxers and decoders it drives meet files of strangers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av.error
import av.logging
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Discard
from av.video.stream import VideoStream

from protocol.commands.media import MediaInfo
from protocol.errors import MediaEncrypted, MediaUnreadable, MediaUnsupported
from sidecar.core.source import SourceFacts
from sidecar.services.media.boxes import plain_tracks
from sidecar.services.media.ebml import plain_matroska
from sidecar.services.media.facts import Findings, Reading, describe
from sidecar.services.media.fingerprint import fingerprint
from sidecar.services.media.index import PacketTimes, index_from_tables
from sidecar.services.media.messages import IndexLevel
from sidecar.services.media.open import MAX_PIXELS, open_media, reason
from sidecar.services.media.picture import read_first_picture
from sidecar.services.media.report import report
from sidecar.services.media.streams import decodable, is_cover
from sidecar.services.media.undecoded import told_picture

MAX_SIDE = 16_384

DECODE_PACKETS = 300
"""A stream that gives no picture after so many packets is described without one."""

# Demuxers whose headers hold the duration. The others estimate it from the bit rate, so their packets are read.
_TOLD = ("mov", "matroska", "avi", "wav", "w64", "aiff", "au", "caf", "flac", "ogg", "asf", "mxf", "ape", "wv", "tta")
_FROM_TAIL = ("mpegts", "mpeg")


@dataclass(frozen=True, slots=True)
class Probed:
    """What a probe returns: the result for the wire, and the engine's facts (None while no index was read)."""

    info: MediaInfo
    facts: SourceFacts | None


def probe_file(path: Path, index: IndexLevel = "none", content: str = "") -> Probed:
    """Read a file. "keyframes" and "full" read the timestamps of all frames, "none" only where they cost nothing.

    `content` is the file's fingerprint, where the caller knows it.

    Raises MediaNotFound, MediaUnreadable, MediaUnsupported, MediaEncrypted, PermissionDenied.
    """
    av.logging.set_level(None)
    content = content or fingerprint(path)
    with _opened(path) as container:
        pictures, sounds = _streams(container)
        if not pictures and not sounds:
            raise MediaUnsupported(path=str(path), detail="it holds no picture or sound that can be decoded")
        _refuse_large(path, pictures)
        findings = Findings(path=str(path), fingerprint=content, size=path.stat().st_size)
        for stream in pictures:
            findings.indexes[stream.index] = index_from_tables(path, stream, container.format.name)
        tabled = all(findings.indexes[stream.index] for stream in pictures)
        scan = (index != "none" and not (tabled and pictures)) or _duration_missing(container)
        if index != "none" and not pictures and container.format.name.split(",")[0] in _TOLD:
            scan = _duration_missing(container)
        if index == "none" and pictures:
            findings.plain = _plain(path, container, pictures)
        _read_packets(container, pictures, sounds, findings, scan=scan)
        _refuse_encrypted(path, pictures, sounds, findings)
        return _probed(describe(container, pictures, sounds, findings, scanned=scan), index)


@contextmanager
def _opened(path: Path) -> Iterator[InputContainer]:
    """Open a file; once more, thoroughly, where a quick look does not tell the format of pictures."""
    with open_media(path, quick=True) as container:
        if all(stream.codec_context.pix_fmt for stream in container.streams.video if decodable(stream)):
            yield container
            return
    with open_media(path) as container:
        yield container


def _probed(reading: Reading, index: IndexLevel) -> Probed:
    return Probed(report(reading, keyframes=index != "none"), reading.facts if index != "none" else None)


def _streams(container: InputContainer) -> tuple[list[VideoStream], list[AudioStream]]:
    """Return the picture streams without cover art, and the sound streams; those without a decoder or a size are left out."""
    pictures = [s for s in container.streams.video if decodable(s) and s.codec_context.width and not is_cover(s)]
    sounds: list[AudioStream] = [s for s in container.streams.audio if decodable(s)]
    return pictures, sounds


def _refuse_large(path: Path, pictures: list[VideoStream]) -> None:
    for stream in pictures:
        width, height = stream.codec_context.width, stream.codec_context.height
        if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
            raise MediaUnsupported(path=str(path), detail=f"pictures of {width}×{height} are larger than the limit")


def _duration_missing(container: InputContainer) -> bool:
    name = container.format.name.split(",")[0]
    if name.endswith("_pipe"):
        return True
    if name in _FROM_TAIL:
        return container.duration is None
    return name not in _TOLD or container.duration is None


def _read_packets(
    container: InputContainer,
    pictures: list[VideoStream],
    sounds: list[AudioStream],
    findings: Findings,
    *,
    scan: bool,
) -> None:
    """Read packets until every picture stream has given a picture, or, to scan, to the end."""
    wanted = {stream.index: stream for stream in pictures}
    for stream in container.streams:
        if stream.index not in wanted and stream not in sounds:
            stream.discard = Discard.all
    for stream in pictures:
        # One thread gives the picture at once; more would first be fed.
        stream.codec_context.thread_count = 1
        stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
    findings.packets = {
        stream.index: PacketTimes(hides=stream.codec_context.codec.canonical_name == "vp8")
        for stream in [*pictures, *sounds]
    }
    waiting = dict(wanted)
    # Tables tell how long the sound of an MP4 is; its packets need not be read.
    unheard = {stream.index: stream for stream in sounds if pictures and container.format.name.startswith("mov")}
    try:
        for count, packet in enumerate(container.demux([*pictures, *sounds])):
            number = packet.stream_index
            if packet.size == 0:
                continue
            new = number not in findings.first_packets
            if new:
                findings.first_packets[number] = bytes(packet)[:65_536]
                if number in unheard:
                    unheard[number].discard = Discard.all
                if number in waiting and number in findings.plain and _told(waiting[number], packet, findings):
                    del waiting[number]
            if (new or packet.is_keyframe) and packet.has_sidedata("encryption_info"):
                findings.encrypted.add(number)
            if scan:
                findings.packets[number].add(packet)
            if number in waiting and (
                count > DECODE_PACKETS * len(wanted) or _decode(waiting[number], packet, findings)
            ):
                del waiting[number]
            if not scan and not waiting and (wanted or len(findings.first_packets) == len(sounds)):
                break
    except av.error.FFmpegError as error:
        if not any(times.pts for times in findings.packets.values()) and not findings.pictures:
            raise MediaUnreadable(path=findings.path, detail=reason(error)) from error
    if waiting:
        _flush(waiting, findings)


def _plain(path: Path, container: InputContainer, pictures: list[VideoStream]) -> frozenset[int]:
    """Return the numbers of picture streams of which the container says nothing but their shape and colour."""
    name = container.format.name
    if name.startswith("mov"):
        plain = plain_tracks(path)
        return frozenset(stream.index for stream in pictures if stream.id in plain)
    if name.startswith("matroska") and plain_matroska(path):
        return frozenset(stream.index for stream in pictures)
    return frozenset()


def _told(stream: VideoStream, packet: av.Packet[Any], findings: Findings) -> bool:
    """Take what headers tell of the picture; False where it has to be decoded."""
    told = None if packet.has_sidedata("encryption_info") else told_picture(stream, bytes(packet))
    if told is None:
        return False
    findings.pictures[stream.index] = told
    return True


def _decode(stream: VideoStream, packet: av.Packet[Any], findings: Findings) -> bool:
    """Feed a packet to a stream that lacks a picture; True once it has one."""
    if packet.stream_index in findings.encrypted:
        return True
    try:
        frames = stream.codec_context.decode(packet)
    except (av.error.FFmpegError, MemoryError):
        return False
    return _take(stream, frames, findings)


def _flush(waiting: dict[int, VideoStream], findings: Findings) -> None:
    for stream in waiting.values():
        try:
            _take(stream, stream.codec_context.decode(None), findings)
        except (av.error.FFmpegError, MemoryError):
            continue


def _take(stream: VideoStream, frames: list[av.VideoFrame], findings: Findings) -> bool:
    if not frames:
        return False
    findings.pictures[stream.index] = read_first_picture(frames[0], int(stream.codec_context.field_order))
    return True


def _refuse_encrypted(path: Path, pictures: list[VideoStream], sounds: list[AudioStream], findings: Findings) -> None:
    """Refuse a file whose pictures (without any: whose sound) cannot be read without a key."""
    streams = {stream.index for stream in pictures or sounds}
    if streams and streams <= findings.encrypted:
        raise MediaEncrypted(path=str(path))
