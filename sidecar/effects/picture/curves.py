"""Curves through points: one for all channels and one for each, without overshoot between the points."""

from __future__ import annotations

from typing import Annotated

from sidecar.effects.parameters import Curve, Parameters, curve
from sidecar.effects.pixels import straight
from sidecar.ffmpeg.builder.catalogue import EffectKind, PictureScene
from sidecar.ffmpeg.builder.graph import Expression, Node, Pad, Stream, Value

STRAIGHT: Curve = ((0.0, 0.0), (1.0, 1.0))


class Curves(Parameters):
    """What becomes of a value: x is before, y after."""

    master: Annotated[Curve, curve("All channels, after their own curves", moves="brightness", ru="Все каналы")] = (
        (0.0, 0.0),
        (0.25, 0.18),
        (0.75, 0.82),
        (1.0, 1.0),
    )
    red: Annotated[Curve, curve("Red", moves="red", ru="Красный")] = STRAIGHT
    green: Annotated[Curve, curve("Green", moves="green", ru="Зелёный")] = STRAIGHT
    blue: Annotated[Curve, curve("Blue", moves="blue", ru="Синий")] = STRAIGHT


def build(stream: Stream, parameters: Curves, scene: PictureScene) -> Stream:
    points = {name: getattr(parameters, name) for name in ("master", "red", "green", "blue")}
    tables = {name: Expression(_written(curve)) for name, curve in points.items() if curve != STRAIGHT}
    arguments: tuple[tuple[str, Value], ...] = (("interp", "pchip"), *tables.items())
    return straight(stream, scene, lambda given: Pad(Node("curves", arguments, (given,), "video")))


def _written(points: Curve) -> str:
    return " ".join(f"{x:.9f}/{y:.9f}" for x, y in points)


KIND = EffectKind(
    name="curves",
    medium="video",
    category="color",
    title="Curves",
    title_ru="Кривые",
    description="Redraws tones along curves, for all channels and for each",
    description_ru="Меняет тона по кривым: общей и для каждого канала",
    parameters=Curves,
    neutral={"master": STRAIGHT, "red": STRAIGHT, "green": STRAIGHT, "blue": STRAIGHT},
    shown={"master": [[0, 0.1], [0.3, 0.2], [0.7, 0.9], [1, 1]], "blue": [[0, 0.2], [1, 0.8]]},
    pixelwise=True,
    build=build,
)
