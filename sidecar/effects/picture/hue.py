"""Hue: all colours turned by an angle in the plane of Cb and Cr; luma stays."""

from __future__ import annotations

from typing import Annotated

from protocol.project import Animated
from sidecar.effects.matrices import hue, matrixed
from sidecar.effects.parameters import Parameters, number
from sidecar.effects.pixels import straight
from sidecar.ffmpeg.builder.catalogue import EffectKind, PictureScene
from sidecar.ffmpeg.builder.graph import Stream


class Hue(Parameters):
    """By how much."""

    angle: Annotated[
        Animated,
        number(-180, 180, "Clockwise turn of all colours", unit="deg", moves="hue", ru="Поворот цветов по часовой"),
    ] = 90.0


def build(stream: Stream, parameters: Hue, scene: PictureScene) -> Stream:
    matrices = [hue(value) for value in scene.values(parameters.angle)]
    return straight(stream, scene, lambda given: matrixed(given, matrices, scene))


KIND = EffectKind(
    name="hue",
    medium="video",
    category="color",
    title="Hue",
    title_ru="Цветовой тон",
    description="Turns every colour by an angle around the circle of hues",
    description_ru="Поворачивает все цвета на угол по цветовому кругу",
    parameters=Hue,
    neutral={"angle": 0},
    shown={"angle": 120},
    pixelwise=True,
    build=build,
)
