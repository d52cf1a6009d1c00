"""Which source frame each output frame shows (docs/engine.md): a filter chain in which nothing is left to rounding.

For every source frame the first output frame that may show it is computed in integers and put in the middle of that
output slot; `fps=round=down` then only repeats and drops, the newest of a slot winning.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, lcm

from protocol.errors import ResourceLimit
from sidecar.core.source import SourceFacts, SourceVideo
from sidecar.ffmpeg.builder.graph import Expression, Stream, Window, node

EXACT = 2**52
"""Integers below it are exact in setpts, which reckons in doubles."""

LONGEST = Fraction(24 * 3600)
"""Seconds of source that a chain is made for where the file does not say how long it is."""


@dataclass(frozen=True, slots=True)
class Take:
    """`frames` output frames at `rate` from a source, beginning at source instant `start` (seconds), at `speed`."""

    start: Fraction
    speed: Fraction
    rate: Fraction
    frames: int


def slack(video: SourceVideo) -> Fraction:
    """How far after the instant a frame may lie and still count: half a tick, at most a quarter of an interval."""
    half = video.time_base / 2
    return half if video.rate is None else min(half, 1 / (4 * video.rate))


def select(stream: Stream, facts: SourceFacts, video: SourceVideo, take: Take) -> Stream:
    """Pick frames: time base 1/rate, timestamps 0 to frames - 1, whatever the source's end.

    `stream` carries absolute timestamps in ticks of the stream's time base, or of an integer part of it.
    """
    reference = video.time_base / 2
    while reference > 1 / (8 * take.rate):
        reference /= 2
    if video.rate is None:
        first_frame = _as_stored(facts, video, take, reference)
    else:
        first_frame = _on_grid(facts, video, video.rate, take, reference)
    slot = 1 / (take.rate * reference)
    centre = f"(max(0,{first_frame})+0.5)*{slot.numerator}/{slot.denominator}"
    stream = node("settb", stream, expr=reference)
    stream = node("setpts", stream, expr=Expression(centre))
    stream = node("fps", stream, support=Window(1, 0), fps=take.rate, round="down", start_time=0, eof_action="pass")
    stream = node("tpad", stream, stop=-1, stop_mode="clone")
    return node("trim", stream, end_frame=take.frames)


def hold(stream: Stream, frames: int) -> Stream:
    """Repeat a stream's first frame."""
    if frames == 1:
        return stream
    stream = node("loop", stream, loop=-1, size=1, start=0)
    stream = node("setpts", stream, expr=Expression("N"))
    return node("trim", stream, end_frame=frames)


def counted(stream: Stream, rate: Fraction) -> Stream:
    """Let timestamps count a stream's frames from 0, in time base 1/rate."""
    return node("setpts", node("settb", stream, expr=1 / rate), expr=Expression("N"))


def part(stream: Stream, first: int, end: int) -> Stream:
    """Cut frames [first, end) out of a stream whose timestamps count its frames."""
    stream = node("trim", stream, start_frame=first, end_frame=end)
    return node("setpts", stream, expr=Expression("PTS-STARTPTS"))


def _reach(facts: SourceFacts, take: Take) -> int:
    """Most output frames that a source frame can lie away from the take's first."""
    length = (facts.duration or LONGEST) + abs(take.start)
    return ceil(length / take.speed * take.rate) + take.frames + 1


def _on_grid(facts: SourceFacts, video: SourceVideo, rate: Fraction, take: Take, reference: Fraction) -> str:
    """First output frame of a source frame whose stored timestamp is put back on its rate's grid.

    ceil((floor((PTS-P0)*Q+0.5)-K0)*a - b): frame number on the grid, counted from the one on screen at the start.
    """
    origin = video.first_pts * video.time_base
    start = facts.start + take.start + slack(video)
    ahead = floor((start - origin) * rate)
    step = take.rate / (rate * take.speed)
    offset = (start - origin - ahead / rate) * take.rate / take.speed
    a, b, d = _integers(step, offset, _reach(facts, take))
    base = origin / reference
    grid = reference * rate
    ticks = ceil(((facts.duration or LONGEST) + 1) / reference)
    if ticks * grid.numerator > EXACT:
        raise ResourceLimit(what="ticks of a source's clock", value=ticks, limit=EXACT // grid.numerator)
    number = f"floor((PTS-{_signed(base)})*{grid.numerator}/{grid.denominator}+0.5)"
    return f"ceil((({number}-{_signed(ahead)})*{a}-{_signed(b)})/{d})"


def _as_stored(facts: SourceFacts, video: SourceVideo, take: Take, reference: Fraction) -> str:
    """First output frame of a source frame by its stored timestamp: ceil((PTS-BASE)*a - b)."""
    start = (facts.start + take.start + slack(video)) / reference
    base = floor(start)
    step = reference / take.speed * take.rate
    a, b, d = _integers(step, (start - base) * step, _reach(facts, take))
    return f"ceil(((PTS-{_signed(base)})*{a}-{_signed(b)})/{d})"


def _integers(step: Fraction, offset: Fraction, reach: int) -> tuple[int, int, int]:
    """Write x·step - offset as (x·a - b)/d in integers that stay exact in doubles while the result is below `reach`.

    Speeds with long decimals do not fit; they are replaced by the nearest ratio that does. What that moves lies far
    below the half tick by which frames may be late.
    """
    limit = EXACT // (4 * reach)
    denominator = lcm(step.denominator, offset.denominator)
    if denominator > limit:
        step = step.limit_denominator(limit)
        denominator = step.denominator * max(1, limit // step.denominator)
    return int(step * denominator), floor(offset * denominator), denominator


def _signed(value: int | Fraction) -> str:
    """An integer as an operand: negative ones in brackets."""
    number = int(value)
    return str(number) if number >= 0 else f"({number})"
