"""Brightness, contrast and saturation, in the order and by the formulas of a clip's own colour controls."""

from __future__ import annotations

from typing import Annotated

from protocol.project import Animated
from sidecar.effects.matrices import matrixed, saturation
from sidecar.effects.parameters import Parameters, number
from sidecar.effects.pixels import straight, toned
from sidecar.ffmpeg.builder.catalogue import EffectKind, PictureScene
from sidecar.ffmpeg.builder.graph import Stream


class Basic(Parameters):
    """The three controls that every picture is adjusted with."""

    brightness: Annotated[
        Animated, number(-1, 1, "Added to every channel", moves="brightness", ru="Прибавляется к каждому каналу")
    ] = 0.0
    contrast: Annotated[
        Animated,
        number(0, 4, "Distance from middle grey", unit="factor", moves="contrast", ru="Удаление от среднего серого"),
    ] = 1.0
    saturation: Annotated[
        Animated,
        number(0, 2, "Distance from grey of the same luma", unit="factor", moves="saturation", ru="Насыщенность"),
    ] = 1.0


def build(stream: Stream, parameters: Basic, scene: PictureScene) -> Stream:
    gains = scene.values(parameters.contrast)
    added = scene.values(parameters.brightness)
    offsets = [0.5 - 0.5 * gain + more for gain, more in zip(gains, added, strict=True)]
    matrices = [saturation(value) for value in scene.values(parameters.saturation)]

    def act(given: Stream) -> Stream:
        if any(gain != 1 for gain in gains) or any(offsets):
            given = toned(given, gains, offsets, scene)
        return matrixed(given, matrices, scene)

    return straight(stream, scene, act)


KIND = EffectKind(
    name="basic",
    medium="video",
    category="color",
    title="Brightness, contrast, saturation",
    title_ru="Яркость, контраст, насыщенность",
    description="The three controls that every picture is adjusted with",
    description_ru="Три основных регулятора изображения",
    parameters=Basic,
    neutral={"brightness": 0, "contrast": 1, "saturation": 1},
    shown={"brightness": 0.1, "contrast": 1.4, "saturation": 1.6},
    pixelwise=True,
    build=build,
)
