"""Which frame rate a stream's timestamps lie on, if any.

Containers round timestamps to their tick, so the demuxer's average is off (59.94 in a millisecond file reads as
19001/317). The test: every timestamp within one tick of p0 + k/rate.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

STANDARD = tuple(
    sorted(
        [Fraction(rate) for rate in (1, 2, 5, 6, 8, 10, 12, 15, 16, 18, 20, 24, 25, 30, 48, 50, 60, 72, 90, 100)]
        + [Fraction(rate) for rate in (120, 144, 200, 240)]
        + [Fraction(rate * 1000, 1001) for rate in (12, 15, 24, 30, 48, 60, 120, 240)]
    )
)
NEAR = Fraction(1, 200)
"""A standard rate is thought of within this part of the measured one; 24 and 23.976 differ by 1/1001."""

STEADY = 0.9
"""The least part of intervals that are one frame long; with more holes the rate is called variable."""


def snap(rate: Fraction | None) -> Fraction | None:
    """Return the standard rate nearest to a measured one if it is as near as containers round, else the rate."""
    if rate is None or rate <= 0:
        return None
    place = bisect_left(STANDARD, rate)
    nearest = min(STANDARD[max(0, place - 1) : place + 1], key=lambda standard: abs(standard - rate))
    return nearest if abs(nearest - rate) < nearest / 2500 else rate.limit_denominator(10_000)


def lies_on(pts: NDArray[np.int64], rate: Fraction, tick: Fraction) -> NDArray[np.int64] | None:
    """Return each timestamp's frame number on the grid p0 + k/rate, or None if one is more than a tick off it."""
    ratio = rate * tick
    number, denominator = ratio.numerator, ratio.denominator
    ticks = pts - pts[0]
    if int(ticks[-1]) * number * 2 + denominator >= 2**62:
        return None
    frames = (2 * ticks * number + denominator) // (2 * denominator)
    off = np.abs(ticks * number - frames * denominator)
    return frames if bool((off <= number).all()) and bool((np.diff(frames) > 0).all()) else None


def constant_rate(pts: NDArray[np.int64], tick: Fraction) -> tuple[Fraction, NDArray[np.int64]] | None:
    """Find the rate that sorted timestamps (in ticks) lie on, and their frame numbers; None: none, or under two.

    Standard rates are tried first, the nearest first, then the measured one.
    """
    if len(pts) < 2:
        return None
    steps = np.diff(pts)
    if int(steps.min()) <= 0:
        return None
    typical = Fraction(round(float(np.median(steps))))
    close = steps[np.abs(steps - int(typical)) <= max(1, int(typical) // 10)]
    measured = 1 / (Fraction(int(close.sum()), len(close)) * tick)
    mean = 1 / (Fraction(int(pts[-1] - pts[0]), len(steps)) * tick)
    even = [measured] if int(steps.min()) == int(steps.max()) else []
    wide = max(NEAR, 1 / typical)
    first, last = bisect_left(STANDARD, measured * (1 - wide)), bisect_right(STANDARD, measured * (1 + wide))
    candidates = sorted(STANDARD[first:last], key=lambda rate: abs(rate - measured))
    for rate in dict.fromkeys([*candidates, *even, measured.limit_denominator(1001), mean]):
        frames = lies_on(pts, rate, tick)
        if frames is not None and float((np.diff(frames) == 1).mean()) >= STEADY:
            return rate, frames
    return None
