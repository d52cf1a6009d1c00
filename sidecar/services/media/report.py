"""The result of a probe as it crosses the wire."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import PurePath
from typing import Any, Literal

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream

from protocol.commands import media as wire
from protocol.commands.media import Attachment, Chapter, MediaInfo, SubtitleStream
from protocol.time import format_exact, format_rate
from sidecar.core.source import SourceAudio
from sidecar.services.media.color import stream_color
from sidecar.services.media.facts import PictureReading, Reading
from sidecar.services.media.picture import hdr_kind
from sidecar.services.media.rate import snap
from sidecar.services.media.streams import decodable

_FONTS = {"ttf", "otf"}
_TEXT_SUBTITLES = 1 << 17
"""FFmpeg's codec property: subtitles of text, not pictures."""

_PCM_BITS = re.compile(r"pcm_[suf](8|16|20|24|32|64)")
MAX_TAGS = 200
MAX_TAG_CHARACTERS = 4_096
MAX_CHAPTERS = 10_000


def report(reading: Reading, *, keyframes: bool) -> MediaInfo:
    """Return the result for the wire; `keyframes`: with the times of keyframes of the first picture stream."""
    facts, container = reading.facts, reading.container
    bitrate = int(facts.bytes * 8 / facts.duration) if facts.duration else None
    return MediaInfo(
        path=facts.path,
        fingerprint=facts.fingerprint,
        bytes=facts.bytes,
        container=_container_name(container, facts.path),
        start_time=format_exact(facts.start),
        duration=_exact(facts.duration),
        duration_from=reading.duration_from,
        bitrate=bitrate,
        encrypted=reading.encrypted,
        tags=_tags(container.metadata),
        chapters=_chapters(container, facts.start),
        video=[_video(picture) for picture in reading.video],
        audio=[_audio(known, stream) for known, stream in zip(facts.audio, reading.audio, strict=True)],
        subtitles=_subtitles(container),
        attachments=_attachments(container),
        keyframes=_keyframes(reading) if keyframes else None,
        cached=False,
    )


def _exact(seconds: Fraction | None) -> str | None:
    return None if seconds is None else format_exact(seconds)


def _container_name(container: InputContainer, path: str) -> str:
    """Return one name of a demuxer of many: the suffix if it is one of them, MOV by its brand, else the first."""
    names = container.format.name.removesuffix("_pipe").split(",")
    suffix = PurePath(path).suffix.lower().removeprefix(".")
    if suffix in names:
        return suffix
    if names[0] == "mov":
        return "mov" if container.metadata.get("major_brand", "").strip() in ("qt", "") else "mp4"
    return names[0]


def _tags(metadata: dict[str, str]) -> dict[str, str]:
    return {key: value[:MAX_TAG_CHARACTERS] for key, value in list(metadata.items())[:MAX_TAGS]}


def _chapters(container: InputContainer, start: Fraction) -> list[Chapter]:
    found: list[dict[str, Any]] = [dict(chapter) for chapter in container.chapters()]
    return [
        Chapter(
            start=format_exact(chapter["start"] * chapter["time_base"] - start),
            end=format_exact(chapter["end"] * chapter["time_base"] - start),
            title=str(chapter.get("metadata", {}).get("title", ""))[:MAX_TAG_CHARACTERS],
        )
        for chapter in found[:MAX_CHAPTERS]
    ]


def _language(stream: Stream) -> str | None:
    language = stream.metadata.get("language") or stream.language
    return None if language in (None, "", "und") else language


def _default(stream: Stream) -> bool:
    return bool(stream.disposition & Disposition.default)


def _video(picture: PictureReading) -> wire.VideoStream:
    facts, stream, index = picture.facts, picture.stream, picture.index
    width, height = facts.upright
    variable = None if index is None or len(index.pts) < 2 else index.rate is None
    average = snap(stream.average_rate)
    if index is not None and len(index.pts) > 1:
        average = (len(index.pts) / index.end).limit_denominator(1_000_000)
    first = picture.picture
    return wire.VideoStream(
        index=facts.index,
        codec=facts.codec,
        profile=stream.codec_context.profile,
        width=facts.width,
        height=facts.height,
        display_width=width,
        display_height=height,
        pixel_aspect=f"{facts.pixel_aspect.numerator}/{facts.pixel_aspect.denominator}",
        rotation=facts.rotation,
        mirrored=facts.mirrored,
        frame_rate=None if facts.rate is None else format_rate(facts.rate),
        average_rate=None if facts.still or not average else format_rate(average),
        variable_rate=False if facts.still else variable,
        frames=facts.frames,
        time_base=f"{facts.time_base.numerator}/{facts.time_base.denominator}",
        duration=_exact(facts.duration),
        pixel_format=facts.pixel_format,
        bits=facts.bits,
        alpha=facts.alpha,
        interlaced=facts.interlaced,
        color=stream_color(facts.color, picture.assumed),
        hdr=hdr_kind(
            picture.tags.transfer,
            str(stream.codec_context.codec_tag),
            dolby=first is not None and first.dolby,
            max_luminance=first.max_luminance if first else None,
        ),
        language=_language(stream),
        default=_default(stream),
    )


def _audio(facts: SourceAudio, stream: AudioStream) -> wire.AudioStream:
    return wire.AudioStream(
        index=facts.index,
        codec=facts.codec,
        profile=stream.codec_context.profile,
        sample_rate=facts.sample_rate,
        channels=facts.channels,
        layout=facts.layout,
        bits=_sample_bits(stream),
        duration=_exact(facts.duration),
        language=_language(stream),
        default=_default(stream),
    )


def _sample_bits(stream: AudioStream) -> int | None:
    """Return the width of a sample where the codec has one: PCM by its name, FLAC by its header."""
    context = stream.codec_context
    match = _PCM_BITS.match(context.name)
    if match:
        return int(match[1])
    header = context.extradata or b""
    if context.name == "flac" and len(header) >= 14:
        return ((header[12] & 1) << 4 | header[13] >> 4) + 1
    return context.format.bits if context.name == "alac" else None


def _subtitles(container: InputContainer) -> list[SubtitleStream]:
    return [
        SubtitleStream(
            index=number,
            codec=stream.codec_context.codec.canonical_name if decodable(stream) else "unknown",
            text=decodable(stream) and bool(stream.codec_context.codec.properties & _TEXT_SUBTITLES),
            language=_language(stream),
            default=_default(stream),
            forced=bool(stream.disposition & Disposition.forced),
        )
        for number, stream in enumerate(container.streams.subtitles)
    ]


def _attachments(container: InputContainer) -> list[Attachment]:
    """List cover art, attached files and data streams, by their number in the file."""
    found = []
    for stream in container.streams:
        kind = _attachment_kind(stream)
        if kind is not None:
            found.append(Attachment(index=stream.index, kind=kind))
    return found


def _attachment_kind(stream: Stream) -> Literal["cover", "font", "data"] | None:
    if stream.disposition & Disposition.attached_pic:
        return "cover"
    if stream.type == "attachment":
        mime = stream.metadata.get("mimetype", "")
        name = stream.metadata.get("filename", "").lower()
        return "font" if "font" in mime or "truetype" in mime or name[-3:] in _FONTS else "data"
    return "data" if stream.type == "data" else None


def _keyframes(reading: Reading) -> list[str] | None:
    """Return the keyframe times of the first picture stream, from the file's start."""
    if not reading.video:
        return []
    facts = reading.video[0].facts
    if facts.still:
        return [format_exact(Fraction(0))]
    if facts.keyframes is None:
        return None
    return [format_exact(pts * facts.time_base - reading.facts.start) for pts in facts.keyframes]
