"""Rows of samples: what a clip may take of its source, forwards, backwards and again from the start.

A row is numbered from the source's time 0 (or from where it is turned round) and is silent outside of what it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from math import floor
from typing import Protocol

from sidecar.ffmpeg.builder.graph import Expression, Input, InputStream, Stream, node

TURNED_SECONDS = 10
"""Sound is turned round in pieces of at most so many seconds: a filter has to hold all of a piece."""

SAMPLE_BYTES = 4

BLOCK_SECONDS = 20
"""Pieces of a file that begin within so many seconds share an input: it reads at most so much for nothing."""


class Row(Protocol):
    """Samples [first, end) of a row as a stream that counts from 0; shorter where the source ends before."""

    def cut(self, first: int, end: int) -> Stream: ...


@dataclass(frozen=True, slots=True)
class Decoded:
    """A stream whose sample 0 is the row's."""

    stream: Stream

    def cut(self, first: int, end: int) -> Stream:
        return cut(self.stream, first, end)


@dataclass(frozen=True, slots=True)
class Kept:
    """Floats in a file without a header: samples [first, end) of a row, every one of them.

    What begins in one block of it is read by one input.
    """

    url: str
    first: int
    end: int
    rate: int
    channels: int
    opened: dict[int, InputStream] = field(default_factory=dict, compare=False, repr=False)

    def cut(self, first: int, end: int) -> Stream:
        begin, stop = (min(max(edge, self.first), self.end) for edge in (first, end))
        into = begin - self.first
        block = into - into % (BLOCK_SECONDS * self.rate)
        if block not in self.opened:
            source = raw_input(self.url, self.rate, self.channels, block * self.channels * SAMPLE_BYTES)
            self.opened[block] = InputStream(source, "audio", 0)
        part = cut(self.opened[block], into - block, max(into, stop - self.first) - block)
        return delayed(node("aformat", part, sample_fmts="fltp"), min(begin, end) - first)


@dataclass(frozen=True, slots=True)
class Turned:
    """A row backwards: its sample 0 is the last before `end` of the other."""

    row: Row
    end: int
    rate: int

    def cut(self, first: int, end: int) -> Stream:
        step = TURNED_SECONDS * self.rate
        edges = [first, *range((first // step + 1) * step, end, step), end]
        parts = []
        for low, high in pairwise(edges):
            part = exact(self.row.cut(self.end - high, self.end - low), high - low)
            parts.append(counted(node("areverse", part)))
        return joined(parts)


@dataclass(frozen=True, slots=True)
class Looped:
    """A row that begins again after every `period` samples."""

    row: Row
    period: Fraction

    def cut(self, first: int, end: int) -> Stream:
        parts = []
        turn = floor((first + Fraction(1, 2)) / self.period)
        at = first
        while at < end:
            begin = floor(turn * self.period + Fraction(1, 2))
            until = min(end, floor((turn + 1) * self.period + Fraction(1, 2)))
            turn += 1
            if at >= until:
                continue
            parts.append(exact(self.row.cut(at - begin, until - begin), until - at))
            at = until
        return joined(parts)


def raw_input(url: str, rate: int, channels: int, skipped: int = 0) -> Input:
    """Open floats without a header, `skipped` bytes in."""
    options: list[tuple[str, str | None]] = [
        ("protocol_whitelist", "file,pipe"),
        ("format_whitelist", "f32le"),
        ("f", "f32le"),
        ("ar", str(rate)),
        ("ac", str(channels)),
    ]
    if skipped:
        options.append(("skip_initial_bytes", str(skipped)))
    return Input(url, tuple(options))


def cut(stream: Stream, first: int, end: int) -> Stream:
    """Take samples [first, end) of a stream, silence for those before its first."""
    begin, stop = max(0, first), max(0, end)
    part = node("atrim", stream, start_sample=begin or None, end_sample=stop)
    return delayed(counted(part) if begin else part, min(begin, end) - first)


def delayed(stream: Stream, samples: int) -> Stream:
    """Put silence before a stream. It comes without timestamps, and `concat` takes none such."""
    return counted(node("adelay", stream, delays=f"{samples}S", all=1)) if samples > 0 else stream


def counted(stream: Stream) -> Stream:
    """Count timestamps from 0 anew. What was joined has a time base of its own, so samples alone are no timestamps."""
    return node("asetpts", stream, expr=Expression("round(N/SR/TB)"))


def exact(stream: Stream, length: int) -> Stream:
    """Fill a stream up with silence to its length."""
    return node("apad", stream, whole_len=length)


def joined(parts: Sequence[Stream]) -> Stream:
    """Put streams of exact lengths one behind the other."""
    return parts[0] if len(parts) == 1 else node("concat", *parts, n=len(parts), v=0, a=1)


def nothing(length: int, rate: int, layout: str) -> Stream:
    """Return silence."""
    silent = node("anullsrc", medium="audio", r=rate, cl=layout)
    return node("aformat", node("atrim", silent, end_sample=length), sample_fmts="fltp")
