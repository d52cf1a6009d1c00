"""Pitch: higher or lower at the same speed."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

from sidecar.effects.parameters import Parameters, number
from sidecar.ffmpeg.builder.catalogue import EffectKind, SoundScene
from sidecar.ffmpeg.builder.graph import Stream, node
from sidecar.ffmpeg.builder.sound.rows import Decoded, exact
from sidecar.ffmpeg.builder.sound.speed import STRETCH_RATE, stretched

OCTAVE = 12

LOOK_AHEAD = Fraction(1, 2)
"""Seconds; more than librubberband's windows and the delay that is taken off."""


class Pitch(Parameters):
    """By how much."""

    semitones: Annotated[float, number(-24, 24, "How far it is moved", unit="semitones", moves="pitch", ru="Сдвиг")] = (
        0.0
    )


def build(stream: Stream, parameters: Pitch, scene: SoundScene) -> Stream:
    """Play it faster and higher, then slow it down again with its new pitch kept."""
    named = round(scene.sample_rate * 2 ** (parameters.semitones / OCTAVE))
    played = node("asetrate", exact(stream, scene.length), r=named)
    played = node("aresample", played, osr=STRETCH_RATE, osf="fltp")
    speed = Fraction(scene.sample_rate, named)
    return stretched(Decoded(played), Fraction(0), speed, scene.length, scene.sample_rate, bounded=True)


KIND = EffectKind(
    name="pitch",
    medium="audio",
    category="pitch",
    title="Pitch",
    title_ru="Высота тона",
    description="Moves the pitch at the same speed",
    description_ru="Меняет высоту, не меняя скорости",
    parameters=Pitch,
    neutral={"semitones": 0},
    shown={"semitones": 5},
    pre_roll=lambda _: None,
    look_ahead=lambda _: LOOK_AHEAD,
    build=build,
)
