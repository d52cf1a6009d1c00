"""Says what cells will take, in seconds or bytes, from what others took. Pure.

Cells are made in an order that visits the timeline everywhere early (`runs.visit`), so what lies between two cells
that are known is like them, most of all where both show the same clips; a cell's weight says what it asks for beside
them, and how busy its sources are there, by their bytes, how it differs from others of the same clips.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Hashable, Iterable, Sequence
from math import exp, log

DOUBT = 2.0
"""How much what is known of busyness from elsewhere counts against what is measured, in squares of its logarithm."""


class Forecast:
    """Amounts of cells in the order of the timeline: measured where they are, and foretold by their neighbours."""

    def __init__(self, weights: Sequence[float], kinds: Sequence[Hashable] = (), *, steepness: float = 0.0) -> None:
        """Take the cells' expected shares of the whole, in any unit, each above 0; and what of them is of a kind.

        `steepness` is the power of a source's bitrate that amounts are expected to follow.
        """
        self._weights = tuple(weights)
        self._kinds = tuple(kinds) or (None,) * len(self._weights)
        self._steepness = steepness
        self._busyness = (0.0,) * len(self._weights)
        self._ratios: dict[int, tuple[float, float]] = {}
        self._hearsay = False
        self._foretold: list[float] | None = None

    def foresee(self, busyness: Sequence[float]) -> None:
        """Take how busy the cells' sources are against the mean of theirs, as logarithms."""
        self._busyness = tuple(busyness)
        self._foretold = None

    def recall(self, index: int, amount: float) -> None:
        """Take what a cell took at another time: it counts until something is measured in this job."""
        if not self._ratios or self._hearsay:
            self._hearsay = True
            self._note(index, amount, 1.0)

    def learn(self, index: int, amount: float, share: float = 1.0) -> None:
        """Take what was measured of a cell; `share` of it is done, above 0 to 1."""
        if self._hearsay:
            self._ratios.clear()
            self._hearsay = False
        self._note(index, amount, share)

    @property
    def known(self) -> bool:
        """Whether anything was measured, or recalled."""
        return bool(self._ratios)

    def of(self, index: int) -> float | None:
        """Return what the whole cell takes; None while nothing is known of any."""
        if not self._ratios:
            return None
        if self._foretold is None:
            self._foretold = self._spread()
        return self._foretold[index] * self._weights[index]

    def weight(self, index: int) -> float:
        """Return what the cell was expected to take before anything was measured, in the unit of all weights."""
        return self._weights[index]

    def _note(self, index: int, amount: float, share: float) -> None:
        self._ratios[index] = (amount / (self._weights[index] * share), share)
        self._foretold = None

    def _spread(self) -> list[float]:
        """Return every cell's amount per weight: that of its neighbours, those of its kind if any is known."""
        known = sorted(self._ratios)
        alike: dict[Hashable, list[int]] = {}
        for index in known:
            alike.setdefault(self._kinds[index], []).append(index)
        steepness = self._steepness_of(alike.values())
        busy = [exp(steepness * each) for each in self._busyness]
        return [
            self._between(index, alike.get(kind, known), busy) * busy[index] for index, kind in enumerate(self._kinds)
        ]

    def _steepness_of(self, groups: Iterable[Sequence[int]]) -> float:
        """Fit the power of the bitrate that amounts of one kind follow, by what is known, and by what was expected."""
        spread, rise = DOUBT, DOUBT * self._steepness
        for group in groups:
            rows = [(self._busyness[index], *self._ratios[index]) for index in group if self._ratios[index][0] > 0]
            trusted = sum(trust for *_, trust in rows)
            if trusted:
                middle = sum(busy * trust for busy, _, trust in rows) / trusted
                mean = sum(log(ratio) * trust for _, ratio, trust in rows) / trusted
                spread += sum((busy - middle) ** 2 * trust for busy, _, trust in rows)
                rise += sum((busy - middle) * (log(ratio) - mean) * trust for busy, ratio, trust in rows)
        return min(1.0, max(0.0, rise / spread))

    def _between(self, index: int, known: Sequence[int], busy: Sequence[float]) -> float:
        """Weigh the known cells on either side by their nearness, and by how much of them is done."""
        right = bisect_left(known, index)
        total = weighed = 0.0
        for other in known[max(0, right - 1) : right + 1]:
            ratio, trust = self._ratios[other]
            # A cell that is known speaks for itself, as far as it is done.
            near = trust / max(0.05, abs(other - index))
            total += near
            weighed += near * ratio / busy[other]
        return weighed / total


def seconds_to_finish(running: Iterable[float], waiting: Iterable[float], workers: int) -> float:
    """Return when the last of some tasks ends: those that run need so long yet, those that wait start in this order."""
    free = sorted(running)
    free = free[-workers:] if len(free) > workers else [0.0] * (workers - len(free)) + free
    heapq.heapify(free)
    for seconds in waiting:
        heapq.heapreplace(free, free[0] + seconds)
    return max(free, default=0.0)
