"""Counts of durations between fixed edges, as Prometheus has them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

ANSWERS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Edges for answers, in seconds. One of them is the threshold of the response time: nothing is guessed there."""

WAITS = (0.001, 0.01, 0.1, 0.5, 1.0, 5.0, 30.0)
"""Edges for waits in a queue, in seconds."""

JOBS = (1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
"""Edges for jobs, in seconds."""


class Histogram:
    """Samples by the edges that they are not above. Not for several threads at once."""

    __slots__ = ("_counts", "edges", "sum")

    def __init__(self, edges: Sequence[float]) -> None:
        self.edges = tuple(edges)
        self.sum = 0.0
        self._counts = [0] * (len(self.edges) + 1)

    def add(self, sample: float) -> None:
        """Take a sample."""
        self._counts[bisect_left(self.edges, sample)] += 1
        self.sum += sample

    @property
    def count(self) -> int:
        """How many samples there were."""
        return sum(self._counts)

    def cumulative(self) -> list[int]:
        """Return how many samples were at most each edge, and at last all of them."""
        return list(accumulate(self._counts))
