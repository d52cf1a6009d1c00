"""Exact time: seconds as rationals, frames as integers. No float ever adds up time.

The rules are those of the project file: a JSON number stands for the decimal that JavaScript prints for it, edit
points snap to the nearest frame (halves upward), and an instant shows the frame that began at or before it.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Annotated

from msgspec import Meta

Seconds = Annotated[float | str, Meta(extra={"type": "seconds"})]
"""A time or a duration in seconds: a JSON number or an exact "num/den"."""

Rate = Annotated[str, Meta(extra={"type": "rate"})]
"""A frame rate: "25" or "30000/1001", 1–240, terms below 2**31."""

ExactTime = str
"""An exact time in results, always "num/den" in lowest terms."""

MAX_TERM = 2**31
MAX_SECONDS = 10**9
_RATIONAL = re.compile(r"(-?[0-9]{1,24})(?:/([0-9]{1,24}))?")
_INSTANT_SLACK = Fraction(1, 1000)


def parse_seconds(value: float | str) -> Fraction:
    """Read a time exactly.

    Raises ValueError for text that is not a rational, a zero denominator, a number that is not finite, or a
    magnitude beyond 10**9 seconds.
    """
    if isinstance(value, str):
        match = _RATIONAL.fullmatch(value)
        if match is None:
            raise ValueError(f'{value!r} is not a time: expected seconds as a number or "num/den"')
        denominator = int(match[2] or 1)
        if denominator == 0:
            raise ValueError(f"{value!r} has a zero denominator")
        seconds = Fraction(int(match[1]), denominator)
        if not -MAX_SECONDS <= seconds <= MAX_SECONDS:
            raise ValueError(f"{value!r} is beyond {MAX_SECONDS} seconds")
        return seconds
    if not -MAX_SECONDS <= value <= MAX_SECONDS:  # NaN too
        raise ValueError(f"a time is finite, and at most {MAX_SECONDS} seconds")
    # a third of the time of Fraction(repr(value)), which reads the text with a regular expression
    return Fraction(*Decimal(repr(value)).as_integer_ratio())


def parse_rate(value: str) -> Fraction:
    """Read a frame rate of 1–240 frames a second, both terms below 2**31; anything else raises ValueError."""
    match = _RATIONAL.fullmatch(value)
    if match is None or int(match[2] or 1) == 0:
        raise ValueError(f'{value!r} is not a frame rate: expected "25" or "30000/1001"')
    numerator, denominator = int(match[1]), int(match[2] or 1)
    if numerator >= MAX_TERM or denominator >= MAX_TERM:
        raise ValueError(f"{value!r}: the terms of a frame rate must be below 2**31")
    rate = Fraction(numerator, denominator)
    if not 1 <= rate <= 240:
        raise ValueError(f"{value!r} is not between 1 and 240 frames a second")
    return rate


def format_rate(rate: Fraction) -> str:
    """Write a rate as the project file does: "25", "30000/1001"."""
    return str(rate.numerator) if rate.denominator == 1 else f"{rate.numerator}/{rate.denominator}"


def format_exact(seconds: Fraction) -> ExactTime:
    """Write a time as results carry it: "num/den", also for whole seconds."""
    return f"{seconds.numerator}/{seconds.denominator}"


def edit_frame(seconds: Fraction, rate: Fraction) -> int:
    """Frame number of an edit point: ⌊x·fps + ½⌋."""
    return floor(seconds * rate + Fraction(1, 2))


def instant_frame(seconds: Fraction, rate: Fraction) -> int:
    """Frame shown at an instant asked for by a client: ⌊t·fps + 1/1000⌋."""
    return floor(seconds * rate + _INSTANT_SLACK)


def sample_at_frame(frame: int, rate: Fraction, sample_rate: int) -> int:
    """Sample at which a frame edge lies: ⌊frame · sampleRate / fps + ½⌋."""
    return floor(frame * sample_rate / rate + Fraction(1, 2))
