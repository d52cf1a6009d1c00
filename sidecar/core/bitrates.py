"""How the bytes of a file are spread over its time."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bitrates:
    """`before[n]` bytes of the file lie before `seconds[n]`, from its own start; both rise."""

    seconds: tuple[float, ...]
    before: tuple[int, ...]

    def relative(self, first: float, last: float) -> float | None:
        """Return bytes a second between two instants as a multiple of the mean of all; None where there are none."""
        if len(self.seconds) < 2:
            return None
        first, last = max(first, self.seconds[0]), min(last, self.seconds[-1])
        whole = self.before[-1] - self.before[0]
        if last <= first or whole <= 0:
            return None
        mean = whole / (self.seconds[-1] - self.seconds[0])
        return (self._before(last) - self._before(first)) / (last - first) / mean

    def _before(self, instant: float) -> float:
        place = min(max(1, bisect_right(self.seconds, instant)), len(self.seconds) - 1)
        begin, end = self.seconds[place - 1], self.seconds[place]
        share = (instant - begin) / (end - begin)
        return self.before[place - 1] + share * (self.before[place] - self.before[place - 1])
