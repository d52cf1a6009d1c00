"""Picks frames by a table: the frame that every output frame shows has been reckoned out, the graph only obeys.

A filter sees a frame's timestamp, not which output frames show it. So the table is turned round: for every stamp the
first output frame that asks for it or a later one, found by halving inside an expression.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from fractions import Fraction

from protocol.errors import ResourceLimit
from sidecar.core.source import SourceVideo
from sidecar.ffmpeg.builder.graph import Expression, Stream, Window, node

EXACT = 2**52
"""Integers below it are exact in setpts, which reckons in doubles."""

FINE = 2048
"""Parts of an output frame that timestamps can tell apart at least."""


def pick(stream: Stream, video: SourceVideo, stamps: Sequence[int], rate: Fraction) -> Stream:
    """Show, as frame n, the newest frame whose stamp is at most stamps[n]; they never fall.

    `stream` carries absolute timestamps in ticks of the stream's time base, or of an integer part of it. What comes
    out counts its frames in time base 1/rate, as many as `stamps`.
    """
    reference = _reference(video.time_base, rate)
    first = int(video.first_pts * video.time_base / reference)
    seen = f"(PTS-({first}))"
    if video.rate is not None:
        grid = reference * video.rate
        _exact(stamps[-1] * grid.denominator)
        seen = f"floor({seen}*{grid.numerator}/{grid.denominator}+0.5)"
        return _slotted(node("settb", stream, expr=reference), seen, stamps, rate, reference)
    ticks = int(video.time_base / reference)
    wanted = [(stamp - video.first_pts) * ticks for stamp in stamps]
    _exact(wanted[-1])
    return _slotted(node("settb", stream, expr=reference), seen, wanted, rate, reference)


def pick_counted(stream: Stream, numbers: Sequence[int], rate: Fraction) -> Stream:
    """Show, as frame n, the stream's frame number numbers[n], counted from 0; they never fall."""
    reference = 1 / (rate * FINE)
    return _slotted(node("settb", stream, expr=reference), "N", numbers, rate, reference)


def _reference(tick: Fraction, rate: Fraction) -> Fraction:
    """Halve a time base until the middle of an output frame can be told in it."""
    reference = tick / 2
    while reference > 1 / (8 * rate):
        reference /= 2
    return reference


def _exact(value: int) -> None:
    if abs(value) > EXACT:
        raise ResourceLimit(what="ticks of a source's clock", value=abs(value), limit=EXACT)


def _slotted(stream: Stream, seen: str, wanted: Sequence[int], rate: Fraction, reference: Fraction) -> Stream:
    """Put every frame in the middle of the first output frame that may show it; the newest of a slot wins."""
    slot = 1 / (rate * reference)
    number = f"0*st(0,{seen})+{first_shown(wanted, 'ld(0)')}"
    centre = Expression(f"({number}+0.5)*{slot.numerator}/{slot.denominator}")
    stream = node("setpts", stream, expr=centre)
    stream = node("fps", stream, support=Window(1, 0), fps=rate, round="down", start_time=0, eof_action="pass")
    stream = node("tpad", stream, stop=-1, stop_mode="clone")
    return node("trim", stream, end_frame=len(wanted))


def first_shown(wanted: Sequence[int], seen: str) -> str:
    """Write the first n with wanted[n] >= seen.

    Where there is none, one past the end: that far `fps` has to be led for `trim` to see that it is over.
    """
    steps = sorted(set(wanted))
    firsts = [bisect_left(wanted, step) for step in steps]
    return table(steps, [*firsts, len(wanted) + 1], seen)


def table(limits: Sequence[int], values: Sequence[int | str], seen: str) -> str:
    """Write values[k] where limits[k - 1] < seen <= limits[k]; there is one value more than limits, which rise."""

    def between(low: int, high: int) -> str:
        if low == high:
            return str(values[low])
        middle = (low + high) // 2
        return f"if(lte({seen},{limits[middle]}),{between(low, middle)},{between(middle + 1, high)})"

    return between(0, len(limits))
