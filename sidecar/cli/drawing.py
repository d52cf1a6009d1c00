"""A plan drawn as a timeline: a block for as many frames, by what will be done about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby
from math import ceil

from protocol.commands.render import Plan, Segment, SegmentState
from sidecar.cli.words import clock

Part = tuple[str, str]
"""A text and its style."""

BLOCKS: dict[SegmentState, tuple[str, str, str]] = {
    "cached": ("█", "green", "cached"),
    "copied": ("▓", "cyan", "copied"),
    "waiting": ("░", "yellow", "to encode"),
}
"""What a state is drawn as, its style, and its name. The last of those in one block is shown."""

MOST_ROWS = 6
PER_ROW = 40
"""Segments up to which one row is enough; more are drawn in several."""

MOST_RUNS = 20
"""Runs that are listed."""


def drawn(found: Plan, width: int) -> Iterator[list[Part]]:
    """Draw a plan in lines of at most `width` columns: rows of blocks, each with its time before it, and a legend."""
    frames, rate = found.plan.frames, Fraction(found.frame_rate)
    rows = min(MOST_ROWS, max(1, ceil(len(found.segments) / PER_ROW)), frames)
    marks = [clock(float(frames * row / rows / rate)) for row in range(rows + 1)]
    margin = max(len(mark) for mark in marks)
    columns = max(1, min(width - 2 * margin - 2, frames // rows))
    states = _columns(found.segments, frames, rows * columns)
    for row in range(rows):
        shown = states[row * columns : (row + 1) * columns]
        blocks = [(BLOCKS[state][0] * len(list(some)), BLOCKS[state][1]) for state, some in groupby(shown)]
        end = marks[-1] if row == rows - 1 else ""
        yield [(f"{marks[row]:>{margin}} ", "dim"), *blocks, (f" {end}", "dim")]
    yield _legend(found, margin)


def _columns(segments: Sequence[Segment], frames: int, count: int) -> list[SegmentState]:
    """Return what each of `count` equal parts of the timeline shows: what has to be encoded before all."""
    order = list(BLOCKS)
    states: list[SegmentState] = []
    place = 0
    for column in range(count):
        first, end = frames * column // count, max(frames * column // count + 1, frames * (column + 1) // count)
        while segments[place].to <= first:
            place += 1
        touched = {segments[place].state}
        after = place + 1
        while after < len(segments) and segments[after].from_ < end:
            touched.add(segments[after].state)
            after += 1
        states.append(max(touched, key=order.index))
    return states


def _legend(found: Plan, margin: int) -> list[Part]:
    counts = {"cached": found.plan.cached, "copied": found.plan.copied, "waiting": found.plan.encode}
    parts: list[Part] = [(" " * (margin + 1), "")]
    for state, (block, style, name) in BLOCKS.items():
        parts += [(block, style), (f" {name} {counts[state]}   ", "" if counts[state] else "dim")]
    return parts


RUN_HEADINGS = ("from", "to", "frames", "segments", "what")


def runs(found: Plan) -> list[tuple[str, str, str, str, str]]:
    """List neighbours of one state: times in seconds, frames, how many segments they are, and the state."""
    rate = Fraction(found.frame_rate)
    rows = []
    for state, some in groupby(found.segments, key=lambda segment: segment.state):
        together = list(some)
        first, end = together[0].from_, together[-1].to
        times = (f"{float(first / rate):.3f}", f"{float(end / rate):.3f}")
        rows.append((*times, str(end - first), str(len(together)), BLOCKS[state][2]))
    return rows
