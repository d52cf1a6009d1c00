"""What a source shows, as functions, and what its file says of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Scene = Callable[[Floats, Floats, int], Floats]
"""(x, y, frame) → straight R′G′B′A, 0–1; x and y are fractions of the upright picture."""


@dataclass(frozen=True, slots=True)
class Footage:
    """A file drawn from a scene.

    `stored` is its size before it is turned upright. `times`: when each frame is presented, in seconds of the file,
    exactly (containers round them to a `tick`). `interval` is that of its rate, None where it has none. `error`: by how
    many levels its stored pixels may miss the scene.
    """

    scene: Scene
    stored: tuple[int, int]
    times: tuple[Fraction, ...]
    duration: Fraction
    tick: Fraction
    interval: Fraction | None
    still: bool = False
    rotation: int = 0
    mirrored: bool = False
    pixel_aspect: Fraction = Fraction(1)
    error: float = 0.0

    @property
    def oriented(self) -> tuple[int, int]:
        """Stored pixels across and down the upright picture."""
        width, height = self.stored
        return (height, width) if self.rotation in (90, 270) else (width, height)

    @property
    def upright(self) -> tuple[int, int]:
        """Size in square pixels (step 4)."""
        width, height = self.oriented
        return int(width * self.pixel_aspect + Fraction(1, 2)), height


def turned(scene: Scene, rotation: int, *, mirrored: bool) -> Scene:
    """The scene as it is stored in a file that says: mirror me, then turn me clockwise."""

    def stored(x: Floats, y: Floats, frame: int) -> Floats:
        if mirrored:
            x = 1 - x
        if rotation == 90:
            x, y = 1 - y, x
        elif rotation == 180:
            x, y = 1 - x, 1 - y
        elif rotation == 270:
            x, y = y, 1 - x
        return scene(x, y, frame)

    return stored


def drawn(scene: Scene, size: tuple[int, int], frame: int, samples: int = 4) -> Floats:
    """A raster of a scene, each pixel the mean over its area; premultiplied for the mean, straight after it."""
    width, height = size
    x = (np.arange(width * samples) + 0.5) / (width * samples)
    y = (np.arange(height * samples) + 0.5) / (height * samples)
    fine = scene(*np.meshgrid(x, y), frame)
    fine[..., :3] *= fine[..., 3:]
    mean = fine.reshape(height, samples, width, samples, 4).mean(axis=(1, 3))
    mean[..., :3] /= np.maximum(mean[..., 3:], 1e-9)
    return np.asarray(mean)
