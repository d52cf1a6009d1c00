"""What the contact sheet of effects shows: every effect of the picture at stated settings, before and after.

They are applied by what applies them to clips, to one strip of moving pictures with noise in them and a green screen,
and laid over a checkerboard, on which transparency shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import msgspec

from protocol.project import Effect, Project
from protocol.typed import ready
from sidecar.core.timeline import resolve
from sidecar.effects.analyses import grey_command, grey_size
from sidecar.ffmpeg.builder.catalogue import Analysis, Catalogue, EffectKind
from sidecar.ffmpeg.builder.command import Command
from sidecar.ffmpeg.builder.graph import Expression, Node, Pad, Stream, Value, node
from sidecar.ffmpeg.builder.picture.convert import formats
from sidecar.ffmpeg.builder.picture.effects import Owned, apply_effects
from sidecar.ffmpeg.builder.picture.scene import Canvas, Scene, Tap
from sidecar.ffmpeg.builder.picture.select import counted
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.sheet import Entry, build_sheet
from sidecar.ffmpeg.builder.sidefiles import SideFiles
from sidecar.ffmpeg.builder.text import FontSet

SIZE = (208, 118)
COLUMNS = 3
FRAMES = 30
SHOWN = 18
"""The frame of the strip that is shown."""

RATE = Fraction(25)

SQUARES = Expression("120+60*mod(floor(X/8)+floor(Y/8),2)")
"""A checkerboard."""


@dataclass(frozen=True, slots=True)
class Question:
    """An analysis that the sheet needs: whose, and the command that writes the frames it is given, in their size."""

    name: str
    analysis: Analysis
    command: Command
    size: tuple[int, int]


def questions(catalogue: Catalogue) -> list[Question]:
    """Return the analyses that `effect_sheet` wants, whose results it is to be given by the names of their kinds."""
    found = []
    for kind in catalogue.effects.values():
        if kind.analysis is not None:
            command = grey_command(Tap(_strip(shaken=True), SIZE), kind.analysis.width, FRAMES, SideFiles())
            found.append(Question(kind.name, kind.analysis, command, grey_size(SIZE, kind.analysis.width)))
    return found


def effect_sheet(catalogue: Catalogue, fonts: FontSet, analyses: Mapping[str, bytes]) -> Command:
    """Build the command that writes a PNG of all effects of the picture."""
    kinds = [kind for kind in catalogue.effects.values() if kind.medium == "video"]
    contents = {path: content for kind in kinds for path, content in kind.samples.items()}
    pointed = {f"/{name}/effects/0": found for name, found in analyses.items()}
    resources = Resources(fonts, catalogue, analyses=pointed, contents=contents)
    timeline = resolve(msgspec.convert(_project(), ready(Project)), {})
    scene = Scene(timeline, Canvas(SIZE, (1.0, 1.0)), formats("yuv420p"), resources)
    entries = [Entry(f"{kind.name}: {kind.title}", _pair(kind, scene)) for kind in kinds]
    return build_sheet(entries, pictures=2, size=SIZE, columns=COLUMNS, files=scene.files, fonts=fonts)


def _pair(kind: EffectKind, scene: Scene) -> Stream:
    """The picture before and after an effect; where all frames count, the mean of several."""
    before = _strip(shaken=kind.analysis is not None)
    effect = Effect(type=kind.name, parameters=dict(kind.shown))
    applied = apply_effects(
        before,
        [effect],
        scene=scene,
        owner=Owned(f"/{kind.name}", 0, FRAMES),
        first=0,
        frames=FRAMES,
        size=SIZE,
        scale=1.0,
        pixel_format="gbrp",
        grows=False,
    )
    after: Stream = applied.stream
    if applied.pixel_format != "gbrp":
        board = node("geq", _source("color", {"c": "black"}), r=SQUARES, g=SQUARES, b=SQUARES)
        # overlay is right for straight alpha only.
        after = node("overlay", board, node("unpremultiply", after, inplace=1), format="gbrp", alpha="straight")
    pictures = [_chosen(stream, mean=kind.analysis is not None) for stream in (before, after)]
    joined = node("concat", *pictures, n=2, v=1, a=0)
    return counted(joined, RATE)


def _chosen(stream: Stream, *, mean: bool) -> Stream:
    stream = node("format", stream, pix_fmts="gbrp")
    if mean:
        stream = node("tmix", stream, frames=SHOWN)
    stream = node("trim", stream, start_frame=SHOWN, end_frame=SHOWN + 1)
    return node("setpts", stream, expr=0)


def _strip(*, shaken: bool) -> Stream:
    """Moving pictures with noise, a green screen in them; `shaken`: held by an unsteady hand."""
    room = (SIZE[0] + 16, SIZE[1] + 16)
    picture = _source("mandelbrot", {"start_scale": 0.4, "start_x": -0.1, "start_y": 0.85, "maxiter": 60}, room)
    # Its greens would be keyed too.
    picture = node("shuffleplanes", picture, map0=1, map1=0)
    screen = node("trim", _source("color", {"c": "0x00B140"}, (room[0] // 3, room[1])), end_frame=FRAMES)
    picture = node("overlay", picture, screen, x=room[0] - room[0] // 3, format="gbrp", eof_action="endall")
    ball = node("trim", _source("color", {"c": "0xF4F0E0"}, (26, 26)), end_frame=FRAMES)
    picture = node("overlay", picture, ball, x=Expression("20+n*6"), y=Expression("96-n"), format="gbrp")
    picture = node("noise", picture, alls=14, allf="t", all_seed=7)
    x, y = ("8+6*sin(n*2.1)", "8+5*cos(n*1.7)") if shaken else ("8", "8")
    picture = node("crop", picture, w=SIZE[0], h=SIZE[1], x=Expression(x), y=Expression(y), exact=1)
    return node("setsar", node("trim", picture, end_frame=FRAMES), sar=1)


def _source(name: str, arguments: Mapping[str, Value], size: tuple[int, int] = SIZE) -> Stream:
    """A source that FFmpeg draws itself, in RGB."""
    given = {**arguments, "size": f"{size[0]}x{size[1]}", "rate": RATE}
    return node("format", Pad(Node(name, tuple(given.items()), (), "video")), pix_fmts="gbrp")


def _project() -> dict[str, object]:
    return {"schema": "timeline/1", "frameRate": f"{RATE}", "width": SIZE[0], "height": SIZE[1], "tracks": []}
