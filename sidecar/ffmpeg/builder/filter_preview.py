"""An effect of the picture on one frame, or on a short part, of a file: drawn by what draws it in a render."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from protocol.errors import NotSupported
from protocol.model import Model
from protocol.project import Effect, Export
from protocol.time import Seconds, parse_seconds
from sidecar.core.source import SourceFacts
from sidecar.core.timeline import OutputSpan, Timeline, output_span
from sidecar.ffmpeg.builder.assembly import Piece, assemble, even, rate_for
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.excerpt import PLAIN, QUIET, fitted, length_of, picture_of, stored, target
from sidecar.ffmpeg.builder.graph import Stream, node
from sidecar.ffmpeg.builder.picture import build_picture
from sidecar.ffmpeg.builder.render import encode_command
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.sidefiles import SideFiles

HIGHEST_RATE = Fraction(30)


class FilterPreview(Model, kw_only=True):
    """An effect as a project writes it, its clock beginning at `time` (seconds of the source).

    `duration` 0 is one frame (PNG), else a part of so many seconds (MP4 without sound). Lengths in pixels are those
    of the preview, `width` pixels wide.
    """

    path: str
    effect: Effect
    video_stream: Annotated[int, Meta(ge=0, le=63)] = 0
    time: Seconds = 0
    duration: Annotated[float, Meta(ge=0, le=10)] = 0
    width: Annotated[int, Meta(ge=64, le=1920)] = 640
    before: bool = False
    """Show the picture as it was in its left half."""


@dataclass(frozen=True, slots=True)
class _Shot:
    """A timeline of one clip, and what is exported of it."""

    timeline: Timeline
    export: Export
    span: OutputSpan


def build_filter_preview(parameters: FilterPreview, facts: SourceFacts, output: str, resources: Resources) -> Command:
    """Build the preview of an effect that the catalogue in `resources` holds, and whose parameters are valid.

    Raises NotSupported for an effect that has to know its whole clip first, MediaUnsupported and LimitExceeded.
    """
    kind = resources.catalogue.effects[parameters.effect.type]
    if kind.analysis is not None:
        what = f"One command for {kind.name}, which looks at its whole clip first"
        raise NotSupported(what=what, suggestion="Render it")
    shot = _shot(parameters, facts, (parameters.effect,))
    files = SideFiles()
    stream = _drawn(shot, resources, files)
    if parameters.before:
        width, height = shot.span.width, shot.span.height
        half = width // 4 * 2
        left = node("crop", _drawn(_shot(parameters, facts, ()), resources, files), w=half, h=height, x=0, y=0)
        right = node("crop", stream, w=width - half, h=height, x=half, y=0)
        stream = node("hstack", left, right, inputs=2)
    if parameters.duration:
        return encode_command(
            stream, shot.timeline, shot.export, shot.span, resources, target=target(output), files=files.all()
        )
    options = (("frames:v", "1"), ("c:v", "png"), ("f", "image2"), ("update", "1"))
    written = Output((stored(stream, "png"),), (*options, *PLAIN), target(output))
    return Command((written,), files=files.all(), globals_=QUIET, frames=1)


def _shot(parameters: FilterPreview, facts: SourceFacts, effects: tuple[Effect, ...]) -> _Shot:
    """Put the frames to show on a track, with these effects."""
    video = picture_of(facts, parameters.video_stream)
    start = parse_seconds(parameters.time)
    rate = rate_for(facts, parameters.video_stream, at_most=HIGHEST_RATE)
    frames = 1
    export: dict[str, Any] = {"container": "mkv", "video": {"codec": "ffv1", "pixelFormat": "gbrp"}}
    if parameters.duration:
        length = length_of(facts, start, Fraction(repr(parameters.duration)))
        frames = max(1, int(length * rate))
        export = {"container": "mp4", "video": {"quality": 80, "preset": "fastest"}}
    piece = Piece(
        facts,
        start,
        frames,
        video_stream=parameters.video_stream,
        audio_stream=None,
        effects=[msgspec.to_builtins(effect) for effect in effects],
    )
    timeline, settings = assemble(
        [piece],
        rate=rate,
        size=even(fitted(video, parameters.width)),
        export={**export, "audio": None, "subtitles": "none"},
        fit="stretch",
    )
    return _Shot(timeline, settings, output_span(timeline, settings))


def _drawn(shot: _Shot, resources: Resources, files: SideFiles) -> Stream:
    if shot.export.video is None:
        raise AssertionError("the export was made with a picture")
    picture = build_picture(shot.timeline, shot.export, shot.export.video, shot.span, resources)
    files.keep(picture.files)
    return picture.stream
