"""What counters that only grow have gained of late: they are looked at once a second, and cost nothing in between."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from sidecar.core.sketch import Sketch, Spread

SECONDS = 60.0
"""How far back a trail goes."""


@dataclass(frozen=True, slots=True)
class Part:
    """How often something happened, and how often of that in the way that is looked for."""

    whole: int
    part: int

    @property
    def ratio(self) -> float | None:
        """The share of those; None of nothing."""
        return self.part / self.whole if self.whole else None


class SketchTrail:
    """The samples that a sketch has taken in the last 60 seconds. `now` never goes back."""

    def __init__(self, sketch: Sketch, started: float) -> None:
        self._sketch = sketch
        self._marks: deque[tuple[float, Sketch]] = deque([(started, Sketch())])

    def mark(self, now: float) -> None:
        """Note what there is now; call it about once a second."""
        last = self._marks[-1][1]
        # While nothing is taken all marks are the same one.
        self._marks.append((now, last if last.count == self._sketch.count else self._sketch.copy()))
        _forget(self._marks, now)

    def recent(self, now: float) -> Spread | None:
        """Return the quantiles since the first mark of the last 60 seconds; None where nothing was taken."""
        _forget(self._marks, now)
        return self._sketch.since(self._marks[0][1])


class CountTrail:
    """How often something has happened in the last 60 seconds, or so many. `now` never goes back."""

    def __init__(self, started: float, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._marks: deque[tuple[float, Part]] = deque([(started, Part(0, 0))])

    def mark(self, now: float, so_far: Part) -> None:
        """Note the counts as they are now; call it about once a second."""
        self._marks.append((now, so_far))
        _forget(self._marks, now, self._seconds)

    def recent(self, now: float, so_far: Part) -> Part:
        """Return what came since the first mark of those seconds."""
        _forget(self._marks, now, self._seconds)
        before = self._marks[0][1]
        return Part(so_far.whole - before.whole, so_far.part - before.part)


def _forget(
    marks: deque[tuple[float, Sketch]] | deque[tuple[float, Part]], now: float, seconds: float = SECONDS
) -> None:
    while len(marks) > 1 and now - marks[0][0] > seconds:
        marks.popleft()
