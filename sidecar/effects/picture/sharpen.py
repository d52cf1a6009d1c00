"""Sharpening: what a Gaussian would take away is added instead (unsharp masking). Alpha stays as it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from protocol.project import Animated
from sidecar.core.timeline.animation import constant
from sidecar.effects.parameters import Parameters, number
from sidecar.effects.pixels import at_depth, beyond, blurred, by_mask, level, within_alpha
from sidecar.ffmpeg.builder.catalogue import EffectKind, PictureScene
from sidecar.ffmpeg.builder.graph import Stream

MOST = 4.0


class Sharpen(Parameters):
    """How much, and of what size."""

    amount: Annotated[
        Animated, number(0, MOST, "How much detail is added", unit="factor", moves="detail", ru="Сила резкости")
    ] = 1.0
    radius: Annotated[
        Animated,
        number(0.2, 20, "Size of the details", unit="px", moves="detail", ru="Размер деталей"),
    ] = 1.5


def build(stream: Stream, parameters: Sharpen, scene: PictureScene) -> Stream:
    amount = constant(parameters.amount)
    if amount is not None:
        return _sharpened(stream, parameters, scene, amount)
    # Mixed and then multiplied, so with 16 bits: 8 would show the steps.
    deep = replace(scene, pixel_format="gbrap16le" if scene.alpha else "gbrp16le")
    stream = at_depth(stream, deep.pixel_format)
    softened = _softened(stream, parameters, deep)
    weights = level([value / MOST for value in scene.values(parameters.amount)], deep)
    softer = by_mask(stream, softened, weights, deep)
    sharp = within_alpha(beyond(stream, softer, MOST), deep)
    return at_depth(sharp, scene.pixel_format)


def _sharpened(stream: Stream, parameters: Sharpen, scene: PictureScene, amount: float) -> Stream:
    return within_alpha(beyond(stream, _softened(stream, parameters, scene), amount), scene)


def _softened(stream: Stream, parameters: Sharpen, scene: PictureScene) -> Stream:
    sigma = [value * scene.scale for value in scene.values(parameters.radius)]
    return blurred(stream, sigma, scene)


KIND = EffectKind(
    name="sharpen",
    medium="video",
    category="blur",
    title="Sharpen",
    title_ru="Резкость",
    description="Adds to the details of a size what a blur of that size would take away",
    description_ru="Усиливает детали выбранного размера",
    parameters=Sharpen,
    neutral={"amount": 0},
    shown={"amount": 3},
    build=build,
)
