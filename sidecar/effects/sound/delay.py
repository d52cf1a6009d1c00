"""Delay: echoes, each weaker than the one before."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, log
from typing import Annotated

from sidecar.effects.parameters import Parameters, number
from sidecar.effects.sound.dynamics import milliseconds
from sidecar.ffmpeg.builder.catalogue import EffectKind, SoundScene
from sidecar.ffmpeg.builder.graph import Expression, Stream, node

FAINTEST = 0.001
"""Echoes end at −60 dB of the first,"""

LONGEST = 90.0
"""or so many seconds after the sound: the filter remembers no longer."""


class Delay(Parameters):
    """How long after, how often, how loud."""

    time: Annotated[
        float, number(0.001, 2, "Between a sound and its echo", unit="s", moves="tail", ru="Время задержки")
    ] = 0.35
    feedback: Annotated[
        float,
        number(0, 0.9, "Strength of an echo against the one before", unit="factor", moves="tail", ru="Обратная связь"),
    ] = 0.4
    level: Annotated[
        float, number(0, 1, "Strength of the first echo", unit="factor", moves="tail", ru="Уровень эха")
    ] = 0.4


def _echoes(parameters: Delay) -> int:
    if parameters.feedback < FAINTEST:
        return 1
    audible = 1 + ceil(log(FAINTEST) / log(parameters.feedback))
    return min(audible, int(LONGEST / parameters.time))


def _reach(parameters: Delay) -> Fraction:
    return Fraction(parameters.time) * _echoes(parameters)


def build(stream: Stream, parameters: Delay, _scene: SoundScene) -> Stream:
    delays, decays = [], []
    for place in range(_echoes(parameters)):
        delays.append(f"{milliseconds(parameters.time) * (place + 1):.6f}")
        decays.append(f"{parameters.level * parameters.feedback**place:.9f}")
    return node(
        "aecho",
        stream,
        in_gain=1,
        out_gain=1,
        delays=Expression("|".join(delays)),
        decays=Expression("|".join(decays)),
    )


KIND = EffectKind(
    name="delay",
    medium="audio",
    category="space",
    title="Delay",
    title_ru="Задержка",
    description="Repeats the sound, weaker each time",
    description_ru="Повторяет звук, каждый раз слабее",
    parameters=Delay,
    neutral={"level": 0},
    shown={"time": 0.1, "feedback": 0.5, "level": 0.5},
    pre_roll=_reach,
    tail=_reach,
    build=build,
)
