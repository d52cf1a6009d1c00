"""Sound played at the speed of its picture, pitch and all: resampled in pieces whose ends meet to the sample.

A piece takes a whole number of source samples to a whole number of the project's. It is resampled a little beyond
its own start and end, and cut: pieces made one by one sound as if they had been made in one go, and a window makes
only those that it needs.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from protocol.time import sample_at_frame
from sidecar.core.timeline import Item
from sidecar.ffmpeg.builder.graph import Stream, node
from sidecar.ffmpeg.builder.sound.rows import Row, Turned, counted, cut, exact, joined, nothing

PIECE_SECONDS = 10
"""Longest piece: on a grid from the clip's first frame."""

SLOWEST = 256
"""Slower than one in so many, sound is silent: what is left of it lies below hearing."""

FINE = 8
"""Parts of a sample to which the ends of mapped pieces are rounded.

Pieces of a map are as short as frames: on whole samples their ends would tremble by 10 µs, which is heard.
"""

_TERMS = 8_000
_MARGIN = 48
_HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Motion:
    """How a clip runs through its source: the source second at every frame edge."""

    item: Item
    rate: Fraction
    sample_rate: int

    def instant(self, frame: int) -> Fraction:
        """Return the second of the file that is heard at the beginning of a frame, also inside handles.

        Backwards, a frame's picture is that of its end: the sound runs from there to the picture of the next.
        """
        item = self.item
        instant = item.unlooped(frame - 1 if item.reverse else frame, self.rate)
        return instant if item.file is None else item.file.in_file(instant)

    @property
    def steady(self) -> Fraction | None:
        """Seconds of the file a second, negative backwards; None where the clip has a time map."""
        item = self.item
        if item.time_map is not None:
            return None
        speed = item.speed if item.file is None else item.speed * item.file.tempo
        return -speed if item.reverse else speed

    def position(self, frame: int, fine: int = 1) -> int:
        """Return the source sample at the beginning of a frame, or in how many parts of one."""
        return floor(self.instant(frame) * self.sample_rate * fine + _HALF)

    def step(self, frame: int) -> Fraction:
        """Return how far the source runs in a frame; 0 where it jumps, from a key that was held to the next."""
        if self.item.time_map is not None:
            keys = self.item.time_map.keys
            first, end = ((number - self.item.first) / self.rate for number in (frame, frame + 1))
            reached = (bisect_right(keys, time, key=lambda key: key.time) for time in (first, end))
            for index in range(*reached):
                held = index > 0 and keys[index - 1].easing == "hold"
                if held and keys[index - 1].source != keys[index].source:
                    return Fraction(0)
        return self.instant(frame + 1) - self.instant(frame)

    def frames(self, span: tuple[int, int]) -> tuple[int, int]:
        """Return the frames that hold samples [from, to) of the project."""
        first = floor(span[0] * self.rate / self.sample_rate)
        first -= self.edge(first) > span[0]
        end = ceil(span[1] * self.rate / self.sample_rate)
        return first, end + (self.edge(end) < span[1])

    def edge(self, frame: int) -> int:
        """Return the project's sample at the beginning of a frame."""
        return sample_at_frame(frame, self.rate, self.sample_rate)


def pieces(motion: Motion, first: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut frames [first, end) of the project where pieces end: at the grid, and where the speed changes.

    Pieces are whole: the first may begin before, the last end after the frames.
    """
    item, step = motion.item, max(1, round(PIECE_SECONDS * motion.rate))
    low = item.first + (first - item.first) // step * step
    while low < end:
        high = low + step
        if item.time_map is None:
            yield low, high
        else:
            yield from (each for each in _even(motion, low, high) if each[1] > first and each[0] < end)
        low = high


def _even(motion: Motion, low: int, high: int) -> Iterator[tuple[int, int]]:
    """Cut frames into runs of one speed."""
    begin, last = low, motion.step(low)
    for frame in range(low + 1, high):
        step = motion.step(frame)
        if step != last:
            yield begin, frame
            begin, last = frame, step
    yield begin, high


def falls(motion: Motion, first: int, end: int) -> bool:
    """Tell whether the source runs backwards somewhere in frames [first, end)."""
    if motion.steady is not None:
        return motion.steady < 0
    return any(motion.position(until) < motion.position(begin) for begin, until in pieces(motion, first, end))


def needed(motion: Motion, first: int, end: int) -> tuple[int, int]:
    """Return the source samples that frames [first, end) take, with what their pieces take beyond their ends."""
    if abs(motion.steady or 0) == 1:
        start, stop = _plain(motion, (motion.edge(first), motion.edge(end)))
        return min(start, stop), max(start, stop)
    fine = FINE if motion.steady is None else 1
    low: list[int] = []
    high: list[int] = []
    for begin, until in pieces(motion, first, end):
        start, stop = sorted((motion.position(begin, fine), motion.position(until, fine)))
        lead, rest = _context(stop - start, motion.edge(until) - motion.edge(begin))
        low.append((start - max(lead, rest)) // fine - 2 * _MARGIN)
        high.append(-(-(stop + max(lead, rest)) // fine) + 2 * _MARGIN)
    return min(low), max(high)


def warped(row: Row, motion: Motion, span: tuple[int, int], layout: str) -> Stream:
    """Play a row over samples [from, to) of the project; it is numbered at the project's sample rate."""
    rate = motion.sample_rate
    if abs(motion.steady or 0) == 1:
        start, stop = _plain(motion, span)
        return row.cut(start, stop) if start < stop else Turned(row, start, rate).cut(0, start - stop)
    parts = []
    first, end = motion.frames(span)
    for begin, until in pieces(motion, first, end):
        low, high = motion.edge(begin), motion.edge(until)
        at, stop = max(low, span[0]), min(high, span[1])
        if at < stop:
            made = _piece(row, motion, (begin, until), layout)
            parts.append(made if (at, stop) == (low, high) else cut(made, at - low, stop - low))
    return joined(parts)


def _plain(motion: Motion, span: tuple[int, int]) -> tuple[int, int]:
    """Return the source samples at which a clip at its own speed begins and ends a span; they fall backwards."""
    first = motion.item.first
    start, edge = motion.position(first), motion.edge(first)
    sign = 1 if motion.steady == 1 else -1
    return start + sign * (span[0] - edge), start + sign * (span[1] - edge)


def _piece(row: Row, motion: Motion, frames: tuple[int, int], layout: str) -> Stream:
    rate, mapped = motion.sample_rate, motion.steady is None
    fine = FINE if mapped else 1
    start, stop = (motion.position(frame, fine) for frame in frames)
    length = motion.edge(frames[1]) - motion.edge(frames[0])
    taken = abs(stop - start)
    if taken * SLOWEST < length * fine or motion.step(frames[0]) == 0:
        return nothing(length, rate, layout)
    if stop < start:
        # Backwards a steady clip takes the samples of its range from the last on; a map passes its own places.
        turn = -(-start // fine) + mapped
        row, start = Turned(row, turn, rate), (turn - mapped) * fine - start
    if taken == length * fine and start % fine == 0:
        return exact(row.cut(start // fine, start // fine + length), length)
    ratio = _ratio(taken, length)
    lead, rest = _context(taken, length)
    first, end = start - lead, start + taken + rest
    if fine == 1:
        source = exact(row.cut(first, end), end - first)
    else:
        low, high = first // fine - _MARGIN, -(-end // fine) + _MARGIN
        more = node("aresample", exact(row.cut(low, high), high - low), osr=rate * fine, osf="fltp")
        source = cut(more, first - low * fine, end - low * fine)
    scale = max(1, 16_000 // max(ratio.numerator, ratio.denominator))
    named = node("asetrate", source, r=ratio.numerator * scale)
    made = node("aresample", named, osr=ratio.denominator * scale, osf="fltp", linear_interp=1)
    skipped = lead * ratio.denominator // ratio.numerator
    part = node("atrim", made, start_sample=skipped, end_sample=skipped + length)
    return counted(node("asetrate", part, r=rate))


def _ratio(taken: int, length: int) -> Fraction:
    """Source samples a sample, in terms that a resampler takes: off by less than a hundredth of one over a piece."""
    return Fraction(taken, length).limit_denominator(_TERMS)


def _context(taken: int, length: int) -> tuple[int, int]:
    """Source samples before and after a piece that its ends are made of; those before make whole samples."""
    if taken == 0:
        return 0, 0
    ratio = _ratio(taken, length)
    rest = ceil(_MARGIN * max(Fraction(1), ratio))
    return ratio.numerator * ceil(Fraction(rest, ratio.numerator)), rest
