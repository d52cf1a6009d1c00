"""Transitions between two frame-sized layers, or a layer and transparency (docs/project.md §6)."""

from __future__ import annotations

from collections.abc import Sequence

from protocol.project.curves import ease
from sidecar.core.timeline import Crossing
from sidecar.ffmpeg.builder.catalogue import PictureScene
from sidecar.ffmpeg.builder.graph import Stream
from sidecar.ffmpeg.builder.picture.convert import constant
from sidecar.ffmpeg.builder.picture.scene import Scene
from sidecar.ffmpeg.builder.picture.select import hold

NOTHING = "#00000000"


def progress(crossing: Crossing, span: tuple[int, int]) -> list[float]:
    """Return the eased progress, 0–1, at project frames [first, end): 0 on the transition's first, 1 on its last."""
    last = crossing.frames - 1
    easing = crossing.transition.easing
    eased = (ease(easing, (frame - crossing.first) / last) for frame in range(*span))
    return [min(1.0, max(0.0, value)) for value in eased]


def crossed(
    outgoing: Stream | None,
    incoming: Stream | None,
    crossing: Crossing,
    scene: Scene,
    span: tuple[int, int],
    *,
    pixel_format: str,
) -> Stream:
    """Make frames [first, end) of a transition from strips of exactly these frames.

    They are frame-sized, in `pixel_format`: gbrp or gbrp16le, or one of the premultiplied formats with alpha; None is
    transparency, for which the format must have alpha. The result is alike.
    """
    first, end = span
    sides = [
        hold(constant(NOTHING, scene.canvas.size, scene.rate, pixel_format), end - first) if side is None else side
        for side in (outgoing, incoming)
    ]
    kind = scene.resources.catalogue.transitions[crossing.transition.type]
    told = PictureScene(
        first=first - crossing.first,
        frames=end - first,
        rate=scene.rate,
        size=scene.canvas.size,
        scale=scene.canvas.scale[1],
        pixel_format=pixel_format,
        files=scene.files,
    )
    values: Sequence[float] = progress(crossing, span)
    return kind.build(sides[0], sides[1], values, kind.read(crossing.transition.parameters), told)
