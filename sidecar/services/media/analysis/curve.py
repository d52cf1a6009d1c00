"""Values over time: the mean of what falls into each interval."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import floor

from protocol.commands.analysis import Algorithm, Curve, CurvePoint, Kind
from protocol.time import format_exact
from sidecar.services.media.analysis.measure import Item


class Means:
    """Gathers values into intervals that begin at `begin`; an interval without a value has no point."""

    def __init__(self, kind: Kind, interval: float, begin: Fraction) -> None:
        self._kind = kind
        self._interval = Fraction(interval).limit_denominator(1000)
        self._begin = begin
        self._place = 0
        self._total = 0.0
        self._count = 0
        self._sum = 0.0
        self._number = 0
        self._points: list[CurvePoint] = []
        self._highest: float | None = None

    def add(self, time: Fraction, value: float) -> Iterator[Item]:
        """Add a value; times do not fall."""
        place = floor((time - self._begin) / self._interval)
        if place != self._place:
            yield from self.close()
            self._place = place
        self._total += value
        self._count += 1
        self._highest = value if self._highest is None else max(self._highest, value)

    def close(self) -> Iterator[Item]:
        """End an interval."""
        if self._count:
            time = format_exact(self._begin + self._place * self._interval)
            value = self._total / self._count
            self._points.append(CurvePoint(time=time, value=value))
            yield {"kind": self._kind, "time": time, "value": value}
        self._sum, self._number = self._sum + self._total, self._number + self._count
        self._total, self._count = 0.0, 0

    def curve(self, made: Algorithm) -> Curve:
        """Return the result; the mean is that of all values."""
        mean = self._sum / self._number if self._number else None
        return Curve(algorithm=made, mean=mean, maximum=self._highest, points=self._points)
