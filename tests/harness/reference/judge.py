"""How far a rendered picture may be from the model's, and what to say when it is further."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.harness.reference.compositor import Frame

MEAN = 0.7
"""Levels of 255 that pixels may be off in the mean."""

TAIL = 6.0
"""Levels that 99.9 % of values may be off."""

FLAT = 2.0
"""Levels that a value may be off where no edge is near."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Differences in levels of 255."""

    mean: float
    tail: float
    flat: float
    error: float

    @property
    def good(self) -> bool:
        return self.mean <= MEAN + self.error / 2 and self.tail <= TAIL + self.error and self.flat <= FLAT + self.error


def judged(rendered: NDArray[Any], frame: Frame) -> Verdict:
    """Compare 8-bit R′G′B′ with the model's frame."""
    off = np.abs(rendered.astype(float) - (frame.picture.clip(0, 1) * 255))
    sure = off[~frame.unsure]
    flat = off[~frame.unsure & ~frame.edges]
    # The engine rounds; the model does not.
    return Verdict(
        mean=float(np.maximum(sure - 0.5, 0).mean()) if sure.size else 0.0,
        tail=float(np.quantile(sure, 0.999)) if sure.size else 0.0,
        flat=float(flat.max() - 0.5) if flat.size else 0.0,
        error=frame.error,
    )


def middle(weights: NDArray[Any]) -> tuple[float, float]:
    """Centre of mass of a grey picture, in pixels; a pixel's centre lies at a half."""
    rows, columns = np.indices(weights.shape)
    total = weights.sum()
    return float((weights * (columns + 0.5)).sum() / total), float((weights * (rows + 0.5)).sum() / total)
