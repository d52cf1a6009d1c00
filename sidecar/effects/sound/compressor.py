"""Compressor: what is loud is made less so."""

from __future__ import annotations

from typing import Annotated, Literal

from sidecar.effects.parameters import Parameters, number, word
from sidecar.effects.sound.dynamics import amplitude, milliseconds
from sidecar.ffmpeg.builder.catalogue import EffectKind, SoundScene
from sidecar.ffmpeg.builder.graph import Stream, node


class Compressor(Parameters):
    """From which level, how strongly, how quickly."""

    threshold: Annotated[
        float, number(-60, 0, "Level above which it acts", unit="dB", moves="level", ru="Порог")
    ] = -18.0
    ratio: Annotated[
        float,
        number(1, 20, "How many decibels above the threshold become one", unit="ratio", moves="-level", ru="Степень"),
    ] = 3.0
    attack: Annotated[float, number(0.0001, 2, "How quickly it takes hold", unit="s", moves="onset", ru="Атака")] = 0.02
    release: Annotated[
        float, number(0.001, 9, "How quickly it lets go", unit="s", moves="-rebound", ru="Восстановление")
    ] = 0.25
    knee: Annotated[
        float,
        number(0, 18, "Decibels around the threshold over which it sets in", unit="dB", ru="Колено"),
    ] = 9.0
    makeup: Annotated[float, number(0, 36, "Gain afterwards", unit="dB", moves="level", ru="Компенсация")] = 0.0
    detection: Annotated[Literal["rms", "peak"], word("What counts as the level", ru="Детектор")] = "rms"


def build(stream: Stream, parameters: Compressor, _scene: SoundScene) -> Stream:
    p = parameters
    return node(
        "acompressor",
        stream,
        threshold=amplitude(p.threshold),
        ratio=p.ratio,
        attack=milliseconds(p.attack),
        release=milliseconds(p.release),
        knee=amplitude(p.knee),
        makeup=amplitude(p.makeup),
        detection=p.detection,
        link="maximum",
    )


KIND = EffectKind(
    name="compressor",
    medium="audio",
    category="dynamics",
    title="Compressor",
    title_ru="Компрессор",
    description="Makes loud passages less so",
    description_ru="Делает громкие места тише",
    parameters=Compressor,
    neutral={"ratio": 1, "makeup": 0},
    shown={"threshold": -36, "ratio": 6},
    pre_roll=lambda _: None,
    build=build,
)
