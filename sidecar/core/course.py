"""Which frame of a project each frame of a play shows."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

MOST_RATE = 60
"""Frames a second of a play, at most: of a faster project every second frame is shown, or every third."""


def play_rate(rate: Fraction) -> Fraction:
    """Return the frames a second of a play of a project."""
    return rate / max(1, ceil(rate / MOST_RATE))


@dataclass(frozen=True, slots=True)
class Course:
    """A play from `start` on, within project frames [first, end), which are at `rate`; `pace` is its own frame rate.

    `speed` is not 0; below it the play runs backwards. The way is counted in project frames from `start`, 0 being that
    frame itself, and goes on past the end where it `loops`.
    """

    start: int
    first: int
    end: int
    rate: Fraction
    pace: Fraction
    speed: Fraction
    loops: bool

    @property
    def forward(self) -> bool:
        """Whether it runs forwards."""
        return self.speed > 0

    @property
    def step(self) -> Fraction:
        """Project frames from one frame of the play to the next."""
        return abs(self.speed) * self.rate / self.pace

    @property
    def way(self) -> int | None:
        """Return how many project frames there are on the way; None: it never ends."""
        if self.loops:
            return None
        return self.end - self.start if self.forward else self.start - self.first + 1

    @property
    def length(self) -> int | None:
        """Return how many frames the play has; None: it never ends."""
        return None if self.way is None else ceil(self.way / self.step)

    def gone(self, number: int) -> int:
        """Return how far on the way a frame of the play is."""
        return floor(number * self.step)

    def frame(self, gone: int) -> int:
        """Return the project frame at a place of the way."""
        if self.forward:
            return self.first + (self.start - self.first + gone) % (self.end - self.first)
        return self.end - 1 - (self.end - 1 - self.start + gone) % (self.end - self.first)

    def lap(self, gone: int) -> tuple[int, int]:
        """Return the project frames [first, end) from a place of the way up to where it ends or begins anew."""
        at = self.frame(gone)
        return (at, self.end) if self.forward else (self.first, at + 1)

    def sample(self, number: int, sample_rate: int) -> int:
        """Return how many samples of the project are heard before a frame of a play that runs forwards."""
        return floor(number * self.step * sample_rate / self.rate)
