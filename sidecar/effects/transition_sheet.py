"""What the contact sheet of transitions shows: every one between the same two pictures."""

from __future__ import annotations

from fractions import Fraction

from sidecar.ffmpeg.builder.catalogue import Catalogue, PictureScene
from sidecar.ffmpeg.builder.command import Command
from sidecar.ffmpeg.builder.graph import Expression, Node, Pad, Stream, Value, node
from sidecar.ffmpeg.builder.sheet import Entry, build_sheet
from sidecar.ffmpeg.builder.sidefiles import SideFiles
from sidecar.ffmpeg.builder.text import FontSet

SHOWN = (0.25, 0.5, 0.75)
SIZE = (160, 90)
COLUMNS = 3


def transition_sheet(catalogue: Catalogue, fonts: FontSet) -> Command:
    """Build the command that writes a PNG of all transitions, each a quarter, a half and three quarters through."""
    files = SideFiles()
    scene = PictureScene(0, len(SHOWN), Fraction(25), SIZE, 1.0, "gbrp", files)
    zoomed: dict[str, Value] = {"start_scale": 0.02, "start_x": -0.743, "start_y": -0.131}
    sides = [_strip("mandelbrot", zoomed), _strip("testsrc2", {})]
    entries = [
        Entry(name, kind.build(sides[0], sides[1], SHOWN, kind.parameters(), scene))
        for name, kind in catalogue.transitions.items()
    ]
    return build_sheet(entries, pictures=len(SHOWN), size=SIZE, columns=COLUMNS, files=files, fonts=fonts)


def _strip(source: str, arguments: dict[str, Value]) -> Stream:
    """Repeat one picture of a source that FFmpeg draws itself."""
    given = {"size": f"{SIZE[0]}x{SIZE[1]}", "rate": 25, **arguments}
    drawn = Pad(Node(source, tuple(given.items()), (), "video"))
    picture = node("format", node("trim", drawn, end_frame=1), pix_fmts="gbrp")
    looped = node("setpts", node("loop", picture, loop=-1, size=1, start=0), expr=Expression("N"))
    return node("setsar", node("trim", looped, end_frame=len(SHOWN)), sar=1)
