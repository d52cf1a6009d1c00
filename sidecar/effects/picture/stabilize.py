"""Stabilisation: an analysis of the whole clip measures how it was shaken; each frame is moved back by its entry.

The picture is enlarged as much as the largest correction needs, for the whole clip alike, so that no edge shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, sin
from typing import Annotated

from sidecar.effects.motion import Step, corrections, covered, measure, read_steps
from sidecar.effects.parameters import Parameters, number
from sidecar.effects.pixels import within_alpha
from sidecar.ffmpeg.builder.catalogue import Analysis, EffectKind, PictureScene
from sidecar.ffmpeg.builder.graph import Stream, Whole
from sidecar.ffmpeg.builder.picture.geometry import Affine
from sidecar.ffmpeg.builder.picture.warp import Raster, Room, resampled

WIDTH = 256
"""Width of the grey pictures that are measured."""

ZOOM_STEPS = 100


class Stabilize(Parameters):
    """How much calmer, and how far the picture may be enlarged for it."""

    strength: Annotated[
        float, number(0, 1, "How much of the shaking is taken away", moves="-shake", ru="Сила стабилизации")
    ] = 1.0
    smoothing: Annotated[
        float,
        number(0.1, 5, "Width of the mean that the path becomes", unit="s", moves="-shake", ru="Сглаживание пути"),
    ] = 0.5
    zoom: Annotated[
        float,
        number(
            1, 1.5, "Largest enlargement to hide the edges", unit="factor", moves="-shake", ru="Наибольшее увеличение"
        ),
    ] = 1.2


def build(stream: Stream, parameters: Stabilize, scene: PictureScene) -> Stream:
    width, height = scene.size
    wanted = _wanted(parameters, scene)
    zoom = _zoom(wanted, height / width, parameters.zoom)
    parts = [covered(step, height / width, zoom) for step in wanted]
    shown = range(scene.first - scene.origin, scene.first - scene.origin + scene.frames)
    maps = [_map(wanted[number], parts[number], zoom, scene.size) for number in shown]
    raster = Raster(stream, scene.size, maps, (zoom, zoom), not scene.alpha, scene.frames, alpha=scene.alpha)
    room = Room(scene.rate, scene.files, (1.0, 1.0), deep=scene.deep)
    # A cubic kernel overshoots at edges, each channel by itself.
    return within_alpha(resampled(raster, (0, 0, width, height), room), scene)


def _wanted(parameters: Stabilize, scene: PictureScene) -> Sequence[Step]:
    """Corrections of all frames of the owner; none before the analysis was made."""
    if scene.analysis is None:
        return [Step(0.0, 0.0, 0.0)] * (scene.first - scene.origin + scene.frames)
    steps = corrections(read_steps(scene.analysis), parameters.smoothing * float(scene.rate))
    part = parameters.strength
    return [Step(step.x * part, step.y * part, step.turn * part) for step in steps]


def _zoom(wanted: Sequence[Step], aspect: float, most: float) -> float:
    """Smallest enlargement up to `most` at which every correction fits."""
    for step in range(ZOOM_STEPS + 1):
        zoom = 1 + (most - 1) * step / ZOOM_STEPS
        if all(covered(each, aspect, zoom) == 1 for each in wanted):
            return zoom
    return most


def _map(step: Step, part: float, zoom: float, size: tuple[int, int]) -> Affine:
    """Enlarge, turn and shift about the middle."""
    width, height = size
    x, y = zoom * cos(step.turn * part), zoom * sin(step.turn * part)
    middle_x, middle_y = width / 2, height / 2
    shift = zoom * part * width
    to_x, to_y = middle_x + step.x * shift, middle_y + step.y * shift
    return Affine(x, -y, y, x, to_x - x * middle_x + y * middle_y, to_y - y * middle_x - x * middle_y)


KIND = EffectKind(
    name="stabilize",
    medium="video",
    category="restore",
    title="Stabilisation",
    title_ru="Стабилизация",
    description="Takes the shaking of the camera out of a clip",
    description_ru="Убирает дрожание камеры",
    parameters=Stabilize,
    neutral={"strength": 0},
    support=lambda _: Whole(),
    analysis=Analysis(version=1, width=WIDTH, before=1, run=measure),
    build=build,
)
