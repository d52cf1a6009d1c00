"""Scales pictures of any number of channels: by areas where they shrink, else by cubic interpolation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SHARPNESS = -0.6
"""The *a* of the cubic, as in swscale's bicubic."""


def resampled(picture: Floats, size: tuple[int, int], *, shrinks: bool) -> Floats:
    """Return rows of pixels in a size (width, height)."""
    height, width = picture.shape[:2]
    weigh = area_weights if shrinks else cubic_weights
    across, down = weigh(width, size[0]), weigh(height, size[1])
    rows = np.tensordot(down, picture, axes=(1, 0))
    made: Floats = np.tensordot(across, rows, axes=(1, 1)).swapaxes(0, 1)
    return made


def area_weights(before: int, after: int) -> Floats:
    """Return what of each source pixel every target pixel covers, of a sum of 1."""
    edges = np.linspace(0, before, after + 1)
    places = np.arange(before)
    low = np.maximum(edges[:-1, None], places)
    high = np.minimum(edges[1:, None], places + 1)
    weights = np.maximum(high - low, 0)
    made: Floats = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return made


def cubic_weights(before: int, after: int) -> Floats:
    """Return the weights of Keys' cubic convolution; beyond an edge the outermost pixel goes on."""
    centres = (np.arange(after) + 0.5) * before / after - 0.5
    weights = np.zeros((after, before), dtype=np.float32)
    rows = np.arange(after)
    first = np.floor(centres).astype(int) - 1
    for step in range(4):
        distance = np.abs(centres - (first + step))
        near = (SHARPNESS + 2) * distance**3 - (SHARPNESS + 3) * distance**2 + 1
        far = SHARPNESS * (distance**3 - 5 * distance**2 + 8 * distance - 4)
        np.add.at(weights, (rows, np.clip(first + step, 0, before - 1)), np.where(distance <= 1, near, far))
    return weights
