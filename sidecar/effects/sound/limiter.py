"""Limiter: no sample passes a level."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

from sidecar.effects.parameters import Parameters, number
from sidecar.effects.sound.dynamics import amplitude, milliseconds
from sidecar.ffmpeg.builder.catalogue import EffectKind, SoundScene
from sidecar.ffmpeg.builder.graph import Stream, node


class Limiter(Parameters):
    """Which level, and how it is kept."""

    ceiling: Annotated[
        float, number(-24, 0, "Level that no sample passes", unit="dB", moves="peak", ru="Потолок")
    ] = -1.0
    gain: Annotated[float, number(-24, 24, "Gain before", unit="dB", moves="level", ru="Усиление на входе")] = 0.0
    attack: Annotated[float, number(0.0001, 0.08, "How far it looks ahead", unit="s", ru="Атака")] = 0.005
    release: Annotated[
        float, number(0.001, 8, "How quickly it lets go", unit="s", moves="-level", ru="Восстановление")
    ] = 0.05


def build(stream: Stream, parameters: Limiter, _scene: SoundScene) -> Stream:
    p = parameters
    return node(
        "alimiter",
        stream,
        level_in=amplitude(p.gain),
        limit=amplitude(p.ceiling),
        attack=milliseconds(p.attack),
        release=milliseconds(p.release),
        level=0,
        latency=1,
    )


KIND = EffectKind(
    name="limiter",
    medium="audio",
    category="dynamics",
    title="Limiter",
    title_ru="Лимитер",
    description="Keeps every sample below a level",
    description_ru="Не пускает ни один отсчёт выше заданного уровня",
    parameters=Limiter,
    shown={"ceiling": -12, "gain": 12},
    pre_roll=lambda _: None,
    look_ahead=lambda parameters: 2 * Fraction(parameters.attack),
    build=build,
)
