"""Mask: only what lies in a rectangle, an ellipse or a polygon is kept (or all but that), with a soft edge."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, radians, sin
from typing import Annotated, Literal

from protocol.project import Animated
from sidecar.effects.parameters import Curve, Parameters, number, points, switch, word
from sidecar.effects.pixels import CLEAR, by_mask, filled, plate, varying
from sidecar.ffmpeg.builder.catalogue import EffectKind, PictureScene
from sidecar.ffmpeg.builder.graph import Stream

LOW, HIGH = -1.0, 2.0
"""Range of places and sizes, fractions of the picture."""


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
        float, number(-360, 360, "Clockwise turn of a rectangle or an ellipse", unit="deg", ru="Поворот по часовой")
    ] = 0.0
    points: Annotated[
        Curve,
        points("Corners of the polygon, fractions of the shape's box: 0, 0 is its upper left corner", ru="Вершины"),
    ] = ((0.5, 0.0), (1.0, 1.0), (0.0, 1.0))
    feather: Annotated[
        float, number(0, 500, "Width of the soft edge", unit="px", moves="softness", ru="Ширина мягкого края")
    ] = 0.0
    invert: Annotated[bool, switch("Keep what lies outside", ru="Обратить")] = False


def build(stream: Stream, parameters: Mask, scene: PictureScene) -> Stream:
    box = {name: scene.values(getattr(parameters, name)) for name in ("x", "y", "width", "height")}
    soft = max(1.0, parameters.feather * scene.scale)
    if all(value == values[0] for values in box.values() for value in values):
        across, down, width, height = (f"{values[0]:.9f}" for values in box.values())
        mask = plate(_kept(parameters, scene, soft, (across, down, width, height)), scene)
    else:
        fractions = [[(value - LOW) / (HIGH - LOW) for value in values] for values in box.values()]
        # What stands in the pixels of the four planes of a frame are its four values.
        names = (f"({LOW:.1f}+{HIGH - LOW:.1f}*{plane}(X,Y)/65535)" for plane in ("r", "g", "b", "alpha"))
        across, down, width, height = names
        mask = varying(_kept(parameters, scene, soft, (across, down, width, height)), fractions, scene)
    return by_mask(filled(CLEAR, scene), stream, mask, scene)


def _kept(parameters: Mask, scene: PictureScene, soft: float, box: tuple[str, str, str, str]) -> str:
    """How much of a pixel is kept, as an expression; registers 0 to 3 hold the pixel and the half box, in pixels."""
    across, down, width, height = box
    size = scene.size
    begin = (
        f"st(0,X+0.5-{size[0]}*{across});st(1,Y+0.5-{size[1]}*{down});"
        f"st(2,max({size[0]}*{width}/2,0.001));st(3,max({size[1]}*{height}/2,0.001));"
    )
    if parameters.rotation and parameters.shape != "polygon":
        x, y = cos(radians(parameters.rotation)), sin(radians(parameters.rotation))
        begin += f"st(4,ld(0)*{x:.9f}+ld(1)*{y:.9f});st(1,ld(1)*{x:.9f}-ld(0)*{y:.9f});st(0,ld(4));"
    away = {"rectangle": lambda _: RECTANGLE, "ellipse": lambda _: ELLIPSE, "polygon": _polygon}[parameters.shape]
    edge = f"clip(0.5-({away(parameters.points)})/{soft:.9f},0,1)"
    # A sequence is one operand only in brackets.
    return f"({begin}{'1-' if parameters.invert else ''}{edge})"


RECTANGLE = "st(5,abs(ld(0))-ld(2));st(6,abs(ld(1))-ld(3));min(max(ld(5),ld(6)),0)+hypot(max(ld(5),0),max(ld(6),0))"
"""Distance of the pixel from the edge, negative inside."""

ELLIPSE = (
    "st(5,hypot(ld(0)/ld(2),ld(1)/ld(3)));st(6,hypot(ld(0)/(ld(2)*ld(2)),ld(1)/(ld(3)*ld(3))));"
    "if(lt(ld(5),0.01),-min(ld(2),ld(3)),(ld(5)-1)*ld(5)/ld(6))"
)
"""The same to the first order: exact at the edge."""


def _polygon(corners: Sequence[tuple[float, float]]) -> str:
    """The same: the distance from the nearest side, negative where an odd number of sides lies to the right."""
    text = "st(5,1e9);st(6,0);"
    for (x1, y1), (x2, y2) in zip(corners, [*corners[1:], corners[0]], strict=True):
        ax, ay = f"({2 * x1 - 1:.9f}*ld(2))", f"({2 * y1 - 1:.9f}*ld(3))"
        ex, ey = f"({2 * (x2 - x1):.9f}*ld(2))", f"({2 * (y2 - y1):.9f}*ld(3))"
        text += f"st(7,ld(0)-{ax});st(8,ld(1)-{ay});"
        text += f"st(9,clip((ld(7)*{ex}+ld(8)*{ey})/max({ex}*{ex}+{ey}*{ey},1e-9),0,1));"
        text += f"st(5,min(ld(5),hypot(ld(7)-ld(9)*{ex},ld(8)-ld(9)*{ey})));"
        if y1 != y2:
            within = f"mod(gt({ay},ld(1))+gt({ay}+{ey},ld(1)),2)"
            text += f"if({within}*lt(ld(7),{ex}*ld(8)/{ey}),st(6,1-ld(6)));"
    return text + "ld(5)*(1-2*ld(6))"


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
