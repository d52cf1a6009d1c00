"""Noise reduction: steady noise is taken out of every part of the spectrum."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

from sidecar.effects.parameters import Parameters, number
from sidecar.ffmpeg.builder.catalogue import EffectKind, SoundScene
from sidecar.ffmpeg.builder.graph import Stream, node
from sidecar.ffmpeg.builder.sound.rows import cut, exact

STEPS = 80
"""The filter's blocks a second; it gives everything two of them late."""


class Denoise(Parameters):
    """How much of what."""

    reduction: Annotated[
        float, number(0, 40, "By how much noise is lowered", unit="dB", moves="-hiss", ru="Подавление")
    ] = 12.0
    floor: Annotated[float, number(-80, -20, "Level of the noise", unit="dB", moves="-hiss", ru="Уровень шума")] = -50.0


def build(stream: Stream, parameters: Denoise, scene: SoundScene) -> Stream:
    late = 2 * (scene.sample_rate // STEPS)
    longer = exact(stream, scene.length + late)
    cleaned = node("afftdn", longer, noise_reduction=parameters.reduction, noise_floor=parameters.floor)
    return cut(cleaned, late, late + scene.length)


KIND = EffectKind(
    name="denoise",
    medium="audio",
    category="repair",
    title="Sound noise reduction",
    title_ru="Шумоподавление звука",
    description="Lowers steady noise such as hiss and hum",
    description_ru="Снижает ровный шум: шипение, гул",
    parameters=Denoise,
    neutral={"reduction": 0},
    shown={"reduction": 24, "floor": -40},
    pre_roll=lambda _: None,
    look_ahead=lambda _: Fraction(4, STEPS),
    build=build,
)
