"""Bits a second over time, of packets as they are stored: nothing is decoded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from math import floor

from protocol.commands import analysis as wire
from protocol.time import format_exact
from sidecar.services.media.analysis.measure import Item, algorithm


class Bitrate:
    """Adds up the sizes of packets by their decoding times, of picture and sound together."""

    def __init__(self, interval: float, begin: Fraction) -> None:
        self._interval = Fraction(interval).limit_denominator(1000)
        self._begin = begin
        self._bytes: defaultdict[int, int] = defaultdict(int)
        self._end = begin
        self._points: list[wire.CurvePoint] = []

    def count(self, time: Fraction, end: Fraction, size: int) -> None:
        """Take a packet that is decoded at `time` and lasts until `end`."""
        self._bytes[max(0, floor((time - self._begin) / self._interval))] += size
        self._end = max(self._end, end)

    def finish(self, _end: Fraction) -> Iterator[Item]:
        """Divide by the lengths of the intervals; the last may be shorter. One in which nothing is stored has no point.

        So a damaged timestamp, however far ahead, costs one.
        """
        for place in sorted(self._bytes):
            begin = self._begin + place * self._interval
            lasts = min(self._interval, self._end - begin)
            value = float(self._bytes[place] * 8 / lasts) if lasts > 0 else 0.0
            self._points.append(wire.CurvePoint(time=format_exact(begin), value=value))
            yield {"kind": "bitrate", "time": format_exact(begin), "value": value}

    def result(self) -> wire.Curve:
        """Return bits a second."""
        lasts = self._end - self._begin
        return wire.Curve(
            algorithm=algorithm("packet-sizes", 2, interval=float(self._interval)),
            mean=float(sum(self._bytes.values()) * 8 / lasts) if lasts > 0 else None,
            maximum=max((point.value for point in self._points), default=None),
            points=self._points,
        )
