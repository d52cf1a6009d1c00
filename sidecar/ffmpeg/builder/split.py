"""Two pictures as one: the left half of the first, the right half of the second."""

from __future__ import annotations

from typing import Literal

from sidecar.ffmpeg.builder.command import Command, Output, SideFile
from sidecar.ffmpeg.builder.excerpt import PLAIN, QUIET, stored
from sidecar.ffmpeg.builder.graph import Input, InputStream, Stream, node
from sidecar.ffmpeg.builder.picture.convert import ACCURATE
from sidecar.ffmpeg.builder.preview import image_options

BEFORE, AFTER = "before.png", "after.png"


def build_split(
    before: bytes, after: bytes, size: tuple[int, int], form: Literal["jpeg", "webp", "png"], quality: int
) -> Command:
    """Build the command that writes the picture to stdout. Both are PNG files of that size."""
    width, height = size
    half = width // 4 * 2
    left = node("crop", _read(BEFORE), w=half, h=height, x=0, y=0, exact=1)
    right = node("crop", _read(AFTER), w=width - half, h=height, x=half, y=0, exact=1)
    stream = stored(node("hstack", left, right, inputs=2), form)
    options = (("frames:v", "1"), *image_options(form, quality), ("f", "image2pipe"), *PLAIN)
    return Command(
        outputs=(Output((stream,), options, "pipe:1"),),
        files=(SideFile(BEFORE, before), SideFile(AFTER, after)),
        globals_=QUIET,
        frames=1,
    )


def _read(name: str) -> Stream:
    stream = InputStream(Input(f"file:{name}", (("f", "png_pipe"),)), "video", 0)
    return node("format", node("scale", stream, out_range="full", flags=f"bicubic+{ACCURATE}"), pix_fmts="gbrp")
