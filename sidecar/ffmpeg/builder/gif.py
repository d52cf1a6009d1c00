"""A part of a file as an animated GIF, its palette made from the same frames in the same graph."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

from msgspec import Meta

from protocol.errors import LimitExceeded
from protocol.model import Model
from protocol.time import Seconds, parse_seconds
from sidecar.core.source import SourceFacts
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.excerpt import PLAIN, QUIET, fitted, frames_of, length_of, picture_of, target
from sidecar.ffmpeg.builder.graph import node
from sidecar.ffmpeg.builder.picture.select import Take
from sidecar.ffmpeg.builder.sidefiles import SideFiles

MAX_PIXELS = 200_000_000
"""Pixels of all frames together: they wait in memory until the palette is known."""


class Gif(Model, kw_only=True):
    """`loop` 0 is for ever, -1 once. `start` and `duration` in seconds."""

    path: str
    video_stream: Annotated[int, Meta(ge=0, le=63)] = 0
    start: Seconds = 0
    duration: Seconds = 5
    fps: Annotated[int, Meta(ge=1, le=50)] = 12
    width: Annotated[int, Meta(ge=16, le=1920)] = 480
    loop: Annotated[int, Meta(ge=-1, le=65_535)] = 0
    colors: Annotated[int, Meta(ge=4, le=256)] = 256
    dither: Literal["none", "bayer", "sierra2_4a", "floyd_steinberg"] = "sierra2_4a"


def build_gif(parameters: Gif, facts: SourceFacts, output: str) -> Command:
    """Build the command that writes the GIF."""
    video = picture_of(facts, parameters.video_stream)
    start = parse_seconds(parameters.start)
    length = length_of(facts, start, parse_seconds(parameters.duration))
    frames = max(1, round(length * parameters.fps))
    size = fitted(video, parameters.width)
    if frames * size[0] * size[1] > MAX_PIXELS:
        raise LimitExceeded(what="pixels of all frames", value=frames * size[0] * size[1], limit=MAX_PIXELS)
    files = SideFiles()
    take = Take(start, Fraction(1), Fraction(parameters.fps), frames)
    stream = frames_of(facts, video, take, files, size=size, pixel_format="gbrp")
    palette = node("palettegen", stream, max_colors=parameters.colors, reserve_transparent=0)
    drawn = node("paletteuse", stream, palette, dither=parameters.dither)
    options = (("c:v", "gif"), ("fps_mode", "passthrough"), ("loop", str(parameters.loop)), ("f", "gif"))
    return Command(
        outputs=(Output((drawn,), (*options, *PLAIN), target(output)),),
        files=files.all(),
        globals_=QUIET,
        frames=frames,
    )
