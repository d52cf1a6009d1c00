"""A look-up table of colours from a .cube file."""

from __future__ import annotations

from typing import Annotated

from sidecar.effects.cube import Cube, read_cube, rewritten
from sidecar.effects.parameters import Parameters, file
from sidecar.effects.pixels import straight
from sidecar.ffmpeg.builder.catalogue import EffectKind, PictureScene
from sidecar.ffmpeg.builder.graph import Stream, node

SAMPLE = Cube(
    axes=3,
    size=2,
    low=(0.0, 0.0, 0.0),
    high=(1.0, 1.0, 1.0),
    entries=tuple(
        (0.1 + 0.9 * red, 0.05 + 0.8 * green + 0.1 * red, 0.25 + 0.45 * blue)
        for blue in (0, 1)
        for green in (0, 1)
        for red in (0, 1)
    ),
)
"""A warm look, for the contact sheet."""


class Lut(Parameters):
    """Which table."""

    path: Annotated[
        str,
        file("A .cube file, of one or three dimensions", ".cube", check=read_cube, ru="Файл .cube"),
    ] = ""


def build(stream: Stream, parameters: Lut, scene: PictureScene) -> Stream:
    axes, table = rewritten(scene.contents[parameters.path])
    # The file is written anew under a name of ours: nothing of the path and nothing else of it reaches FFmpeg.
    name = scene.files.add("lut", "cube", table)
    if axes == 1:
        return straight(stream, scene, lambda given: node("lut1d", given, file=name, interp="linear"))
    return straight(stream, scene, lambda given: node("lut3d", given, file=name, interp="tetrahedral"))


KIND = EffectKind(
    name="lut",
    medium="video",
    category="color",
    title="Look-up table",
    title_ru="Таблица цветов (LUT)",
    description="Gives every colour the one that a .cube file has for it",
    description_ru="Заменяет цвета по таблице из файла .cube",
    parameters=Lut,
    neutral={"path": ""},
    shown={"path": "sample.cube"},
    samples={"sample.cube": SAMPLE.written()},
    pixelwise=True,
    build=build,
)
