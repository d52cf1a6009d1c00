"""High-pass and low-pass: what lies below or above a frequency is taken away."""

from __future__ import annotations

from math import cos, pi
from typing import Annotated, Literal

from sidecar.effects.parameters import Parameters, number, word
from sidecar.ffmpeg.builder.catalogue import EffectKind, SoundScene
from sidecar.ffmpeg.builder.graph import Stream, node

Slope = Literal["12", "24", "48"]
"""Decibels an octave."""

HIGHEST = 0.49
"""Nothing above this part of the sample rate can be filtered; it is nearly half of it."""

OFF = 24_000.0
"""A low-pass so high, and a high-pass at 0, changes nothing."""


class HighPass(Parameters):
    """What is kept above."""

    frequency: Annotated[
        float, number(0, 20_000, "Where 3 dB are lost", unit="Hz", moves="-bass", ru="Частота среза")
    ] = 80.0
    slope: Annotated[Slope, word("Decibels lost an octave below", moves="-bass", ru="Крутизна, дБ/окт")] = "12"


class LowPass(Parameters):
    """What is kept below."""

    frequency: Annotated[
        float, number(20, OFF, "Where 3 dB are lost", unit="Hz", moves="treble", ru="Частота среза")
    ] = 12_000.0
    slope: Annotated[Slope, word("Decibels lost an octave above", moves="-treble", ru="Крутизна, дБ/окт")] = "12"


def _passed(stream: Stream, filter_: str, frequency: float, slope: Slope, scene: SoundScene) -> Stream:
    """Chain two-pole filters whose product is a Butterworth filter."""
    poles = int(slope) // 6
    for place in range(poles // 2):
        quality = 1 / (2 * cos(pi * (2 * place + 1) / (2 * poles)))
        stream = node(
            filter_,
            stream,
            frequency=min(frequency, HIGHEST * scene.sample_rate),
            width_type="q",
            width=quality,
            precision="f64",
        )
    return stream


def _high(stream: Stream, parameters: HighPass, scene: SoundScene) -> Stream:
    return _passed(stream, "highpass", parameters.frequency, parameters.slope, scene)


def _low(stream: Stream, parameters: LowPass, scene: SoundScene) -> Stream:
    if parameters.frequency >= HIGHEST * scene.sample_rate:
        return stream
    return _passed(stream, "lowpass", parameters.frequency, parameters.slope, scene)


KINDS = (
    EffectKind(
        name="highpass",
        medium="audio",
        category="filter",
        title="High-pass",
        title_ru="Фильтр высоких частот",
        description="Takes away what lies below a frequency",
        description_ru="Убирает всё, что ниже заданной частоты",
        parameters=HighPass,
        neutral={"frequency": 0},
        shown={"frequency": 400, "slope": "24"},
        pre_roll=lambda _: None,
        build=_high,
    ),
    EffectKind(
        name="lowpass",
        medium="audio",
        category="filter",
        title="Low-pass",
        title_ru="Фильтр низких частот",
        description="Takes away what lies above a frequency",
        description_ru="Убирает всё, что выше заданной частоты",
        parameters=LowPass,
        neutral={"frequency": OFF},
        shown={"frequency": 2_000, "slope": "24"},
        pre_roll=lambda _: None,
        build=_low,
    ),
)
