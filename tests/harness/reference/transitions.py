"""Step 12: transitions with an obvious model, on premultiplied R′G′B′A (docs/project.md §6)."""

from __future__ import annotations

from math import ceil

import numpy as np
from numpy.typing import NDArray

from tests.harness.reference.footage import Floats
from tests.harness.reference.shape import grown


def crossed(kind: str, before: Floats, after: Floats, progress: float) -> tuple[Floats, NDArray[np.bool_]]:
    """The picture at a progress of 0–1, and where a pixel may belong to either side."""
    height, width = before.shape[:2]
    unsure = np.zeros((height, width), bool)
    if progress in (0.0, 1.0):
        return (before, after)[int(progress)], unsure
    if kind in ("fade", "crossfade"):
        return before * (1 - progress) + after * progress, unsure
    direction, along = (
        kind[:-4] if kind.startswith("wipe") else kind[:5],
        kind.removeprefix("wipe").removeprefix("slide"),
    )
    columns, rows = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    # The edge travels towards the side that the name says.
    place = {"left": 1 - columns, "right": columns, "up": 1 - rows, "down": rows}[along]
    front = place < progress
    unsure = grown(np.abs(place - progress) < 1.01 / (width if along in ("left", "right") else height))
    if direction == "wipe":
        return np.where(front[..., None], after, before), unsure
    length = width if along in ("left", "right") else height
    # The incoming picture stands on whole pixels, as far in as it has come at least.
    if abs(progress * length - round(progress * length)) < 1e-4:
        unsure[:] = True
    step = ceil(progress * length - 1e-9) * (-1 if along in ("left", "up") else 1)
    axis = 1 if along in ("left", "right") else 0
    front = place < abs(step) / length
    both = np.roll(before, step, axis), np.roll(after, step - int(np.sign(step)) * length, axis)
    return np.where(front[..., None], both[1], both[0]), unsure
