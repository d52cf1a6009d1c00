"""Noise reduction: every pixel becomes the mean of those before and after it that are like it, frame by frame."""

from __future__ import annotations

from typing import Annotated

from protocol.project import Animated
from sidecar.effects.parameters import Parameters, number, whole
from sidecar.effects.pixels import straight
from sidecar.ffmpeg.builder.catalogue import EffectKind, PictureScene
from sidecar.ffmpeg.builder.commanded import commanded
from sidecar.ffmpeg.builder.graph import Stream, Window

ALONE = 0.1
"""Difference of one frame, at strength 1, from which it no longer counts (1 is white)."""

TOGETHER = 0.4
"""The same of the differences of all frames together."""


class NoiseReduction(Parameters):
    """How unlike a pixel may be, and over how many frames."""

    strength: Annotated[
        Animated, number(0, 1, "How large a difference counts as noise", moves="-noise", ru="Сила подавления")
    ] = 0.3
    frames: Annotated[
        int, whole(2, 16, "How far it looks before and after", unit="frames", moves="-noise", ru="Число кадров")
    ] = 4


def build(stream: Stream, parameters: NoiseReduction, scene: PictureScene) -> Stream:
    strength = scene.values(parameters.strength)
    series = {f"{plane}{end}": [value * most for value in strength] for plane in range(3) for end, most in _MOST}
    size = 2 * parameters.frames + 1
    return straight(
        stream, scene, lambda given: commanded(given, "atadenoise", series, scene.rate, scene.files, s=size, p=7)
    )


_MOST = (("a", ALONE), ("b", TOGETHER))

KIND = EffectKind(
    name="noiseReduction",
    medium="video",
    category="restore",
    title="Noise reduction",
    title_ru="Подавление шума",
    description="Averages every pixel over the frames around it in which it is nearly the same",
    description_ru="Усредняет точки по соседним кадрам там, где они почти не меняются",
    parameters=NoiseReduction,
    neutral={"strength": 0},
    shown={"strength": 0.8},
    support=lambda parameters: Window(parameters.frames, parameters.frames),
    build=build,
)
