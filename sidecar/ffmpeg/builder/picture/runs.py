"""A strip cut into runs: pieces in which the source goes one way, so that each can be read in one go."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import NamedTuple

from sidecar.core.source import SourceVideo


class Moment(NamedTuple):
    """A source frame by its index, and how far the moment lies on the way to the next one: 0 up to, not including, 1.

    `black`: it is shown black.
    """

    frame: int
    way: Fraction = Fraction(0)
    black: bool = False


HELD_BYTES = 128 * 2**20
"""Bytes of pictures that are held to be turned round."""

HELD_SECONDS = 2
"""Seconds of output that are turned round at a time."""

FAR = 900
"""Source frames ahead at which a jump is sought, not read through."""


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive output frames, their moments in the source's order; `falling`: they are shown in the other."""

    moments: tuple[Moment, ...]
    falling: bool = False

    @property
    def black(self) -> bool:
        """Whether all of it is black."""
        return self.moments[0].black


def runs(moments: Sequence[Moment], longest: int) -> Iterator[Run]:
    """Cut moments into runs; falling ones have at most `longest` frames."""
    start = 0
    while start < len(moments):
        end, falling = start + 1, False
        while end < len(moments):
            step = _compare(moments[end - 1], moments[end])
            if step and not falling and moments[start] == moments[end - 1]:
                falling = step < 0
            if (step > 0 and falling) or (step < 0 and not falling) or (falling and end - start >= longest):
                break
            if moments[end].black != moments[start].black or _jumps(moments, end):
                break
            end += 1
        piece = tuple(moments[start:end])
        if falling and len(piece) > longest:
            # It stood still for longer than pictures are held: that part does not fall.
            end = start + longest
            piece = piece[:longest]
        yield Run(tuple(reversed(piece)), falling=True) if falling else Run(piece)
        start = end


def longest_held(video: SourceVideo, rate: Fraction) -> int:
    """Return how many frames of a source may be held to be turned round."""
    return max(2, min(ceil(HELD_SECONDS * rate), HELD_BYTES // frame_bytes(video)))


def frame_bytes(video: SourceVideo) -> int:
    """Return about how many bytes a decoded picture takes."""
    sampling = re.search(r"4(20|22|40|11|10)", video.pixel_format)
    parts = 2.0 if sampling and sampling[1] in ("22", "40") else 1.5 if sampling else 3.0
    parts += 1 if video.alpha else 0
    return max(1, int(video.width * video.height * parts) * (2 if video.bits > 8 else 1))


def _compare(before: Moment, after: Moment) -> int:
    return (after > before) - (after < before)


def _jumps(moments: Sequence[Moment], end: int) -> bool:
    """Whether a step is so much longer than the one before that it pays to seek."""
    step = moments[end].frame - moments[end - 1].frame
    usual = moments[end - 1].frame - moments[end - 2].frame if end > 1 else 0
    return step >= FAR and step > 8 * max(1, usual)
