"""Sound at another speed: stretched with its pitch kept, or resampled."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor, log

from sidecar.ffmpeg.builder.graph import Expression, Stream, node

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


@dataclass(frozen=True, slots=True)
class Reading:
    """A piece of a source: from `instant` in source seconds on, at `speed`, as `length` samples at `rate`."""

    instant: Fraction
    speed: Fraction
    length: int
    rate: int


def source_rate(speed: Fraction, rate: int, *, keep: bool) -> int:
    """Sample rate that a source is read at before its speed is changed.

    For resampling it is such that rate × speed is a whole number, or as good as one.
    """
    if speed == 1:
        return rate
    if keep:
        return STRETCH_RATE
    step = speed.limit_denominator(2 * rate).denominator
    return step * ceil(Fraction(rate, step))


def play(source: Stream, reading: Reading, *, keep: bool) -> Stream:
    """Take a piece of a source, which begins at its time 0 at the rate of `source_rate`, at its speed.

    What lies before the source's start is silent; the result may be shorter than the reading where the source ends.
    """
    if reading.speed == 1:
        return _cut(source, floor(reading.instant * reading.rate + _HALF), reading.length)
    silent = max(0, floor(-reading.instant / reading.speed * reading.rate + _HALF))
    if silent:
        # Stretched silence would take the first sound after it with it.
        reading = replace(reading, instant=Fraction(0), length=max(1, reading.length - silent))
    return _delayed(_stretched(source, reading) if keep else _resampled(source, reading), silent)


def _cut(source: Stream, start: int, length: int) -> Stream:
    """Take samples [start, start + length) of a stream, silence for those before its first."""
    first, end = max(0, start), max(0, start + length)
    cut = node("atrim", source, start_sample=first or None, end_sample=end)
    counted = node("asetpts", cut, expr=Expression("N")) if first else cut
    return _delayed(counted, first - start)


def _delayed(stream: Stream, samples: int) -> Stream:
    return node("adelay", stream, delays=f"{samples}S", all=1) if samples > 0 else stream


def _resampled(source: Stream, reading: Reading) -> Stream:
    """Play a source faster or slower, pitch and all, by giving its samples another rate."""
    rate = source_rate(reading.speed, reading.rate, keep=False)
    start = floor(reading.instant * rate + _HALF)
    needed = ceil(Fraction(reading.length, reading.rate) * reading.speed * rate) + rate // 10
    piece = _cut(source, start, needed)
    named = node("asetrate", piece, r=max(1, round(rate * reading.speed)))
    return node("atrim", node("aresample", named, osr=reading.rate, osf="fltp"), end_sample=reading.length)


def _stretched(source: Stream, reading: Reading) -> Stream:
    """Play a source faster or slower with its pitch kept.

    It is begun a little early where the source has something there, so that the stretcher is in its stride and its
    own delay can be taken off.
    """
    wanted = floor(reading.instant * STRETCH_RATE + _HALF)
    lead = min(wanted, _LEAD)
    start = wanted - lead
    seconds = Fraction(reading.length, reading.rate)
    rest = max(_REST, reading.speed / 8)
    piece = _cut(source, start, lead + ceil((seconds * reading.speed + rest) * STRETCH_RATE))
    kind = "crisp" if reading.speed > _CRISP_ABOVE else "mixed"
    stretched = node("rubberband", piece, tempo=float(reading.speed), window="short", transients=kind)
    skip = round(lead / reading.speed + delay(float(reading.speed)) * STRETCH_RATE)
    length = ceil(seconds * STRETCH_RATE)
    if reading.rate == STRETCH_RATE:
        return _cut(stretched, skip, reading.length)
    whole = node("aresample", _cut(stretched, skip, length + STRETCH_RATE // 10), osr=reading.rate, osf="fltp")
    return node("atrim", whole, end_sample=reading.length)


def delay(speed: float) -> float:
    """Seconds by which stretched sound comes out late (negative: early), between the measured speeds by logarithm."""
    speeds = [known for known, _ in _DELAYS]
    place = min(max(bisect_right(speeds, speed), 1), len(_DELAYS) - 1)
    (low, below), (high, above) = _DELAYS[place - 1], _DELAYS[place]
    share = min(1.0, max(0.0, log(speed / low) / log(high / low)))
    return (below + (above - below) * share) / 1000
