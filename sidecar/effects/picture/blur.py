"""Blur: a Gaussian over colour multiplied by alpha; at the edges the outermost pixels go on."""

from __future__ import annotations

from typing import Annotated

from protocol.project import Animated
from sidecar.effects.parameters import Parameters, number
from sidecar.effects.pixels import blurred
from sidecar.ffmpeg.builder.catalogue import EffectKind, PictureScene
from sidecar.ffmpeg.builder.graph import Stream


class Blur(Parameters):
    """How far things are blurred."""

    radius: Annotated[
        Animated,
        number(0, 200, "Standard deviation of the blur", unit="px", moves="-detail", ru="Радиус размытия"),
    ] = 5.0


def build(stream: Stream, parameters: Blur, scene: PictureScene) -> Stream:
    sigma = [value * scene.scale for value in scene.values(parameters.radius)]
    return blurred(stream, sigma, scene)


KIND = EffectKind(
    name="blur",
    medium="video",
    category="blur",
    title="Blur",
    title_ru="Размытие",
    description="Blurs the picture evenly in all directions",
    description_ru="Равномерно размывает изображение во всех направлениях",
    parameters=Blur,
    neutral={"radius": 0},
    shown={"radius": 8},
    build=build,
)
