"""Storyboards: pictures that are files already, in rows and columns, each with a line of text under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Any, Literal

import msgspec

from protocol.errors import LimitExceeded
from protocol.project import Project
from protocol.project.export import PixelFormat
from protocol.typed import ready
from sidecar.core.timeline import Timeline, resolve
from sidecar.ffmpeg.builder.command import Command, Output, SideFile
from sidecar.ffmpeg.builder.excerpt import PLAIN, QUIET, stored
from sidecar.ffmpeg.builder.graph import Expression, Input, InputStream, Stream, node
from sidecar.ffmpeg.builder.picture.convert import ACCURATE
from sidecar.ffmpeg.builder.preview import image_options
from sidecar.ffmpeg.builder.stills import png_format
from sidecar.ffmpeg.builder.text import FONT_ENVIRONMENT, FontSet, burn_cues

MOST_SIDE = 16_382
"""Pixels of WebP's longest side, even."""

MOST_PIXELS = 67_108_864

SHEET_WIDTH = 4_096
"""Pixels that a row has at most where nobody says how many pictures it holds."""

ImageFormat = Literal["jpeg", "webp", "png"]

SUFFIXES: dict[ImageFormat, str] = {"jpeg": "jpg", "webp": "webp", "png": "png"}

CROSS, GREY = 112, 48
"""Levels of what stands for a picture that cannot be shown."""

LETTER = 0.62
"""Width of a digit at most, in heights of the font."""


@dataclass(frozen=True, slots=True)
class Board:
    """How a storyboard is laid out: `count` pictures of `cell` pixels, `gap` pixels between them.

    Under each is a line of text, `line` pixels high, 0 for none.
    """

    count: int
    columns: int
    cell: tuple[int, int]
    gap: int
    line: int

    @property
    def rows(self) -> int:
        return -(-self.count // self.columns)

    @property
    def pitch(self) -> tuple[int, int]:
        """How far apart pictures begin."""
        return self.cell[0] + self.gap, self.cell[1] + self.line + self.gap

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the sheet, even."""
        across, down = self.columns * self.pitch[0] - self.gap, self.rows * self.pitch[1] - self.gap
        return across + across % 2, down + down % 2

    def at(self, number: int) -> tuple[int, int]:
        """Return where a picture begins."""
        return number % self.columns * self.pitch[0], number // self.columns * self.pitch[1]


def lay_out(count: int, cell: tuple[int, int], *, columns: int | None, gap: int, lines: bool) -> Board:
    """Lay a storyboard out; without `columns` it is about as wide as high, by numbers of pictures.

    Raises LimitExceeded when it is more than 16,382 pixels long or 64 Mi in all.
    """
    line = min(48, max(16, round(cell[0] * 0.07))) if lines else 0
    if columns is None:
        columns = max(1, min(ceil(sqrt(count)), SHEET_WIDTH // (cell[0] + gap)))
    board = Board(count, min(columns, count), cell, gap, line)
    width, height = board.size
    if max(width, height) > MOST_SIDE:
        raise LimitExceeded(what="pixels of a storyboard's side", value=max(width, height), limit=MOST_SIDE)
    if width * height > MOST_PIXELS:
        raise LimitExceeded(what="pixels of a storyboard", value=width * height, limit=MOST_PIXELS)
    return board


@dataclass(frozen=True, slots=True)
class Finish:
    """How the sheet is written; `background` is #RRGGBB."""

    format: ImageFormat
    quality: int
    background: str


def build_board(
    board: Board, pictures: Sequence[bytes], texts: Sequence[str], finish: Finish, fonts: FontSet
) -> Command:
    """Build the command that writes the sheet to stdout.

    `pictures` are files in the format of the sheet, all of the size of a cell; `texts` stand under them, none where
    the layout has no lines.
    """
    suffix = SUFFIXES[finish.format]
    files = tuple(SideFile(f"cell-{number:04}.{suffix}", data) for number, data in enumerate(pictures))
    # A WebP with nothing transparent in it has no alpha: without the last option the sheet would begin anew behind one.
    options = (("f", "image2"), ("framerate", "1"), ("start_number", "0"), ("reinit_filter", "0"))
    ground = f"0x{finish.background[1:]}"
    stream = _laid(InputStream(Input(f"file:cell-%04d.{suffix}", options), "video", 0), finish, board.cell)
    stream = node("pad", stream, w=board.cell[0], h=board.cell[1] + board.line, color=ground)
    stream = node(
        "tile",
        stream,
        layout=f"{board.columns}x{board.rows}",
        nb_frames=board.count,
        padding=board.gap,
        color=ground,
    )
    width, height = board.size
    stream = node("settb", node("pad", stream, w=width, h=height, color=ground), expr=1)
    stream = node("setpts", stream, expr=0)
    if board.line:
        drawn = burn_cues(stream, _texts(board, texts, finish.background), (0, 1), fonts)
        stream, files = drawn.stream, (*files, *drawn.files)
    return Command(
        outputs=(
            Output(
                (stored(stream, finish.format),),
                (
                    ("frames:v", "1"),
                    *image_options(finish.format, finish.quality),
                    ("f", "image2pipe"),
                    *PLAIN,
                ),
                "pipe:1",
            ),
        ),
        files=files,
        globals_=QUIET,
        frames=1,
        environment=FONT_ENVIRONMENT if board.line else (),
    )


def build_lack(size: tuple[int, int], finish: Finish, pixel_format: PixelFormat) -> Command:
    """Build the command that writes to stdout what stands for a picture that cannot be shown: a cross on grey.

    `pixel_format` is that of the export whose pictures it lies among: a sheet is laid of files of one depth.
    """
    width, height = size
    ground = node("color", medium="video", c="black", s=f"{width}x{height}", r=1)
    stream: Stream = node("format", node("trim", ground, end_frame=1), pix_fmts="gray")
    # Within so much of a diagonal; both go through corners, so products of sides tell how near they are.
    near = height * max(1, width // 64)
    falls, rises = (f"lt(abs((X+0.5)*{height}-{place}*{width}),{near})" for place in ("(Y+0.5)", f"({height}-Y-0.5)"))
    stream = node("geq", stream, lum=Expression(f"if({falls}+{rises},{CROSS},{GREY})"))
    stream = node("setparams", stream, range="full", colorspace="bt709")
    stream = node("format", node("scale", stream, flags=f"bicubic+{ACCURATE}"), pix_fmts="gbrp")
    if finish.format == "png":
        stream = node("format", stream, pix_fmts=png_format(pixel_format))
    else:
        stream = stored(stream, finish.format)
    output = (("frames:v", "1"), *image_options(finish.format, finish.quality), ("f", "image2pipe"), *PLAIN)
    return Command(outputs=(Output((stream,), output, "pipe:1"),), globals_=QUIET, frames=1)


def _laid(stream: Stream, finish: Finish, size: tuple[int, int]) -> Stream:
    """Read pictures as a screen shows them, where they are transparent over the background."""
    yuv = finish.format != "png"
    # JPEG and WebP mean BT.601.
    span = None if not yuv else "full" if finish.format == "jpeg" else "limited"
    flags = f"bicubic+{ACCURATE}"
    matrix = "bt601" if yuv else None
    stream = node("scale", stream, in_color_matrix=matrix, in_range=span, out_range="full", flags=flags)
    if finish.format == "jpeg":
        return node("format", stream, pix_fmts="gbrp")
    stream = node("format", stream, pix_fmts="gbrap")
    shape = f"{size[0]}x{size[1]}"
    ground = node("color", medium="video", c=f"0x{finish.background[1:]}", s=shape, r=1)
    return node("overlay", node("format", ground, pix_fmts="gbrp"), stream, format="gbrp", shortest=1)


def _texts(board: Board, texts: Sequence[str], background: str) -> Timeline:
    """Return a timeline of one frame, as large as the sheet, whose cues are the texts."""
    longest = max((len(text) for text in texts), default=1)
    size = max(6, min(board.line * 0.68, board.cell[0] / (LETTER * longest)))
    cues: list[dict[str, Any]] = [
        {
            "start": 0,
            "end": 1,
            "text": text,
            "position": {
                "alignX": "left",
                "alignY": "top",
                "marginX": x + 2,
                "marginY": y + board.cell[1] + round((board.line - size * 1.2) / 2),
            },
        }
        for text, (x, y) in ((text, board.at(number)) for number, text in enumerate(texts))
    ]
    light = sum(int(background[place : place + 2], 16) for place in (1, 3, 5)) > 3 * 127
    style = {
        "fontSize": size,
        "outlineWidth": 0,
        "color": "#000000" if light else "#FFFFFF",
        "shadowX": 0,
        "shadowY": 0,
    }
    raw = {
        "schema": "timeline/1",
        "frameRate": "1",
        "width": board.size[0],
        "height": board.size[1],
        "tracks": [
            {"kind": "video", "clips": [{"source": {"kind": "color", "color": "#000000"}, "start": 0, "duration": 1}]},
            {"kind": "subtitle", "style": style, "cues": cues},
        ],
    }
    return resolve(msgspec.convert(raw, ready(Project)), {})
