"""Quantiles of durations in constant space, to a known error.

A histogram whose cells grow by a constant factor (Masson, Rim, Lee: DDSketch, VLDB 2019): any quantile that it returns
is within ERROR of the sample of that rank, however many samples there are and however they lie.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
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

    @property
    def count(self) -> int:
        """How many samples there were."""
        return self._count

    def copy(self) -> Sketch:
        """Return one with the samples so far, which stays as it is."""
        other = Sketch()
        other._cells, other._count, other._max = self._cells[:], self._count, self._max
        return other

    def spread(self) -> Spread | None:
        """Return the quantiles of all samples so far; None when there are none."""
        return _spread(self._cells, self._count, self._max)

    def since(self, before: Sketch) -> Spread | None:
        """Return the quantiles of what came since an earlier copy; the largest is within ERROR here too."""
        cells = [after - earlier for after, earlier in zip(self._cells, before._cells, strict=True)]
        last = max((cell for cell, count in enumerate(cells) if count), default=0)
        return _spread(cells, self._count - before.count, min(_middle(last), self._max))


def _spread(cells: Sequence[int], samples: int, most: float) -> Spread | None:
    if samples == 0:
        return None
    ranks = [max(1, math.ceil(share * samples)) for share in (0.5, 0.95, 0.99)]
    found: list[float] = []
    passed = 0
    for cell, count in enumerate(cells):
        passed += count
        while len(found) < len(ranks) and passed >= ranks[len(found)]:
            found.append(min(_middle(cell), most))
    return Spread(found[0], found[1], found[2], most, samples)


def _middle(cell: int) -> float:
    """Return what stands for all samples of a cell: at most ERROR away from any of them."""
    return LEAST * math.exp(cell * _GROWTH) * (1 - ERROR)
