"""Contact sheets: small pictures in rows and columns, each group with its name, as one PNG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from protocol.project import Project
from protocol.typed import ready
from sidecar.core.timeline import Timeline, resolve
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.excerpt import PLAIN, QUIET
from sidecar.ffmpeg.builder.graph import Stream, node
from sidecar.ffmpeg.builder.sidefiles import SideFiles
from sidecar.ffmpeg.builder.text import FONT_ENVIRONMENT, FontSet, burn_cues

LABEL = 22
"""Height of the line with a name, in pixels."""

GAP = 4
GROUND = "0x202020"


@dataclass(frozen=True, slots=True)
class Entry:
    """A name, and a stream of gbrp pictures that are shown beside each other under it."""

    name: str
    pictures: Stream


def build_sheet(
    entries: Sequence[Entry], *, pictures: int, size: tuple[int, int], columns: int, files: SideFiles, fonts: FontSet
) -> Command:
    """Build the command that writes a sheet to stdout.

    Every entry has as many `pictures` of `size` (width, height); `columns` entries stand beside each other.
    """
    cell = pictures * size[0] + (pictures + 1) * GAP, size[1] + LABEL + GAP
    rows = -(-len(entries) // columns)
    whole = columns * cell[0], (rows * cell[1] + 1) // 2 * 2
    cells = [_cell(entry.pictures, pictures, cell) for entry in entries]
    places = [(index % columns * cell[0], index // columns * cell[1]) for index in range(len(entries))]
    layout = "|".join(f"{x}_{y}" for x, y in places)
    sheet: Stream = cells[0]
    if len(cells) > 1:
        sheet = node("xstack", *cells, inputs=len(cells), layout=layout, fill=GROUND, shortest=1)
    sheet = node("pad", sheet, w=whole[0], h=whole[1], color=GROUND)
    timeline = _labels([(entry.name, place) for entry, place in zip(entries, places, strict=True)], whole)
    drawn = burn_cues(sheet, timeline, (0, 1), fonts)
    files.keep(drawn.files)
    options = (("frames:v", "1"), ("c:v", "png"), ("f", "image2pipe"))
    stream = node("format", drawn.stream, pix_fmts="rgb24")
    return Command(
        outputs=(Output((stream,), (*options, *PLAIN), "pipe:1"),),
        files=files.all(),
        globals_=QUIET,
        frames=1,
        environment=FONT_ENVIRONMENT,
    )


def _cell(stream: Stream, pictures: int, cell: tuple[int, int]) -> Stream:
    """Put an entry's pictures side by side, room for the name above."""
    stream = node("format", stream, pix_fmts="gbrp")
    stream = node("tile", stream, layout=f"{pictures}x1", margin=GAP, padding=GAP, color=GROUND)
    stream = node("crop", stream, w=cell[0], h=cell[1] - LABEL, x=0, y=GAP, exact=1)
    stream = node("pad", stream, w=cell[0], h=cell[1], x=0, y=LABEL, color=GROUND)
    stream = node("settb", stream, expr=1)
    return node("setpts", stream, expr=0)


def _labels(names: Sequence[tuple[str, tuple[int, int]]], size: tuple[int, int]) -> Timeline:
    """Return a timeline of one frame whose cues are the names, in a frame of the sheet's size."""
    cues: list[dict[str, Any]] = [
        {
            "start": 0,
            "end": 1,
            "text": name,
            "position": {"alignX": "left", "alignY": "top", "marginX": x + GAP, "marginY": y + GAP},
        }
        for name, (x, y) in names
    ]
    style = {"fontSize": 13, "outlineWidth": 0, "color": "#FFFFFF", "shadowX": 0, "shadowY": 0}
    raw = {
        "schema": "timeline/1",
        "frameRate": "1",
        "width": size[0],
        "height": size[1],
        "tracks": [
            {"kind": "video", "clips": [{"source": {"kind": "color", "color": "#000000"}, "start": 0, "duration": 1}]},
            {"kind": "subtitle", "style": style, "cues": cues},
        ],
    }
    return resolve(msgspec.convert(raw, ready(Project)), {})
