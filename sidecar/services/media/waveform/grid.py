"""Which pixels a range of time is, on a grid that begins with the stream's first sample."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

FINEST = 64
COARSEST = 1 << 20
"""Samples of a pixel of the finest and the coarsest level; each level has twice those of the one before."""

SMALLEST_SHARE = 1 << 25
"""Samples of a share of a stream, at least: some twelve minutes. To open a file costs as much as some seconds of it."""

Span = tuple[Fraction, Fraction]
"""Seconds from the file's start, half open."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A stream that has been read: `start` is when its first sample sounds, in seconds from the file's start."""

    sample_rate: int
    channels: int
    samples: int
    start: Fraction


def pixel_window(
    start: Fraction, sample_rate: int, samples_per_pixel: int, span: Span | None
) -> tuple[int, int | None]:
    """Return the pixels [first, end) of which any part lies in a span; `end` None without one."""
    if span is None:
        return 0, None
    scale = Fraction(sample_rate, samples_per_pixel)
    first = max(0, floor((span[0] - start) * scale))
    return first, max(first, ceil((span[1] - start) * scale))


def pixel_count(samples: int, samples_per_pixel: int) -> int:
    """Return how many pixels samples make, the last one perhaps of fewer."""
    return -(-samples // samples_per_pixel)


def levels_ready(samples: int) -> list[int]:
    """Return the levels of a stream that has been read, from the finest to the first that is a single pixel."""
    levels = [FINEST]
    while levels[-1] < samples and levels[-1] < COARSEST:
        levels.append(levels[-1] * 2)
    return levels
