"""Shares missing cells out among processes. Pure: how cells are grouped changes no byte of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sidecar.services.render.cells import Cell

MOST_OUTPUTS = 5
"""Cells that one process encodes: each has an encoder that lives until the process ends."""

OUTPUT_BYTES = 175 * 2**20
"""Memory of an encoder at 720p, preset medium (measured: VP9 150 MB, x264 174, AV1 184, x265 232); it grows with the
pixels of a frame."""

OUTPUT_PIXELS = 1280 * 720

RUN_BYTES = 2**30
"""Memory that the encoders of one process may take, where the machine has more."""

LONGEST_FIRST = 0.5
"""A run that is at least this share of what is left for one worker goes before its turn: begun late, it ends last."""


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring cells that one process makes."""

    cells: tuple[Cell, ...]

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        return tuple((cell.first, cell.end) for cell in self.cells)

    def singly(self) -> tuple[Run, ...]:
        """Return a run for each cell."""
        return tuple(Run((cell,)) for cell in self.cells)


def most_outputs(width: int, height: int, *, workers: int, memory: int) -> int:
    """Return how many cells a process may encode at once, at least one.

    `memory` bytes are free for all `workers`, of which encoders take half at most.
    """
    each = OUTPUT_BYTES * max(1.0, width * height / OUTPUT_PIXELS)
    return max(1, min(MOST_OUTPUTS, int(min(RUN_BYTES, memory / 2 / workers) / each)))


def group(missing: Sequence[Cell], *, workers: int, most: int, fits: Callable[[Sequence[Cell]], bool]) -> list[Run]:
    """Group neighbours to runs of at most `most` cells, of like length, so that all workers have the same to do.

    `fits` says whether one process can take some cells; a single cell is a run whatever it says. `missing` is in the
    order of the timeline.
    """
    if not missing:
        return []
    waves = ceil(len(missing) / (workers * most))
    length = ceil(len(missing) / (workers * waves))
    runs: list[Run] = []
    for stretch in _stretches(missing):
        count = ceil(len(stretch) / length)
        bounds = [len(stretch) * number // count for number in range(count + 1)]
        for first, end in pairwise(bounds):
            runs += _fitting(stretch[first:end], fits)
    return runs


def visit(kinds: Sequence[Hashable]) -> list[int]:
    """Return the order in which runs begin: one of each kind first, and always everywhere on the timeline early.

    What was made tells then what the rest takes, wherever it lies.
    """
    order = _spread(len(kinds))
    first = {kinds[number]: number for number in reversed(order)}
    return sorted(order, key=lambda number: first[kinds[number]] != number)


def choose(seconds: Sequence[float], workers: int) -> int:
    """Return the number of the run that goes next: the first, or the longest where it would otherwise end last."""
    longest = max(range(len(seconds)), key=seconds.__getitem__)
    return longest if seconds[longest] >= LONGEST_FIRST * sum(seconds) / workers else 0


def _spread(count: int) -> list[int]:
    """Return 0 to count − 1 as 0, the middle, the quarters, and so on."""
    bits = max(1, (count - 1).bit_length())
    turned = (int(f"{number:0{bits}b}"[::-1], 2) for number in range(1 << bits))
    return [number for number in turned if number < count]


def _stretches(cells: Sequence[Cell]) -> Iterator[Sequence[Cell]]:
    start = 0
    for number in range(1, len(cells) + 1):
        if number == len(cells) or not _together(cells[number - 1], cells[number]):
            yield cells[start:number]
            start = number


def _together(before: Cell, after: Cell) -> bool:
    """Whether one process can make both: a still cell is made alone."""
    return before.end == after.first and not before.still and not after.still


def _fitting(cells: Sequence[Cell], fits: Callable[[Sequence[Cell]], bool]) -> list[Run]:
    """Halve what is too much for one process."""
    if len(cells) == 1 or fits(cells):
        return [Run(tuple(cells))]
    middle = len(cells) // 2
    return _fitting(cells[:middle], fits) + _fitting(cells[middle:], fits)
