"""Dark borders: what lies outside of the smallest rectangle that holds all there is to see, over all pictures."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from protocol.commands import analysis as wire
from sidecar.services.media.analysis.measure import Item, algorithm
from sidecar.services.media.analysis.picture import Picture, Plane

STEP = Fraction(1, 4)
"""Seconds between two pictures that are looked at."""

MEAN = 20
"""Mean level (of 255) that a line of a border may have: its noise."""

LIGHT = 64
"""Level that a hundredth of a line passes where something is to be seen in it, however little."""


class Crop:
    """Finds the part of the picture that is not border."""

    def __init__(self) -> None:
        self._due = Fraction(-(10**9))
        self._size = (0, 0)
        self._rows: NDArray[np.bool_] | None = None
        self._columns: NDArray[np.bool_] | None = None

    def take(self, picture: Picture) -> Iterator[Item]:
        """Take the next picture."""
        self._size = (picture.frame.width, picture.frame.height)
        if picture.time >= self._due:
            self._due = picture.time + STEP
            luma = picture.luma
            rows, columns = shown_lines(luma), shown_lines(luma.T)
            self._rows = rows if self._rows is None else self._rows | rows
            self._columns = columns if self._columns is None else self._columns | columns
        yield from ()

    def finish(self, _end: Fraction) -> Iterator[Item]:
        """Nothing is left to say."""
        yield from ()

    def result(self) -> wire.InsideBorders:
        """Return the rectangle; the whole picture where all of it is dark."""
        width, height = self._size
        made = algorithm("dark-lines", 1, mean=MEAN, light=LIGHT, step=float(STEP))
        top, bottom = _ends(self._rows, height)
        left, right = _ends(self._columns, width)
        if self._rows is not None and not self._rows.any():
            top, bottom, left, right = 0, height, 0, width
        return wire.InsideBorders(algorithm=made, x=left, y=top, width=right - left, height=bottom - top)


def shown_lines(luma: Plane) -> NDArray[np.bool_]:
    """Tell of each row whether there is something to see in it."""
    few = max(1, luma.shape[1] // 100)
    lit = np.count_nonzero(luma > LIGHT, axis=1) >= few
    return np.asarray(lit | (luma.mean(axis=1) > MEAN))


def _ends(lines: NDArray[np.bool_] | None, count: int) -> tuple[int, int]:
    if lines is None or not lines.any():
        return 0, count
    shown = np.flatnonzero(lines)
    return int(shown[0]), int(shown[-1]) + 1
