"""A short, small clip of a part of a file, picture and sound in step also at another speed."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any, Literal

from msgspec import Meta

from protocol.model import Model
from protocol.time import Seconds, parse_seconds
from sidecar.core.source import SourceFacts
from sidecar.ffmpeg.builder.assembly import Piece, assemble, even, rate_for
from sidecar.ffmpeg.builder.command import Command
from sidecar.ffmpeg.builder.excerpt import fitted, length_of, picture_of, target
from sidecar.ffmpeg.builder.render import build_render
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.text import FontSet

HIGHEST_RATE = Fraction(30)


class VideoPreview(Model, kw_only=True):
    """`start` and `duration` are seconds of the source; at `speed` 2 the clip is half as long."""

    path: str
    video_stream: Annotated[int, Meta(ge=0, le=63)] = 0
    audio_stream: Annotated[int, Meta(ge=0, le=63)] | None = 0
    start: Seconds = 0
    duration: Seconds = 10
    speed: Annotated[float, Meta(ge=0.25, le=4)] = 1.0
    width: Annotated[int, Meta(ge=64, le=1920)] = 480
    container: Literal["mp4", "webm"] = "mp4"
    quality: Annotated[int, Meta(ge=0, le=100)] = 60


def build_video_preview(parameters: VideoPreview, facts: SourceFacts, output: str, fonts: FontSet) -> Command:
    """Build the command that writes the clip."""
    video = picture_of(facts, parameters.video_stream)
    start = parse_seconds(parameters.start)
    length = length_of(facts, start, parse_seconds(parameters.duration))
    rate = rate_for(facts, parameters.video_stream, at_most=HIGHEST_RATE)
    speed = Fraction(repr(parameters.speed))
    frames = max(1, int(length / speed * rate))
    heard = parameters.audio_stream is not None and parameters.audio_stream < len(facts.audio)
    export: dict[str, Any] = {
        "container": parameters.container,
        "video": {"quality": parameters.quality, "preset": "fastest"},
        "audio": {"bitrate": 96_000} if heard else None,
        "subtitles": "none",
    }
    piece = Piece(
        facts,
        start,
        frames,
        video_stream=parameters.video_stream,
        audio_stream=parameters.audio_stream if heard else None,
        speed=speed,
    )
    size = even(fitted(video, parameters.width))
    timeline, settings = assemble([piece], rate=rate, size=size, export=export, fit="stretch")
    return build_render(timeline, settings, target=target(output), resources=Resources(fonts))
