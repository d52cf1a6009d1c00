"""Ducking: steps back while another track sounds."""

from __future__ import annotations

from typing import Annotated

from sidecar.effects.parameters import Parameters, number, track
from sidecar.effects.sound.dynamics import amplitude, milliseconds
from sidecar.ffmpeg.builder.catalogue import EffectKind, SoundScene
from sidecar.ffmpeg.builder.graph import Stream, node


class Ducking(Parameters):
    """For whom, and how far."""

    track: Annotated[str | None, track("Track that is made way for; null: none", ru="Дорожка-ключ")] = None
    threshold: Annotated[
        float, number(-60, 0, "Level of that track above which it acts", unit="dB", moves="beneath", ru="Порог")
    ] = -36.0
    ratio: Annotated[
        float,
        number(
            1,
            20,
            "How many decibels above the threshold take one away less",
            unit="ratio",
            moves="-beneath",
            ru="Степень",
        ),
    ] = 8.0
    attack: Annotated[float, number(0.0001, 2, "How quickly it steps back", unit="s", ru="Атака")] = 0.05
    release: Annotated[float, number(0.001, 9, "How quickly it comes back", unit="s", ru="Восстановление")] = 0.4


def build(stream: Stream, parameters: Ducking, scene: SoundScene) -> Stream:
    if scene.key is None:
        return stream
    p = parameters
    # Endless, since the filter drops what it holds of one input when the other ends, now more, now less of it.
    sides = [node("apad", side) for side in (stream, scene.key)]
    ducked = node(
        "sidechaincompress",
        *sides,
        threshold=amplitude(p.threshold),
        ratio=p.ratio,
        attack=milliseconds(p.attack),
        release=milliseconds(p.release),
        link="maximum",
    )
    return node("atrim", ducked, end_sample=scene.length)


KIND = EffectKind(
    name="ducking",
    medium="audio",
    category="dynamics",
    title="Ducking",
    title_ru="Приглушение",
    description="Makes way while another track sounds, as music does for a voice",
    description_ru="Уступает, пока звучит другая дорожка: музыка под голосом",
    parameters=Ducking,
    neutral={"ratio": 1},
    pre_roll=lambda _: None,
    build=build,
)
