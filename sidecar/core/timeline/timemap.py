"""Speed ramps: where the source stands at a moment of the clip (docs/project.md §2, `timeMap`)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from protocol.project.animated import CubicBezier, Easing
from protocol.project.clip import TimeKey
from protocol.project.curves import ease
from protocol.time import parse_seconds

PARTS = 64
"""Places at which a curve that leaves the range of its keys is looked at for its extremes."""


@dataclass(frozen=True, slots=True)
class MapKey:
    """At clip time `time` the source stands at `source`, both in seconds; `easing` shapes what follows."""

    time: Fraction
    source: Fraction
    easing: Easing


@dataclass(frozen=True, slots=True)
class TimeMap:
    """Keys in order of time. Before the first and after the last the source stands still."""

    keys: tuple[MapKey, ...]

    def at(self, time: Fraction) -> Fraction:
        """Source instant at a clip time, in seconds: exact where the piece is linear, else the double's own value."""
        after = bisect_right(self.keys, time, key=lambda key: key.time)
        if after == 0:
            return self.keys[0].source
        if after == len(self.keys):
            return self.keys[-1].source
        return _between(self.keys[after - 1], self.keys[after], time)

    def extremes(self, start: Fraction, end: Fraction) -> tuple[Fraction, Fraction]:
        """Lowest and highest source instant on [start, end] of the clip."""
        values = [self.at(start), self.at(end), *(key.source for key in self.keys if start <= key.time <= end)]
        for before, after in pairwise(self.keys):
            if _leaves(before.easing) and before.time < end and after.time > start:
                values += _sampled(before, after, start, end)
        return min(values), max(values)


def read_map(keys: Sequence[TimeKey] | None) -> TimeMap | None:
    """Read the keys of a clip exactly; None for a clip without."""
    if keys is None:
        return None
    return TimeMap(tuple(MapKey(parse_seconds(key.time), parse_seconds(key.source), key.easing) for key in keys))


def _between(before: MapKey, after: MapKey, time: Fraction) -> Fraction:
    progress = (time - before.time) / (after.time - before.time)
    eased = progress if before.easing == "linear" else Fraction(ease(before.easing, float(progress)))
    return before.source + (after.source - before.source) * eased


def _leaves(easing: Easing) -> bool:
    """Whether a curve may pass its ends on the way."""
    return isinstance(easing, CubicBezier) and not all(0 <= easing.cubic_bezier[place] <= 1 for place in (1, 3))


def _sampled(before: MapKey, after: MapKey, start: Fraction, end: Fraction) -> Iterator[Fraction]:
    for part in range(1, PARTS):
        time = before.time + (after.time - before.time) * part / PARTS
        if start <= time <= end:
            yield _between(before, after, time)
