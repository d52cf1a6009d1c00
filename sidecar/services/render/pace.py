"""How much the processes of a job get done in a second, by what they did lately. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

SHORTEST = 4.0
LONGEST = 60.0
"""Seconds that are remembered at least and at most: a moment says nothing, and the machine's load changes."""

LOOK_BACK = 0.5
"""What is remembered, as a share of what is to be foretold: the longer that is, the more of its ups and downs cancel."""


@dataclass(slots=True)
class Pace:
    """Work a second of one process, the mean over all of a job; what was done long ago fades out.

    Work has any unit: seconds of processor, where that is known, for it tells a busy machine from a hard picture.
    """

    _seconds: float = 0.0
    _work: float = 0.0
    _memory: float = SHORTEST

    def note(self, seconds: float, work: float, processes: int) -> None:
        """Take what one process did in so many seconds, while so many ran."""
        left = exp(-seconds / (self._memory * processes))
        self._seconds = self._seconds * left + seconds
        self._work = self._work * left + work

    def look_back(self, ahead: float) -> None:
        """Remember as much as foretelling so many seconds takes."""
        self._memory = min(LONGEST, max(SHORTEST, LOOK_BACK * ahead))

    @property
    def value(self) -> float | None:
        """Work a second; None before anything was done."""
        return self._work / self._seconds if self._work > 0 else None
