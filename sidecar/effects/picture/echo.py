"""Frame echo: each frame mixed with frames before it, weaker the further back."""

from __future__ import annotations

from typing import Annotated

from protocol.project import Animated
from sidecar.effects.parameters import Parameters, number, whole
from sidecar.ffmpeg.builder.catalogue import EffectKind, PictureScene
from sidecar.ffmpeg.builder.commanded import commanded
from sidecar.ffmpeg.builder.graph import Stream, Window


class Echo(Parameters):
    """How many echoes, how far apart, how strong."""

    decay: Annotated[
        Animated,
        number(0, 1, "Strength of an echo against the one after it", moves="trail", ru="Затухание"),
    ] = 0.6
    echoes: Annotated[int, whole(1, 8, "How many there are", moves="trail", ru="Число повторов")] = 4
    spacing: Annotated[
        int, whole(1, 4, "How far they are apart", unit="frames", moves="trail", ru="Расстояние между повторами")
    ] = 2


def build(stream: Stream, parameters: Echo, scene: PictureScene) -> Stream:
    frames = parameters.echoes * parameters.spacing + 1
    weights = []
    for decay in scene.values(parameters.decay):
        row = [0.0] * frames
        for number_ in range(parameters.echoes + 1):
            row[frames - 1 - number_ * parameters.spacing] = decay**number_
        total = sum(row)
        weights.append(" ".join(f"{weight / total:.9f}" for weight in row))
    return commanded(stream, "tmix", {"weights": weights}, scene.rate, scene.files, frames=frames, scale=1)


KIND = EffectKind(
    name="echo",
    medium="video",
    category="time",
    title="Frame echo",
    title_ru="Эхо кадров",
    description="Leaves fading traces of what moves",
    description_ru="За движением остаётся затухающий след",
    parameters=Echo,
    neutral={"decay": 0},
    shown={"decay": 0.9, "echoes": 4, "spacing": 3},
    support=lambda parameters: Window(parameters.echoes * parameters.spacing, 0),
    build=build,
)
