"""The sound of a clip of a file: what it takes of it, at its speed, in the file's channels."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Protocol

from sidecar.core.timeline import Timeline
from sidecar.ffmpeg.builder.graph import Stream
from sidecar.ffmpeg.builder.sound.rows import Looped, Row, Turned, cut
from sidecar.ffmpeg.builder.sound.score import Piece
from sidecar.ffmpeg.builder.sound.seeking import Seeking
from sidecar.ffmpeg.builder.sound.sources import FileSound, Shelf
from sidecar.ffmpeg.builder.sound.speed import STRETCH_RATE, span_of, stretched
from sidecar.ffmpeg.builder.sound.warp import Motion, falls, needed, warped


class Sources(Protocol):
    """Where the samples of files come from."""

    def row(self, sound: FileSound, rate: int, first: int, end: int) -> Row: ...


@dataclass(frozen=True, slots=True)
class Use:
    """What a clip takes of its file: samples [first, end) at `rate`; `stretches`: its pitch is kept at a speed."""

    rate: int
    first: int
    end: int
    stretches: bool
    turned: bool


def use_of(piece: Piece, line: Timeline, span: tuple[int, int], start: int | None = None) -> Use:
    """Say which samples of its file a clip needs for samples [from, to) of the project.

    What is stretched is so from sample `start` of the project on: the clip's first, if not given.
    """
    start = piece.start if start is None else start
    motion = Motion(piece.item, line.rate, line.sample_rate)
    speed = motion.steady
    if speed is not None and abs(speed) != 1 and piece.item.clip.pitch == "keep":
        # Counted backwards, sample -1 - n of the file is sample n.
        first, end = span_of(_begin(motion, start), abs(speed), span[1] - start, line.sample_rate)
        if speed < 0:
            first, end = -end, -first
        return Use(STRETCH_RATE, first, end, stretches=True, turned=speed < 0)
    first, end = motion.frames(span)
    low, high = needed(motion, first, end)
    return Use(line.sample_rate, low, high, stretches=False, turned=falls(motion, first, end))


def played(piece: Piece, sound: FileSound, line: Timeline, sources: Sources, span: tuple[int, int]) -> Stream:
    """Make what a clip takes of its file on samples [from, to) of the project; shorter where the file ends.

    What is stretched has a memory: it is made from the clip's own beginning, and cut; only where its sources are
    sought, and so not exact anyway, it is begun where it is wanted.
    """
    shelf = sources if isinstance(sources, Shelf) else None
    kept = None if shelf is None else shelf.made.get(f"played {piece.item.pointer}")
    if kept is not None:
        return kept.cut(*span)
    motion = Motion(piece.item, line.rate, line.sample_rate)
    start = span[0] if isinstance(sources, Seeking) else piece.start
    use = use_of(piece, line, span, start)
    if not use.stretches:
        return warped(_row(piece, sound, sources, use), motion, span, f"{sound.audio.channels}c")
    turned = None if shelf is None else shelf.made.get(f"turned {piece.item.pointer}")
    row: Row = _row(piece, sound, sources, use) if turned is None else turned
    if use.turned and turned is None:
        row = Turned(row, 0, use.rate)
    made = stretched(
        row,
        _begin(motion, start),
        abs(motion.steady or Fraction(1)),
        span[1] - start,
        line.sample_rate,
        bounded=not use.turned and not piece.item.looped,
    )
    return made if span[0] == start else cut(made, span[0] - start, span[1] - start)


def _row(piece: Piece, sound: FileSound, sources: Sources, use: Use) -> Row:
    """Return the source's samples, forwards."""
    file = piece.item.file
    if not piece.item.looped or file is None or file.duration is None:
        return sources.row(sound, use.rate, use.first, use.end)
    period = file.duration * file.tempo * use.rate
    return Looped(sources.row(sound, use.rate, 0, ceil(period)), period)


def _begin(motion: Motion, start: int) -> Fraction:
    """Return the second of the file that sounds at a sample of the project, counted backwards where it runs backwards."""
    speed = motion.steady or Fraction(1)
    first = motion.item.first
    begin = motion.instant(first) + Fraction(start - motion.edge(first), motion.sample_rate) * speed
    return begin if speed > 0 else -begin
