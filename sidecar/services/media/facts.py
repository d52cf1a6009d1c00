"""Puts together what was read of a file: the engine's facts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal

from av import VideoFormat
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from sidecar.core.source import SourceAudio, SourceFacts, SourceVideo, pack_stamps
from sidecar.services.media.color import Tags, read_color
from sidecar.services.media.index import PacketTimes, PictureIndex
from sidecar.services.media.open import STILL_DEMUXERS
from sidecar.services.media.picture import FirstPicture, header_order, pixel_aspect
from sidecar.services.media.rate import snap

MICROSECOND = Fraction(1, 1_000_000)

MAX_TAGS = 256
MAX_TAG_CHARACTERS = 4_096
"""Of a file; what comes after them is left out."""

# x264 before this build writes 4:4:4 that can be decoded from its first packet only (which holds the build).
_SEEKABLE_444 = 151


@dataclass(slots=True)
class Findings:
    """What reading a file has gathered, by the streams' numbers in the file.

    `plain` are picture streams whose container says nothing of how they are turned or lit.
    """

    path: str
    fingerprint: str
    size: int
    indexes: dict[int, PictureIndex | None] = field(default_factory=dict)
    packets: dict[int, PacketTimes] = field(default_factory=dict)
    first_packets: dict[int, bytes] = field(default_factory=dict)
    pictures: dict[int, FirstPicture] = field(default_factory=dict)
    encrypted: set[int] = field(default_factory=set)
    plain: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class PictureReading:
    """A picture stream: the engine's facts, and what only the wire carries."""

    facts: SourceVideo
    stream: VideoStream
    index: PictureIndex | None
    assumed: list[str]
    tags: Tags
    picture: FirstPicture | None


@dataclass(frozen=True, slots=True)
class Reading:
    """A file that has been read."""

    container: InputContainer
    facts: SourceFacts
    duration_from: Literal["header", "index", "scan"] | None
    video: list[PictureReading]
    audio: list[AudioStream]
    encrypted: bool


def describe(
    container: InputContainer,
    pictures: list[VideoStream],
    sounds: list[AudioStream],
    findings: Findings,
    *,
    scanned: bool,
) -> Reading:
    """Turn findings into facts. `scanned`: all packets were read."""
    if scanned:
        for stream in pictures:
            if findings.indexes.get(stream.index) is None:
                findings.indexes[stream.index] = findings.packets[stream.index].index(
                    _tick(stream), _usual(stream), begins=_avi_begin(container, stream, findings)
                )
    start = _file_start(pictures, sounds, findings)
    demuxer = container.format.name
    video = [_picture(number, stream, demuxer, findings) for number, stream in enumerate(pictures)]
    audio = [_sound(number, stream, demuxer, findings, start) for number, stream in enumerate(sounds)]
    duration = _duration(container, start, video, audio)
    indexed = any(picture.index is not None and picture.index.from_tables for picture in video)
    return Reading(
        container=container,
        facts=SourceFacts(
            path=findings.path,
            fingerprint=findings.fingerprint,
            bytes=findings.size,
            demuxer=demuxer,
            start=start,
            duration=duration,
            video=tuple(picture.facts for picture in video),
            audio=tuple(audio),
            tags=_file_tags(container),
        ),
        duration_from=None if duration is None else "scan" if scanned else "index" if indexed else "header",
        video=video,
        audio=sounds,
        encrypted=bool(findings.encrypted),
    )


def _file_tags(container: InputContainer) -> tuple[tuple[str, str], ...]:
    """Return tags that a command can be given."""
    shown = ((name, value.replace("\0", "")) for name, value in container.metadata.items() if "=" not in name)
    return tuple((name, value[:MAX_TAG_CHARACTERS]) for name, value in shown if name and value)[:MAX_TAGS]


def _avi_begin(container: InputContainer, stream: VideoStream, findings: Findings) -> int | None:
    """Return the timestamp that FFmpeg gives the first picture of an AVI stream with reordered frames.

    AVI knows no presentation times. FFmpeg takes the decoding time at which a picture comes out instead, so all are
    late by the decoder's delay.
    """
    first = findings.pictures.get(stream.index)
    if container.format.name != "avi" or not stream.codec_context.has_b_frames or first is None:
        return None
    return first.dts


def _tick(stream: Stream) -> Fraction:
    return stream.time_base or Fraction(1, 90_000)


def _usual(stream: VideoStream) -> Fraction | None:
    """Return the rate that the demuxer thinks of, put right where containers round."""
    return snap(stream.guessed_rate or stream.average_rate)


def _stream_start(stream: Stream, findings: Findings) -> Fraction:
    """Return a stream's first presented timestamp, in seconds on the file's clock."""
    index = findings.indexes.get(stream.index)
    if index is not None:
        return int(index.pts[0]) * _tick(stream)
    if stream.start_time is None:
        return Fraction(0)
    return stream.start_time * _tick(stream)


def _file_start(pictures: list[VideoStream], sounds: list[AudioStream], findings: Findings) -> Fraction:
    """Return the earliest presented timestamp of picture and sound.

    A sound that seems to start less than a tick before the picture starts with it: its time was rounded (the
    pre-skip of Opus is 6.5 ms in a file of whole milliseconds).
    """
    picture = min((_stream_start(stream, findings) for stream in pictures), default=None)
    sound = min(((_stream_start(stream, findings), _tick(stream)) for stream in sounds), default=None)
    if picture is None or sound is None:
        return picture if picture is not None else sound[0] if sound is not None else Fraction(0)
    return picture if abs(picture - sound[0]) <= sound[1] else min(picture, sound[0])


def _picture(number: int, stream: VideoStream, demuxer: str, findings: Findings) -> PictureReading:
    context = stream.codec_context
    index = findings.indexes.get(stream.index)
    first = findings.pictures.get(stream.index)
    pixel_format = first.pixel_format if first else context.pix_fmt or "unknown"
    shape = VideoFormat(pixel_format) if pixel_format != "unknown" else None
    tags = _tags(stream, first)
    color, assumed = read_color(
        tags, lines=context.height, pixel_format=pixel_format, rgb=bool(shape and (shape.is_rgb or shape.has_palette))
    )
    still = demuxer in STILL_DEMUXERS or (demuxer in ("gif", "apng") and index is not None and len(index.pts) == 1)
    if still:
        index = None
    rate = index.rate if index is not None and len(index.pts) > 1 else None if still else _usual(stream)
    facts = SourceVideo(
        index=number,
        stream=stream.index,
        codec=context.codec.canonical_name,
        width=context.width,
        height=context.height,
        pixel_aspect=pixel_aspect(stream),
        rotation=first.rotation if first else 0,
        mirrored=first.mirrored if first else False,
        rate=rate,
        time_base=_tick(stream),
        first_pts=int(index.pts[0]) if index is not None else stream.start_time or 0,
        frames=1 if still else len(index.pts) if index is not None else stream.frames or None,
        duration=None if still else _picture_duration(stream, index),
        pixel_format=pixel_format,
        bits=max((part.bits for part in shape.components), default=8) if shape and not shape.has_palette else 8,
        alpha=_alpha(shape, stream),
        interlaced=first.interlaced if first else header_order(int(context.field_order)),
        color=replace(color, peak=first.max_luminance if first else None),
        keyframes=index.keyframes if index is not None else None,
        max_gap=index.max_gap if index is not None else None,
        seekable=_seekable(stream, findings.first_packets.get(stream.index, b"")),
        still=still,
        stamps=_stamps(index),
    )
    return PictureReading(facts, stream, index, assumed, tags, first)


def _stamps(index: PictureIndex | None) -> bytes | None:
    """Pack the timestamps of a stream whose rate does not tell them: on no rate, or with gaps on its grid."""
    if index is None or (index.rate is not None and index.end * index.rate == len(index.pts)):
        return None
    return pack_stamps(index.pts.tolist())


def _tags(stream: VideoStream, first: FirstPicture | None) -> Tags:
    """Return the stream's tags; where it has none, those of its first picture."""
    context = stream.codec_context
    own = (int(context.color_range or 0), int(context.colorspace), int(context.color_primaries), int(context.color_trc))
    if first is None:
        return Tags(*own)
    shown = (first.range, first.matrix, first.primaries, first.transfer)
    blank = (0, 2, 2, 2)
    return Tags(*(mine if mine != none else seen for mine, none, seen in zip(own, blank, shown, strict=True)))


def _picture_duration(stream: VideoStream, index: PictureIndex | None) -> Fraction | None:
    if index is not None:
        return index.end
    return stream.duration * _tick(stream) if stream.duration else None


def _alpha(shape: VideoFormat | None, stream: VideoStream) -> bool:
    """Tell whether there is transparency; VP8 and VP9 keep it beside the picture, where only libvpx looks."""
    if stream.metadata.get("alpha_mode") == "1":
        return True
    return shape is not None and (shape.has_palette or any(part.is_alpha for part in shape.components))


def _seekable(stream: VideoStream, first_packet: bytes) -> bool:
    if stream.codec_context.codec.canonical_name != "h264" or "4:4:4" not in (stream.codec_context.profile or ""):
        return True
    build = re.search(rb"x264 - core (\d+)", first_packet + (stream.codec_context.extradata or b""))
    return build is None or int(build[1]) >= _SEEKABLE_444


def _sound(number: int, stream: AudioStream, demuxer: str, findings: Findings, start: Fraction) -> SourceAudio:
    context = stream.codec_context
    begins = _stream_start(stream, findings)
    if abs(begins - start) <= _tick(stream):
        begins = start
    packets = findings.packets.get(stream.index)
    end = None if demuxer.startswith("mov") or packets is None else packets.end(_tick(stream), context.sample_rate)
    if end is not None:
        duration: Fraction | None = max(Fraction(0), end - begins)
    else:
        duration = stream.duration * _tick(stream) if stream.duration else None
    return SourceAudio(
        index=number,
        stream=stream.index,
        codec=context.codec.canonical_name,
        sample_rate=context.sample_rate,
        channels=context.channels,
        layout=context.layout.name,
        start=begins - start,
        duration=duration,
    )


def _duration(
    container: InputContainer, start: Fraction, video: list[PictureReading], audio: list[SourceAudio]
) -> Fraction | None:
    """Return how long the file lasts: to the end of its longest stream. None for a still, and where nothing tells."""
    ends: list[Fraction | None] = []
    for picture in video:
        facts = picture.facts
        if not facts.still:
            begins = facts.first_pts * facts.time_base - start
            ends.append(begins + facts.duration if facts.duration is not None else None)
    ends += [sound.start + sound.duration if sound.duration is not None else None for sound in audio]
    known = [end for end in ends if end is not None]
    if ends and len(known) == len(ends):
        return max(known)
    if not ends or container.duration is None:
        return max(known, default=None)
    # A header's own figure counts from 0 on the file's clock.
    return max(container.duration * MICROSECOND - max(start, Fraction(0)), *known, Fraction(0))
