"""Glow: what is brighter than a threshold, blurred, laid over the picture by screen. It reaches beyond the edges."""

from __future__ import annotations

from typing import Annotated

from protocol.project import Animated
from sidecar.core.timeline.animation import largest
from sidecar.effects.parameters import Parameters, number
from sidecar.effects.pixels import CLEAR, blurred, filled, merged, toned
from sidecar.ffmpeg.builder.catalogue import EffectKind, PictureScene
from sidecar.ffmpeg.builder.graph import Stream, node

REACH = 3.0
"""Standard deviations after which nothing is seen of a Gaussian."""


class Glow(Parameters):
    """What glows, how far and how strongly."""

    threshold: Annotated[
        Animated, number(0, 0.99, "What is darker does not glow", moves="-brightness", ru="Порог яркости")
    ] = 0.6
    radius: Annotated[
        Animated,
        number(0.5, 100, "Standard deviation of the blur", unit="px", moves="spread", ru="Радиус свечения"),
    ] = 12.0
    strength: Annotated[Animated, number(0, 1, "How strong it is", moves="brightness", ru="Сила свечения")] = 0.8


def build(stream: Stream, parameters: Glow, scene: PictureScene) -> Stream:
    gains = [1 / (1 - value) for value in scene.values(parameters.threshold)]
    light = toned(stream, gains, [1 - gain for gain in gains], scene)
    if scene.alpha:
        # As opaque as the light is strong, so that it stays light where there was nothing.
        light = node("colorchannelmixer", light, ar=1, ag=1, ab=1, aa=0)
    sigma = [value * scene.scale for value in scene.values(parameters.radius)]
    light = blurred(light, sigma, scene)
    light = merged(filled(CLEAR, scene), light, parameters.strength, scene)
    return node("blend", stream, light, all_mode="screen")


def grow(parameters: Glow, scale: float) -> int:
    return round(REACH * largest(parameters.radius) * scale)


KIND = EffectKind(
    name="glow",
    medium="video",
    category="light",
    title="Glow",
    title_ru="Свечение",
    description="Lets bright parts shine over what is around them",
    description_ru="Яркие участки светятся вокруг себя",
    parameters=Glow,
    neutral={"strength": 0},
    shown={"threshold": 0.5, "strength": 1},
    grow=grow,
    build=build,
)
