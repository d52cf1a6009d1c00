"""Pixelate: squares of the mean of what they cover, counted from the upper left corner."""

from __future__ import annotations

from typing import Annotated

from protocol.project import Animated
from sidecar.effects.parameters import Parameters, number
from sidecar.ffmpeg.builder.catalogue import EffectKind, PictureScene
from sidecar.ffmpeg.builder.commanded import commanded
from sidecar.ffmpeg.builder.graph import Stream


class Pixelate(Parameters):
    """How large the squares are."""

    size: Annotated[
        Animated,
        number(1, 200, "Side of a square, to the nearest pixel", unit="px", moves="-detail", ru="Сторона квадрата"),
    ] = 16.0


def build(stream: Stream, parameters: Pixelate, scene: PictureScene) -> Stream:
    sides = [float(max(1, round(value * scene.scale))) for value in scene.values(parameters.size)]
    return commanded(stream, "pixelize", {"w": sides, "h": sides}, scene.rate, scene.files)


KIND = EffectKind(
    name="pixelate",
    medium="video",
    category="stylize",
    title="Pixelate",
    title_ru="Мозаика",
    description="Makes the picture of large squares",
    description_ru="Складывает изображение из крупных квадратов",
    parameters=Pixelate,
    neutral={"size": 1},
    shown={"size": 16},
    scale_free=False,
    build=build,
)
