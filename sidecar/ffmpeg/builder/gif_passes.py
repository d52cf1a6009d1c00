"""A finished film as a GIF, in two passes: first the palette of all its frames, then the frames in its colours.

No frame is kept in memory between the two, so a long GIF asks no more of it than a short one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.excerpt import PLAIN, QUIET, target
from sidecar.ffmpeg.builder.graph import Input, InputStream, Stream, node
from sidecar.ffmpeg.builder.picture.convert import ACCURATE

Dither = Literal["none", "bayer", "diffusion"]

FILTERS: dict[Dither, str] = {"none": "none", "bayer": "bayer", "diffusion": "sierra2_4a"}
PATTERN = 3
"""Scale of the fixed pattern: what it lays over a picture is hardly seen, and packs well."""

PALETTE = "palette.png"
"""What the first pass writes in its working folder, and the second one reads there."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a GIF is made with: its size, every how many frames of the film it shows, and its colours."""

    size: tuple[int, int]
    step: int
    colors: int
    dither: Dither


def palette_pass(film: str, shape: Shape) -> Command:
    """Build the command that finds the colours."""
    # One more colour stands for what stays as it was.
    found = node("palettegen", _frames(film, shape), max_colors=shape.colors, reserve_transparent=1, stats_mode="full")
    options = (("frames:v", "1"), ("c:v", "png"), ("f", "image2"), ("update", "1"), *PLAIN)
    return Command(outputs=(Output((found,), options, PALETTE),), globals_=QUIET, frames=1)


def gif_pass(film: str, shape: Shape, *, loop: int, frames: int, written: str) -> Command:
    """Build the command that writes the GIF, of so many frames; `loop` as FFmpeg has it: 0 for ever, -1 once."""
    colors = InputStream(Input(PALETTE, (("f", "png_pipe"),)), "video", 0)
    drawn = node(
        "paletteuse",
        _frames(film, shape),
        colors,
        dither=FILTERS[shape.dither],
        bayer_scale=PATTERN if shape.dither == "bayer" else None,
        diff_mode="rectangle",
    )
    options = (("c:v", "gif"), ("fps_mode", "passthrough"), ("loop", str(loop)), ("f", "gif"), *PLAIN)
    return Command(outputs=(Output((drawn,), options, target(written)),), globals_=QUIET, frames=frames)


def _frames(film: str, shape: Shape) -> Stream:
    """Return the frames that are shown, as R'G'B'."""
    stream: Stream = InputStream(Input(f"file:{film}", (("f", "matroska"),)), "video", 0)
    if shape.step > 1:
        stream = node("framestep", stream, step=shape.step)
    stream = node("scale", stream, w=shape.size[0], h=shape.size[1], flags=f"area+{ACCURATE}")
    return node("format", stream, pix_fmts="bgra")
