"""Which frames a storyboard shows, and what part of the whole each stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil

from protocol.errors import InvalidParams, LimitExceeded
from protocol.time import instant_frame

MOST_FRAMES = 1_000
"""Pictures of a storyboard, at most."""


@dataclass(frozen=True, slots=True)
class Pick:
    """A frame that is shown, for the frames [first, end)."""

    frame: int
    first: int
    end: int


def by_count(span: tuple[int, int], count: int) -> list[Pick]:
    """Spread pictures evenly, each in the middle of its part; no more than there are frames."""
    first, length = span[0], span[1] - span[0]
    count = min(count, length)
    edges = [first + length * number // count for number in range(count + 1)]
    middles = [first + length * (2 * number + 1) // (2 * count) for number in range(count)]
    return [Pick(frame, *part) for frame, part in zip(middles, pairwise(edges), strict=True)]


def by_interval(span: tuple[int, int], interval: Fraction, rate: Fraction) -> list[Pick]:
    """Show the first frame, and one every `interval` seconds after it.

    Raises InvalidParams for an interval of less than a frame, LimitExceeded for more than a thousand.
    """
    if interval * rate < 1:
        raise InvalidParams(detail="an interval is at least as long as a frame", path="/interval")
    count = ceil((span[1] - span[0]) / (interval * rate))
    if count > MOST_FRAMES:
        raise LimitExceeded(what="frames of a storyboard", value=count, limit=MOST_FRAMES, pointer="/interval")
    begin = span[0] / rate
    found = [instant_frame(begin + number * interval, rate) for number in range(count)]
    return by_beginnings(span, found)


def by_beginnings(span: tuple[int, int], beginnings: Sequence[int]) -> list[Pick]:
    """Show the first frame, and each of these, for what lasts until the next one; those outside are left out.

    Raises LimitExceeded for more than a thousand.
    """
    first, end = span
    found = sorted({first, *(frame for frame in beginnings if first < frame < end)})
    if len(found) > MOST_FRAMES:
        raise LimitExceeded(what="frames of a storyboard", value=len(found), limit=MOST_FRAMES, pointer="/range")
    return [Pick(begin, begin, stop) for begin, stop in pairwise([*found, end])]
