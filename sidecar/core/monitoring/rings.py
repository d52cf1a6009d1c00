"""The past of one number: every second of ten minutes, every ten seconds of two hours, every minute of a day.

Slots are numbered by a clock in seconds that never goes back and does not stand still while the machine sleeps, so what
was not measured is a hole in its place. The size is the same whatever comes: 55 KB.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isnan, nan

STEPS: dict[int, int] = {1: 600, 10: 720, 60: 1_440}
"""How many slots there are, by the seconds of each."""


@dataclass(frozen=True, slots=True)
class Point:
    """What was measured in a slot."""

    mean: float
    least: float
    most: float


def _empty(slots: int) -> array[float]:
    return array("d", [nan]) * slots


@dataclass(slots=True)
class Ring:
    """The last slots of one width. `newest` is the number of the last one that holds anything, -1 before the first."""

    slots: int
    newest: int = -1
    means: array[float] = field(default_factory=lambda: array("d"))
    least: array[float] = field(default_factory=lambda: array("d"))
    most: array[float] = field(default_factory=lambda: array("d"))
    samples: int = 0
    """Of the newest slot."""

    def __post_init__(self) -> None:
        if not self.means:
            self.means, self.least, self.most = (_empty(self.slots) for _ in range(3))

    def add(self, slot: int, value: float) -> None:
        """Take a value; one of a slot that has passed is left out."""
        if slot < self.newest:
            return
        if slot > self.newest:
            self._clear(slot)
        at = slot % self.slots
        self.samples += 1
        if self.samples == 1:
            self.means[at] = self.least[at] = self.most[at] = value
            return
        self.means[at] += (value - self.means[at]) / self.samples
        self.least[at] = min(self.least[at], value)
        self.most[at] = max(self.most[at], value)

    def read(self, first: int, last: int) -> Iterator[Point | None]:
        """Return slots from `first` to `last`, both included; None for those that hold nothing, or no longer do."""
        for slot in range(first, last + 1):
            at = slot % self.slots
            held = self.newest - self.slots < slot <= self.newest and slot >= 0 and not isnan(self.means[at])
            yield Point(self.means[at], self.least[at], self.most[at]) if held else None

    def in_order(self) -> tuple[bytes, bytes, bytes]:
        """Return means, least and most of all slots up to the newest, oldest first; what holds nothing is no number."""
        cut = (self.newest + 1) % self.slots
        means, least, most = ((each[cut:] + each[:cut]).tobytes() for each in (self.means, self.least, self.most))
        return means, least, most

    def restore(self, newest: int, columns: tuple[bytes, bytes, bytes]) -> None:
        """Take in what `in_order` has returned, its newest slot being this one. Raises ValueError for other sizes."""
        cut = self.slots - (newest + 1) % self.slots
        held = []
        for packed in columns:
            ordered = array("d", packed)
            if len(ordered) != self.slots:
                raise ValueError(f"{len(ordered)} slots where there should be {self.slots}")
            held.append(ordered[cut:] + ordered[:cut])
        self.means, self.least, self.most = held
        self.newest, self.samples = newest, 1

    def _clear(self, slot: int) -> None:
        """Empty the slots that have passed since the newest one."""
        for passed in range(max(self.newest + 1, slot - self.slots + 1), slot + 1):
            at = passed % self.slots
            self.means[at] = self.least[at] = self.most[at] = nan
        self.newest, self.samples = slot, 0


class Rings:
    """One series in all three widths."""

    __slots__ = ("by_step",)

    def __init__(self) -> None:
        self.by_step: dict[int, Ring] = {step: Ring(slots) for step, slots in STEPS.items()}

    def add(self, tick: float, value: float) -> None:
        """Take a value that was measured at a tick."""
        for step, ring in self.by_step.items():
            ring.add(int(tick // step), value)


def step_for(seconds: float) -> int:
    """Return the finest step that reaches so many seconds back; the widest where none does."""
    return next((step for step, slots in STEPS.items() if seconds <= step * slots), max(STEPS))
