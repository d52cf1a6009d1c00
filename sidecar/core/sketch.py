"""Quantiles of durations in constant space, to a known error.

A histogram whose cells grow by a constant factor (Masson, Rim, Lee: DDSketch, VLDB 2019): any quantile that it returns
is within ERROR of the sample of that rank, however many samples there are and however they lie.
"""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass

ERROR = 0.02
LEAST = 1e-7
MOST = 1e5
"""Seconds between which samples are told apart; those outside count as the nearest of these."""

_GROWTH = math.log((1 + ERROR) / (1 - ERROR))
_CELLS = math.ceil(math.log(MOST / LEAST) / _GROWTH) + 1


@dataclass(frozen=True, slots=True)
class Spread:
    """Quantiles of samples, in their unit. The largest is exact, the others are within ERROR."""

    p50: float
    p95: float
    p99: float
    max: float
    samples: int


class Sketch:
    """Samples of durations, in seconds. Takes 6 KB. Not for several threads at once."""

    __slots__ = ("_cells", "_count", "_max")

    def __init__(self) -> None:
        self._cells = array("Q", bytes(8 * _CELLS))
        self._count = 0
        self._max = 0.0

    def add(self, sample: float) -> None:
        """Take a sample."""
        bounded = min(max(sample, LEAST), MOST)
        self._cells[math.ceil(math.log(bounded / LEAST) / _GROWTH)] += 1
        self._count += 1
        self._max = max(self._max, sample)

    def spread(self) -> Spread | None:
        """Return the quantiles of all samples so far; None when there are none."""
        if self._count == 0:
            return None
        ranks = [max(1, math.ceil(share * self._count)) for share in (0.5, 0.95, 0.99)]
        found: list[float] = []
        passed = 0
        for cell, count in enumerate(self._cells):
            passed += count
            while len(found) < len(ranks) and passed >= ranks[len(found)]:
                found.append(min(_middle(cell), self._max))
        return Spread(found[0], found[1], found[2], self._max, self._count)


def _middle(cell: int) -> float:
    """Return what stands for all samples of a cell: at most ERROR away from any of them."""
    return LEAST * math.exp(cell * _GROWTH) * (1 - ERROR)
