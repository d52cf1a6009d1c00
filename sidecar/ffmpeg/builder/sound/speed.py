"""Sound at another speed with its pitch kept."""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction
from math import ceil, floor, log

from sidecar.ffmpeg.builder.graph import Stream, node
from sidecar.ffmpeg.builder.sound.rows import Row, cut, delayed

STRETCH_RATE = 48_000
"""Sample rate at which sound is stretched: where the delays below were measured."""

_HALF = Fraction(1, 2)
_LEAD = 4_800
_REST = Fraction(1, 4)

_CRISP_ABOVE = 5.0
"""Speed above which transients are kept sharp over all frequencies.

Below it those between 150 and 1,000 Hz are left alone, or every held note would waver (by up to 4 % of its pitch).
"""

# Delay of librubberband by speed, in milliseconds: where clicks come out, less where they should; measured at 48 kHz.
# Without it, sound at 3 x would lag behind its picture by a third of a frame, at 6 x by more than one.
_DELAYS = (
    (0.05, -106.4),
    (0.07, -75.3),
    (0.1, -48.2),
    (0.15, -30.4),
    (0.2, -21.5),
    (0.25, -16.2),
    (0.3, -12.7),
    (0.4, -7.5),
    (0.5, -6.5),
    (0.6, -5.5),
    (0.7, -4.5),
    (0.8, -3.2),
    (0.9, -1.5),
    (1.0, 0.0),
    (1.1, 1.3),
    (1.25, 2.2),
    (1.5, 3.6),
    (1.75, 4.7),
    (2.0, 5.7),
    (2.65, 6.0),
    (2.7, 11.8),
    (3.5, 12.2),
    (5.0, 14.0),
    (5.001, 23.9),
    (5.3, 23.6),
    (5.4, 46.5),
    (8.0, 50.3),
    (12.0, 52.5),
    (20.0, 56.7),
    (100.0, 62.0),
)


def span_of(first: Fraction, speed: Fraction, length: int, rate: int) -> tuple[int, int]:
    """Return which samples at `STRETCH_RATE` a stretch of `length` samples takes that begins at second `first`."""
    wanted = floor(first * STRETCH_RATE + _HALF)
    rest = max(_REST, speed / 8)
    return wanted - _LEAD, wanted + ceil((Fraction(length, rate) * speed + rest) * STRETCH_RATE)


def stretched(row: Row, first: Fraction, speed: Fraction, length: int, rate: int, *, bounded: bool) -> Stream:
    """Play a row, numbered at `STRETCH_RATE`, from second `first` on, faster or slower with its pitch kept.

    It is begun a little early where the source has something there, so that the stretcher is in its stride and its
    own delay can be taken off. `bounded`: before its sample 0 there is nothing. The result may be shorter than
    `length` samples where the source ends.
    """
    silent = max(0, floor(-first / speed * rate + _HALF)) if bounded else 0
    if silent:
        # Stretched silence would take the first sound after it with it.
        first, length = Fraction(0), max(1, length - silent)
    low, high = span_of(first, speed, length, rate)
    lead = min(low + _LEAD, _LEAD) if bounded else _LEAD
    piece = row.cut(low + _LEAD - lead, high)
    made = node("rubberband", piece, tempo=float(speed), window="short", transients=kind_of(speed))
    skip = round(lead / speed + delay(float(speed)) * STRETCH_RATE)
    if rate == STRETCH_RATE:
        return delayed(cut(made, skip, skip + length), silent)
    needed = ceil(Fraction(length, rate) * STRETCH_RATE) + STRETCH_RATE // 10
    whole = node("aresample", cut(made, skip, skip + needed), osr=rate, osf="fltp")
    return delayed(node("atrim", whole, end_sample=length), silent)


def kind_of(speed: Fraction) -> str:
    """Return how transients are treated at a speed."""
    return "crisp" if speed > _CRISP_ABOVE else "mixed"


def delay(speed: float) -> float:
    """Seconds by which stretched sound comes out late (negative: early), between the measured speeds by logarithm."""
    speeds = [known for known, _ in _DELAYS]
    place = min(max(bisect_right(speeds, speed), 1), len(_DELAYS) - 1)
    (low, below), (high, above) = _DELAYS[place - 1], _DELAYS[place]
    share = min(1.0, max(0.0, log(speed / low) / log(high / low)))
    return (below + (above - below) * share) / 1000
