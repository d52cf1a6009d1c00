"""How often something happened in the last minute, the last hour and at all, in constant space."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

CELLS = 60


@dataclass(frozen=True, slots=True)
class Counts:
    """How often, in the last 60 seconds, the last 60 minutes and since the start."""

    minute: int = 0
    hour: int = 0
    total: int = 0


@dataclass(slots=True)
class _Ring:
    """Counts of the last CELLS spans of `width` seconds each, the one that runs included."""

    width: float
    _cells: list[int] = field(default_factory=lambda: [0] * CELLS)
    _spans: list[int] = field(default_factory=lambda: [-1] * CELLS)

    def add(self, now: float, count: int) -> None:
        span = int(now / self.width)
        cell = span % CELLS
        if self._spans[cell] != span:
            self._spans[cell], self._cells[cell] = span, 0
        self._cells[cell] += count

    def sum(self, now: float) -> int:
        first = int(now / self.width) - CELLS + 1
        return sum(count for count, span in zip(self._cells, self._spans, strict=True) if span >= first)


class Recent:
    """Counts by seconds and by minutes; what is older than the window falls out a second, or a minute, at a time.

    `clock` is in seconds and never goes back. Not for several threads at once.
    """

    __slots__ = ("_clock", "_hour", "_minute", "_total")

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._minute, self._hour = _Ring(1.0), _Ring(60.0)
        self._total = 0

    def add(self, count: int = 1) -> None:
        """Count something that happened now."""
        now = self._clock()
        self._minute.add(now, count)
        self._hour.add(now, count)
        self._total += count

    @property
    def total(self) -> int:
        """How often at all."""
        return self._total

    def counts(self) -> Counts:
        """Return the counts as of now."""
        now = self._clock()
        return Counts(self._minute.sum(now), self._hour.sum(now), self._total)
