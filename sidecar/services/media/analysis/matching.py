"""How much of a picture another one explains, moved as it may be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sidecar.services.media.analysis.picture import Plane

BLOCK = 8
"""Pixels across and down of a block; of 80 across the whole picture."""

REACH_ACROSS, REACH_DOWN = 8, 5
"""How far a block may have moved, in pixels."""

LEAST = (1.5, 4.0)
"""Mean difference in levels that is nothing: noise, and what encoders leave; less where there is little contrast."""

CONTRAST = 0.15
"""What of a picture's deviation that is, between the two."""

TEXTURE = 0.5
"""Mean difference, as a share of a block's own deviation, that is explained."""

SAME = 0.35
"""Novelty up to which a picture is of the same scene."""

FLAT = 2.0
"""Deviation in levels of a picture that shows nothing."""

BINS = 64

Luma = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A picture reduced to about 80 pixels across, and how its levels are spread."""

    luma: Luma
    spread: NDArray[np.float64]


def view_of(planes: tuple[Plane, Plane, Plane]) -> View:
    """Reduce a picture by half once more, and count its levels."""
    luma = planes[0]
    height, width = (side // 2 * 2 for side in luma.shape)
    half = luma[:height, :width].reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3), dtype=np.float32)
    return View(_softened(half), np.stack([_spread(plane) for plane in planes]))


def spread_distance(one: View, other: View) -> float:
    """Return how far levels have moved, in levels, the three planes added up: the earth mover's distance.

    Motion does not change it, a change of light a little, another scene much.
    """
    return float(np.abs(one.spread - other.spread).mean(axis=1).sum() * 255)


def plain_distance(one: View, other: View) -> float:
    """Return the mean difference in levels."""
    return float(np.abs(one.luma - other.luma).mean())


def novelty(before: View, after: View) -> float:
    """Return the share of blocks of a picture that no part near them of the one before explains, 0 to 1."""
    old, new = before.luma, after.luma
    rows, columns = new.shape[0] // BLOCK, new.shape[1] // BLOCK
    if rows == 0 or columns == 0:
        return float(plain_distance(before, after) > 4 * LEAST[1])
    height, width = rows * BLOCK, columns * BLOCK
    new = new[:height, :width]
    padded = np.pad(old[:height, :width], ((REACH_DOWN, REACH_DOWN), (REACH_ACROSS, REACH_ACROSS)), mode="edge")
    least = np.full((rows, columns), np.inf, np.float32)
    difference = np.empty_like(new)
    for down in range(2 * REACH_DOWN + 1):
        for across in range(2 * REACH_ACROSS + 1):
            np.subtract(new, padded[down : down + height, across : across + width], out=difference)
            np.abs(difference, out=difference)
            np.minimum(least, _block_means(difference, rows, columns), out=least)
    own = np.abs(new - np.repeat(np.repeat(_block_means(new, rows, columns), BLOCK, 0), BLOCK, 1))
    nothing = min(max(CONTRAST * float(new.std()), LEAST[0]), LEAST[1])
    allowed = np.maximum(nothing, TEXTURE * _block_means(own, rows, columns))
    return float((least > allowed).mean())


def other_light(before: View, after: View) -> bool:
    """Tell whether two pictures are one but for brightness and contrast."""
    one, other = sorted((before.luma, after.luma), key=lambda luma: float(luma.std()))
    if one.std() < FLAT:
        return False
    gain = float(other.std() / max(float(one.std()), 1.0))
    lit = ((one - one.mean()) * gain + other.mean()).astype(np.float32)
    return novelty(View(lit, before.spread), View(other, before.spread)) <= SAME


def _softened(luma: Luma) -> Luma:
    """Blur by half a pixel or so: a picture that moved by half a pixel is to be found again."""
    padded = np.pad(luma, 1, mode="edge")
    across = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
    return np.asarray((across[:-2] + 2 * across[1:-1] + across[2:]) / 16)


def _spread(plane: Plane) -> NDArray[np.float64]:
    counts = np.bincount(plane.ravel() >> 2, minlength=BINS)
    return np.asarray(np.cumsum(counts) / plane.size)


def _block_means(values: Luma, rows: int, columns: int) -> Luma:
    # Rows first: adding up whole lines is what the processor does best.
    lines = values.reshape(rows, BLOCK, columns * BLOCK).sum(axis=1)
    return np.asarray(lines.reshape(rows, columns, BLOCK).sum(axis=2) / (BLOCK * BLOCK))
