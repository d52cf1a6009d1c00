"""Which frame of a source is on screen at an instant: the rule of docs/engine.md, in exact numbers.

A frame has two names. Its *index* counts the frames that the stream has, in order of presentation. Its *stamp* is what
a filter can see of it: its number on the grid of the stream's rate, or where there is none its timestamp in ticks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor, lcm

from sidecar.core.source import SourceVideo, unpack_stamps
from sidecar.core.timeline.model import FileReading


@dataclass(frozen=True, slots=True)
class FrameTimes:
    """When the frames of a stream are shown, on the source's clock as `interpret` reads it.

    Frame j begins at `first` + marks[j] / `scale` seconds; without `marks` at `first` + j / `scale`. `slack` seconds
    before its time it counts already. `stamps` are the frames' stamps, None where frame j has stamp j plus `base`.
    """

    first: Fraction
    scale: Fraction
    slack: Fraction
    count: int | None
    marks: Sequence[int] | None
    stamps: Sequence[int] | None
    base: int

    def index(self, instant: Fraction) -> int:
        """Index of the newest frame at or before a source instant; the first and the last hold."""
        place = (instant + self.slack - self.first) * self.scale
        if self.marks is not None:
            return max(0, bisect_right(self.marks, place) - 1)
        found = max(0, floor(place))
        return found if self.count is None else min(found, self.count - 1)

    def indices(self, start: Fraction, step: Fraction, frames: int, period: Fraction | None = None) -> list[int]:
        """Return `index` of start, start + step, ..., each modulo `period`: the same in whole numbers, so quicker."""
        unit = lcm(start.denominator, step.denominator, 1 if period is None else period.denominator)
        at, by, round_ = int(start * unit), int(step * unit), None if period is None else int(period * unit)
        factor, offset = self.scale / unit, (self.slack - self.first) * self.scale
        below = lcm(factor.denominator, offset.denominator)
        times, plus = int(factor * below), int(offset * below)
        found = []
        for number in range(frames):
            instant = at + by * number
            place = ((instant if round_ is None else instant % round_) * times + plus) // below
            if self.marks is not None:
                place = bisect_right(self.marks, place) - 1
            elif self.count is not None:
                place = min(place, self.count - 1)
            found.append(max(0, place))
        return found

    def between(self, instant: Fraction) -> tuple[int, Fraction]:
        """Return that frame, and how far the instant lies on the way to the next one: 0 up to, not including, 1."""
        index = self.index(instant)
        if self.count is None or index + 1 >= self.count:
            return index, Fraction(0)
        place = (instant - self.first) * self.scale
        mark, after = (index, index + 1) if self.marks is None else (self.marks[index], self.marks[index + 1])
        return index, max(Fraction(0), (place - mark) / (after - mark))

    def stamp(self, index: int) -> int:
        """Stamp of a frame."""
        return self.base + index if self.stamps is None else self.stamps[index]


def frame_times(reading: FileReading, video: SourceVideo) -> FrameTimes:
    """Return when the frames of a reading's picture are shown."""
    return _frame_times(video, reading.facts.start, reading.frame_rate, reading.tempo)


def newest(video: SourceVideo) -> Fraction:
    """How far after an instant a frame of the file may lie and still count: half a tick, a quarter of an interval at most."""
    half = video.time_base / 2
    return half if video.rate is None else min(half, 1 / (4 * video.rate))


def presented(video: SourceVideo, stamp: int) -> Fraction:
    """Absolute timestamp of a frame by its stamp, in seconds."""
    if video.rate is None:
        return stamp * video.time_base
    return video.first_pts * video.time_base + stamp / video.rate


def last_tick(video: SourceVideo, stamp: int) -> int:
    """Return the latest timestamp, in ticks, that is read as a stamp: newer frames have a later one."""
    if video.rate is None:
        return stamp
    return video.first_pts + ceil((stamp + Fraction(1, 2)) / (video.rate * video.time_base)) - 1


@lru_cache(maxsize=64)
def _frame_times(video: SourceVideo, start: Fraction, taken: Fraction | None, tempo: Fraction) -> FrameTimes:
    first = video.first_pts * video.time_base - start
    slack = newest(video) / tempo
    pts = None if video.stamps is None else unpack_stamps(video.stamps)
    if pts is None:
        # Without an index a stream on no rate is read tick by tick.
        scale = taken or video.rate or 1 / video.time_base
        count = video.frames if video.rate is not None else None
        return FrameTimes(first, scale, slack, count, None, None, 0 if video.rate is not None else video.first_pts)
    stamps: Sequence[int] = pts
    if video.rate is not None:
        grid = video.rate * video.time_base
        stamps = [floor((tick - video.first_pts) * grid + Fraction(1, 2)) for tick in pts]
    if taken is not None:
        return FrameTimes(first, taken, slack, len(pts), None, stamps, 0)
    if video.rate is not None:
        return FrameTimes(first, video.rate, slack, len(pts), stamps, stamps, 0)
    marks = [tick - video.first_pts for tick in pts]
    return FrameTimes(first, 1 / video.time_base, slack, len(pts), marks, stamps, 0)
