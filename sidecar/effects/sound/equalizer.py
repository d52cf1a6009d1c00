"""Parametric equaliser: two shelves and three bands."""

from __future__ import annotations

from typing import Annotated

from sidecar.effects.parameters import Parameters, number
from sidecar.effects.sound.passes import HIGHEST
from sidecar.ffmpeg.builder.catalogue import EffectKind, SoundScene
from sidecar.ffmpeg.builder.graph import Stream, node

MOST = 24.0
"""Decibels up or down."""

SHELF = 0.707
"""Steepest shelf that does not overshoot."""


class Equalizer(Parameters):
    """Gains, and where they act."""

    low_gain: Annotated[float, number(-MOST, MOST, "Low shelf", unit="dB", moves="bass", ru="Низкая полка")] = 0.0
    low_frequency: Annotated[
        float, number(20, 2_000, "Middle of the low shelf", unit="Hz", moves="bass", ru="Частота низкой полки")
    ] = 100.0
    gain1: Annotated[float, number(-MOST, MOST, "First band", unit="dB", moves="band250", ru="Полоса 1")] = 0.0
    frequency1: Annotated[float, number(20, 20_000, "Middle of the first band", unit="Hz", ru="Частота полосы 1")] = (
        250.0
    )
    width1: Annotated[
        float, number(0.1, 20, "Narrowness of the first band (Q)", unit="factor", moves="-skirt", ru="Добротность 1")
    ] = 1.0
    gain2: Annotated[float, number(-MOST, MOST, "Second band", unit="dB", moves="band1000", ru="Полоса 2")] = 0.0
    frequency2: Annotated[float, number(20, 20_000, "Middle of the second band", unit="Hz", ru="Частота полосы 2")] = (
        1_000.0
    )
    width2: Annotated[
        float, number(0.1, 20, "Narrowness of the second band (Q)", unit="factor", ru="Добротность 2")
    ] = 1.0
    gain3: Annotated[float, number(-MOST, MOST, "Third band", unit="dB", moves="band4000", ru="Полоса 3")] = 0.0
    frequency3: Annotated[float, number(20, 20_000, "Middle of the third band", unit="Hz", ru="Частота полосы 3")] = (
        4_000.0
    )
    width3: Annotated[float, number(0.1, 20, "Narrowness of the third band (Q)", unit="factor", ru="Добротность 3")] = (
        1.0
    )
    high_gain: Annotated[float, number(-MOST, MOST, "High shelf", unit="dB", moves="treble", ru="Высокая полка")] = 0.0
    high_frequency: Annotated[
        float, number(500, 20_000, "Middle of the high shelf", unit="Hz", moves="-treble", ru="Частота высокой полки")
    ] = 10_000.0


def build(stream: Stream, parameters: Equalizer, scene: SoundScene) -> Stream:
    p = parameters
    bands = (
        ("lowshelf", p.low_gain, p.low_frequency, SHELF),
        ("equalizer", p.gain1, p.frequency1, p.width1),
        ("equalizer", p.gain2, p.frequency2, p.width2),
        ("equalizer", p.gain3, p.frequency3, p.width3),
        ("highshelf", p.high_gain, p.high_frequency, SHELF),
    )
    for filter_, gain, frequency, quality in bands:
        if gain != 0:
            stream = node(
                filter_,
                stream,
                frequency=min(frequency, HIGHEST * scene.sample_rate),
                width_type="q",
                width=quality,
                gain=gain,
                precision="f64",
            )
    return stream


KIND = EffectKind(
    name="equalizer",
    medium="audio",
    category="filter",
    title="Equaliser",
    title_ru="Эквалайзер",
    description="Raises and lowers parts of the spectrum: two shelves and three bands",
    description_ru="Поднимает и опускает участки спектра: две полки и три полосы",
    parameters=Equalizer,
    neutral={"low_gain": 0, "gain1": 0, "gain2": 0, "gain3": 0, "high_gain": 0},
    shown={"lowGain": 6, "gain1": 6, "gain2": 6, "gain3": 6, "highGain": 6},
    pre_roll=lambda _: None,
    build=build,
)
