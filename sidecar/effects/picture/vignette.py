"""Vignette: the edges darkened along an ellipse that fits the picture."""

from __future__ import annotations

from typing import Annotated

from protocol.project import Animated
from sidecar.effects.parameters import Parameters, number
from sidecar.effects.pixels import CLEAR, COLOUR_PLANES, by_mask, filled, merged, plate
from sidecar.ffmpeg.builder.catalogue import EffectKind, PictureScene
from sidecar.ffmpeg.builder.graph import Stream


class Vignette(Parameters):
    """How dark, and where it begins."""

    amount: Annotated[Animated, number(0, 1, "Darkness of the corners", moves="edges", ru="Затемнение углов")] = 0.6
    size: Annotated[
        float,
        number(0, 1, "Where it begins: 0 is the middle, 1 the corners", moves="-edges", ru="Где начинается"),
    ] = 0.4
    softness: Annotated[
        float, number(0.01, 1, "How far it takes to become full", moves="-edges", ru="Ширина перехода")
    ] = 0.6


def build(stream: Stream, parameters: Vignette, scene: PictureScene) -> Stream:
    width, height = scene.size
    away = f"hypot((X+0.5)/{width / 2}-1,(Y+0.5)/{height / 2}-1)/sqrt(2)"
    step = f"clip(({away}-{parameters.size:.9f})/{parameters.softness:.9f},0,1)"
    shade = plate(f"st(0,{step})*ld(0)*(3-2*ld(0))", scene)
    mask = merged(filled(CLEAR, scene), shade, parameters.amount, scene)
    return by_mask(stream, filled(CLEAR, scene), mask, scene, planes=COLOUR_PLANES)


KIND = EffectKind(
    name="vignette",
    medium="video",
    category="light",
    title="Vignette",
    title_ru="Виньетка",
    description="Darkens the picture towards its corners",
    description_ru="Затемняет изображение к углам",
    parameters=Vignette,
    neutral={"amount": 0},
    shown={"amount": 0.9},
    build=build,
)
