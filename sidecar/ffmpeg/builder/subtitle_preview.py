"""One frame of a file with cues burned into it, as a render would burn them."""

from __future__ import annotations

from difflib import get_close_matches
from fractions import Fraction
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from protocol.model import Model
from protocol.project import Position, Style
from protocol.project.styles import PRESETS
from protocol.time import Seconds, parse_seconds
from sidecar.core.source import SourceFacts
from sidecar.core.timeline import output_span
from sidecar.ffmpeg.builder.assembly import Piece, assemble, even, rate_for
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.excerpt import PLAIN, QUIET, fitted, picture_of, stored, target
from sidecar.ffmpeg.builder.picture import build_picture
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.text import FONT_ENVIRONMENT, FontSet


class PreviewCue(Model, kw_only=True):
    """A text that is on screen; style and position as in a project, in pixels of the picture."""

    text: Annotated[str, Meta(max_length=10_240)]
    style: Style = Style()
    position: Position | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for a preset that there is not."""
        preset = self.style.preset
        if preset is not None and preset not in PRESETS:
            nearest = get_close_matches(preset[:80], PRESETS, n=1)
            meant = f"; the nearest is {nearest[0]}" if nearest else ""
            raise ValueError(f"there is no style of that name{meant}")


class SubtitlePreview(Model, kw_only=True):
    """`time` is the instant of the source; `width` that of the picture, null the source's own."""

    path: str
    cues: Annotated[list[PreviewCue], Meta(min_length=1, max_length=20)]
    video_stream: Annotated[int, Meta(ge=0, le=63)] = 0
    time: Seconds = 0
    width: Annotated[int, Meta(ge=64, le=4096)] | None = None
    format: Literal["png", "jpeg"] = "png"


def build_subtitle_preview(parameters: SubtitlePreview, facts: SourceFacts, output: str, fonts: FontSet) -> Command:
    """Build the command that writes one picture."""
    video = picture_of(facts, parameters.video_stream)
    rate = rate_for(facts, parameters.video_stream, at_most=Fraction(100))
    size = even(fitted(video, parameters.width))
    cues: list[dict[str, Any]] = [
        {
            "start": 0,
            "end": 10,
            "text": cue.text,
            "style": msgspec.to_builtins(cue.style),
            "position": msgspec.to_builtins(cue.position),
        }
        for cue in parameters.cues
    ]
    instant = parse_seconds(parameters.time)
    piece = Piece(facts, instant, 1, video_stream=parameters.video_stream, audio_stream=None, freeze=True)
    export: dict[str, Any] = {"video": {"pixelFormat": "gbrp", "codec": "ffv1"}, "container": "mkv", "audio": None}
    timeline, settings = assemble([piece], rate=rate, size=size, export=export, cues=cues, fit="stretch")
    if settings.video is None:
        raise AssertionError("the export was made with a picture")
    picture = build_picture(timeline, settings, settings.video, output_span(timeline, settings), Resources(fonts))
    encoder = "png" if parameters.format == "png" else "mjpeg"
    options = (("frames:v", "1"), ("c:v", encoder), ("f", "image2"), ("update", "1"))
    return Command(
        outputs=(Output((stored(picture.stream, parameters.format),), (*options, *PLAIN), target(output)),),
        files=picture.files,
        globals_=QUIET,
        frames=1,
        environment=FONT_ENVIRONMENT if picture.text else (),
    )
