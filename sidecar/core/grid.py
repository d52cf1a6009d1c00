"""The grid of cells: where a render is cut into pieces that are encoded, kept and used again one by one.

Cells end where what is on screen becomes another thing, and inside of one at even distances that are counted from a
moment of its own content. So trimming or moving a clip leaves all cells as they are but those that it cuts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, pairwise
from math import ceil, floor

from sidecar.core.timeline import OutputSpan

Span = tuple[int, int]
"""Frames [first, end)."""

CELL_SECONDS = 4
"""About how long a cell is: half as much doubles what is decoded twice, more makes a small change dear."""

SHORTEST = 2
"""A rest of less than one of as many parts of a cell is joined to its neighbour: to begin an encoder costs memory that
has to be touched first, and a keyframe."""

LONGEST = Fraction(3, 2)
"""Of as many cells is the longest: more would leave the other cores of the machine without work."""

BETWEEN = 2
"""What lies between two copies is one cell if it is no longer than one of as many parts of a cell."""


@dataclass(frozen=True, slots=True)
class Scenery:
    """Project frames [first, end) that show one thing.

    `origin` is the moment that its frames are counted from, in project frames; it may lie outside and between frames.
    None: all its frames are one picture, so it can be cut anywhere.
    """

    first: int
    end: int
    origin: Fraction | None


@dataclass(frozen=True, slots=True)
class Cut:
    """A cell's output frames [first, end), and whether they are all one picture."""

    first: int
    end: int
    still: bool

    @property
    def frames(self) -> int:
        return self.end - self.first


def cell_frames(rate: Fraction, distance: int) -> int:
    """Return how many frames a cell has: the multiple of the distance of keyframes that is nearest to four seconds."""
    return distance * max(1, floor(CELL_SECONDS * rate / distance + Fraction(1, 2)))


def cut_cells(
    sceneries: Sequence[Scenery], span: OutputSpan, every: int, copies: Sequence[Span] = ()
) -> tuple[Cut, ...]:
    """Cut the frames of an output into cells of about `every` frames, in order, without gap.

    `sceneries` cover the span's project frames, in order. `copies` are spans of output frames that are cells as they
    are, in order; little that lies between two of them is one cell. The lengths of cells lie between a half and twice `every`, but where what is shown is shorter;
    of one picture none is longer than `every`.
    """
    cells = [Cut(*copy, still=False) for copy in copies]
    for scenery in sceneries:
        low = _shown(scenery.first, span)
        high = span.frames if scenery is sceneries[-1] else _shown(scenery.end, span)
        for piece in _beside(copies, low, high):
            cells += _cut(piece, scenery.origin, span, every)
    ordered = sorted(cells, key=lambda cell: cell.first)
    return tuple(_joined(ordered, frozenset(copies), every)) if copies else tuple(ordered)


def _joined(cells: Sequence[Cut], copies: frozenset[Span], every: int) -> Iterator[Cut]:
    """Join what lies between copies where it is short, whatever it shows: to begin a cell takes longer than to encode it."""
    for copied, group in groupby(cells, key=lambda cell: (cell.first, cell.end) in copies):
        between = list(group)
        first, end = between[0].first, between[-1].end
        if copied or BETWEEN * (end - first) > every or any(cell.still for cell in between):
            yield from between
        else:
            yield Cut(first, end, still=False)


def _beside(copies: Sequence[Span], first: int, end: int) -> Iterator[Span]:
    """Return what of frames [first, end) is in none of the copies, which are in order."""
    place = first
    for low, high in copies:
        if place < min(low, end):
            yield place, min(low, end)
        place = max(place, high)
    if place < end:
        yield place, end


def _shown(frame: int, span: OutputSpan) -> int:
    """Return the first output frame that shows a project frame or a later one."""
    return min(span.frames, max(0, ceil((frame - span.first) * (span.rate / span.project_rate))))


def _cut(piece: Span, origin: Fraction | None, span: OutputSpan, every: int) -> Iterator[Cut]:
    first, end = piece
    if origin is None:
        count = -(-(end - first) // every)
        places = [first + (end - first) * number // count for number in range(count + 1)]
    else:
        counted = (origin - span.first) * (span.rate / span.project_rate)
        start = ceil(counted) + -(-(first - ceil(counted)) // every) * every
        places = [first, *_inner(first, end, range(start, end, every), every), end]
    for low, high in pairwise(places):
        yield Cut(low, high, still=origin is None)


def _inner(first: int, end: int, grid: Sequence[int], every: int) -> Sequence[int]:
    """Return the places of the grid that leave no short rest; of a longer piece at least the one that leaves most."""
    kept = [at for at in grid if _long(at - first, every) and _long(end - at, every)]
    if kept or LONGEST * every >= end - first:
        return kept
    return [max(grid, key=lambda at: min(at - first, end - at))]


def _long(frames: int, every: int) -> bool:
    return SHORTEST * frames >= every
