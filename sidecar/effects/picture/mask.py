"""Mask: only what lies in a rectangle, an ellipse or a polygon is kept (or all but that), with a soft edge.

The shape is drawn once: where it stays in its place, else at its largest, and each frame moves, scales and turns that.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil, cos, pi, radians, sin, sqrt
from typing import Annotated, Literal

from protocol.project import Animated
from sidecar.core.timeline.animation import constant, largest
from sidecar.effects.parameters import Curve, Parameters, number, points, switch, word
from sidecar.effects.pixels import CLEAR, blurred, by_mask, filled, grey_format, most, spread
from sidecar.ffmpeg.builder.catalogue import EffectKind, PictureScene
from sidecar.ffmpeg.builder.graph import Input, InputStream, Stream, node
from sidecar.ffmpeg.builder.picture.cells import MOST, Point, coverage
from sidecar.ffmpeg.builder.picture.geometry import Affine
from sidecar.ffmpeg.builder.picture.select import hold
from sidecar.ffmpeg.builder.picture.warp import Raster, Room, resampled

LOW, HIGH = -1.0, 2.0
"""Range of places and sizes, fractions of the picture."""

SIDES = 180
"""Corners of the polygon that an ellipse is drawn as: off it by less than 1/6000 of its axes."""

ROOM = 4
"""Empty pixels around a shape that is resampled."""

LEAST = 0.01
"""Pixels that a shape is wide at least, so that it can be reckoned with."""

CORNERS: Curve = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


class Mask(Parameters):
    """A shape, where it lies and how soft its edge is."""

    shape: Annotated[Literal["rectangle", "ellipse", "polygon"], word("What shape it has", ru="Форма")] = "rectangle"
    x: Annotated[
        Animated, number(LOW, HIGH, "Middle of the shape across, fraction of the width", ru="Середина по ширине")
    ] = 0.5
    y: Annotated[
        Animated, number(LOW, HIGH, "Middle of the shape down, fraction of the height", ru="Середина по высоте")
    ] = 0.5
    width: Annotated[
        Animated, number(0, HIGH, "Width, fraction of the picture's", moves="alpha", ru="Ширина, доля кадра")
    ] = 0.5
    height: Annotated[
        Animated, number(0, HIGH, "Height, fraction of the picture's", moves="alpha", ru="Высота, доля кадра")
    ] = 0.5
    rotation: Annotated[
        Animated, number(-360, 360, "Clockwise turn about the middle", unit="deg", ru="Поворот по часовой")
    ] = 0.0
    points: Annotated[
        Curve,
        points("Corners of the polygon, fractions of the shape's box: 0, 0 is its upper left corner", ru="Вершины"),
    ] = ((0.5, 0.0), (1.0, 1.0), (0.0, 1.0))
    feather: Annotated[
        Animated, number(0, 500, "Width of the soft edge", unit="px", moves="softness", ru="Ширина мягкого края")
    ] = 0.0
    invert: Annotated[bool, switch("Keep what lies outside", ru="Обратить")] = False


def build(stream: Stream, parameters: Mask, scene: PictureScene) -> Stream:
    moves = any(constant(getattr(parameters, name)) is None for name in ("x", "y", "width", "height", "rotation"))
    shape = _moving(parameters, scene) if moves else _still(parameters, scene)
    if constant(parameters.feather) != 0:
        # As wide as a ramp of that width: its standard deviation is a 1/√12 of it.
        sigma = [value * scene.scale / sqrt(12) for value in scene.values(parameters.feather)]
        shape = blurred(shape, sigma, scene)
    if parameters.invert:
        shape = node("negate", shape, negate_alpha=1)
    return by_mask(filled(CLEAR, scene), stream, shape, scene)


def _outline(parameters: Mask) -> Curve:
    """The shape as a polygon in its box."""
    if parameters.shape == "ellipse":
        angles = [2 * pi * number / SIDES for number in range(SIDES)]
        return tuple((0.5 + 0.5 * cos(angle), 0.5 + 0.5 * sin(angle)) for angle in angles)
    return CORNERS if parameters.shape == "rectangle" else parameters.points


def _still(parameters: Mask, scene: PictureScene) -> Stream:
    """Draw the shape in its place."""
    (matrix,) = _places(parameters, scene, (1.0, 1.0), 1)
    drawn = _drawn(tuple(matrix(x, y) for x, y in _outline(parameters)), scene.size, 1, scene)
    return hold(spread(drawn, scene), scene.frames)


def _moving(parameters: Mask, scene: PictureScene) -> Stream:
    """Draw the shape at its largest, and take it to its place in each frame."""
    wide, high = (
        max(1, ceil(largest(share) * length))
        for share, length in zip((parameters.width, parameters.height), scene.size, strict=True)
    )
    outline = tuple((x * wide + ROOM, y * high + ROOM) for x, y in _outline(parameters))
    size = wide + 2 * ROOM, high + 2 * ROOM
    # v360, which resamples 16 bits, overshoots at edges and wraps at the largest value: so half of that.
    drawn = _drawn(outline, size, 2 if scene.deep else 1, scene)
    opaque = replace(scene, pixel_format="gbrp16le" if scene.deep else "gbrp")
    maps = [matrix.after(-ROOM, -ROOM, 1, 1) for matrix in _places(parameters, scene, (wide, high), scene.frames)]
    # Beyond the plate there is what lies at its edges: nothing.
    raster = Raster(spread(drawn, opaque), size, maps, (1.0, 1.0), filled=True, frames=scene.frames, still=True)
    moved = resampled(raster, (0, 0, *scene.size), Room(scene.rate, scene.files, (1.0, 1.0), deep=scene.deep))
    grey: Stream = node("extractplanes", node("format", moved, pix_fmts=opaque.pixel_format), planes="g")
    if scene.deep:
        grey = node("mix", grey, grey, inputs=2, weights="1 1", scale=1)
    return spread(grey, scene)


def _places(parameters: Mask, scene: PictureScene, box: tuple[float, float], frames: int) -> list[Affine]:
    """Maps from a box to the picture, one a frame."""
    names = ("x", "y", "width", "height", "rotation")
    series = [scene.values(getattr(parameters, name))[:frames] for name in names]
    found = []
    for x, y, width, height, rotation in zip(*series, strict=True):
        across = max(LEAST, width * scene.size[0]) / box[0]
        down = max(LEAST, height * scene.size[1]) / box[1]
        turn = cos(radians(rotation)), sin(radians(rotation))
        a, b, c, d = across * turn[0], -down * turn[1], across * turn[1], down * turn[0]
        middle = x * scene.size[0], y * scene.size[1]
        left, top = (a * box[0] + b * box[1]) / 2, (c * box[0] + d * box[1]) / 2
        found.append(Affine(a, b, c, d, middle[0] - left, middle[1] - top))
    return found


def _drawn(outline: tuple[Point, ...], size: tuple[int, int], part: int, scene: PictureScene) -> Stream:
    """One grey frame: how much of every pixel lies inside, divided by `part`."""

    def content() -> bytes:
        import numpy as np  # noqa: PLC0415 - start-up time

        shares = np.rint(coverage(outline, size) * (most(scene) / MOST / part))
        return header + bytes(shares.astype(">u2" if scene.deep else "u1").tobytes())

    header = b"P5\n%d %d\n%d\n" % (*size, most(scene))
    length = len(header) + size[0] * size[1] * (2 if scene.deep else 1)
    name = scene.files.made("mask", "pgm", content, length, repr((outline, size, part)))
    options = (("protocol_whitelist", "file"), ("framerate", f"{scene.rate}"), ("f", "pgm_pipe"))
    grey = node("format", InputStream(Input(name, options), "video", 0), pix_fmts=grey_format(scene))
    return node("setsar", node("settb", grey, expr=1 / scene.rate), sar=1)


KIND = EffectKind(
    name="mask",
    medium="video",
    category="key",
    title="Mask",
    title_ru="Маска",
    description="Keeps what lies in a rectangle, an ellipse or a polygon",
    description_ru="Оставляет то, что лежит в прямоугольнике, эллипсе или многоугольнике",
    parameters=Mask,
    neutral={
        "shape": "rectangle",
        "x": 0.5,
        "y": 0.5,
        "width": 1,
        "height": 1,
        "rotation": 0,
        "feather": 0,
        "invert": False,
    },
    shown={"shape": "ellipse", "width": 0.8, "height": 0.8, "feather": 12},
    clears=True,
    build=build,
)
