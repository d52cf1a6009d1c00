"""Shares missing cells out among processes. Pure: how cells are grouped changes no byte of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, inf
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

LOOSE_BYTES = 2**27
"""Memory that the encoders of one process may take where one would do for each cell as well: what a process lets go of
the next one takes while it is warm, and to begin one costs less than to touch so much memory for the first time."""

HELD = 50
"""Frames that an encoder holds, about: of shorter cells it takes less memory. Measured for x264, and taken for its like."""

LONGEST_FIRST = 0.5
"""A run that is at least this share of what is left for one worker goes before its turn: begun late, it ends last."""

AT_MOST = 0.7
"""Of what is left for one worker, a process begins no more than this share: what is then left evens out the ends."""

ENOUGH = 1.0
"""Seconds of processor of a run that is not cut any more: to begin a process, and to find one's place in its sources,
takes a tenth of that."""


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
    return max(1, min(MOST_OUTPUTS, encoders_within(min(RUN_BYTES, memory / 2 / workers), width, height)))


def encoders_within(memory: float, width: int, height: int) -> int:
    """Return how many encoders so many bytes are enough for."""
    return int(memory / (OUTPUT_BYTES * max(1.0, width * height / OUTPUT_PIXELS)))


def loose_encoders(width: int, height: int) -> float:
    """Return how many encoders, at least one, a process may have for cells that show different things.

    Unlike `encoders_within` it takes small pictures for small: these are meant not to be limited.
    """
    return max(1.0, LOOSE_BYTES * OUTPUT_PIXELS / (OUTPUT_BYTES * width * height))


def group(
    missing: Sequence[Cell],
    *,
    workers: int,
    most: int,
    fits: Callable[[Sequence[Cell]], bool],
    related: Callable[[Cell, Cell], bool] = lambda _before, _after: True,
    loose: float = inf,
) -> list[Run]:
    """Group neighbours to runs of at most `most` cells, and no more than leave all workers the same to do.

    `related` says that two neighbours show the same: to begin between those means to find one's place in their sources
    first. What is not related shares a process as far as it takes the memory of `loose` encoders. `fits` says whether
    one process can take some cells; a single cell is a run whatever it says. `missing` is in the order of the timeline.
    """
    if not missing:
        return []
    waves = ceil(len(missing) / (workers * most))
    length = ceil(len(missing) / (workers * waves))
    runs: list[Run] = []
    for stretch in _parts(missing, _together):
        for cells in _packed(_parts(stretch, related), length, loose):
            runs += _fitting(cells, fits)
    return runs


def begin(waiting: list[Run], seconds: Callable[[Cell], float], running: float, workers: int) -> Run:
    """Take what goes next from the runs that wait, in their order. What is cut off of it waits on.

    `seconds` tells what a cell takes, `running` what all processes together have yet to do.
    """
    takes = [[seconds(cell) for cell in run.cells] for run in waiting]
    sums = [sum(each) for each in takes]
    number = choose(sums, workers)
    run = waiting.pop(number)
    count = _portion(takes[number], (running + sum(sums)) / workers) if workers > 1 else len(run.cells)
    if count < len(run.cells):
        waiting.insert(0, Run(run.cells[count:]))
    return Run(run.cells[:count])


def portions(runs: Iterable[Sequence[float]], workers: int) -> Iterator[float]:
    """Foretell what each process will take that is yet to begin, by what the cells of the runs that wait take.

    While one begins, each other is taken to be halfway through what began last.
    """
    waiting = [list(run) for run in reversed(list(runs))]
    left, last = sum(map(sum, waiting)), 0.0
    while waiting:
        run = waiting.pop()
        count = _portion(run, (left + (workers - 1) * last / 2) / workers) if workers > 1 else len(run)
        if count < len(run):
            waiting.append(run[count:])
        last = sum(run[:count])
        left -= last
        yield last


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


def _portion(seconds: Sequence[float], left: float) -> int:
    """Return how many of its cells a run begins with, where so many seconds are left for each worker."""
    most, taken = max(ENOUGH, AT_MOST * left), 0.0
    for count, each in enumerate(seconds):
        taken += each
        if count and taken > most:
            return count
    return len(seconds)


def _parts(cells: Sequence[Cell], joined: Callable[[Cell, Cell], bool]) -> Iterator[Sequence[Cell]]:
    """Cut between neighbours that are not joined."""
    start = 0
    for number in range(1, len(cells) + 1):
        if number == len(cells) or not joined(cells[number - 1], cells[number]):
            yield cells[start:number]
            start = number


def _packed(parts: Iterable[Sequence[Cell]], length: int, loose: float) -> Iterator[Sequence[Cell]]:
    """Put parts together to at most so many cells and encoders; a part of more cells is cut to pieces of like length."""
    held: list[Cell] = []
    for part in parts:
        if held and (len(held) + len(part) > length or _encoders((*held, *part)) > loose):
            yield held
            held = []
        count = ceil(len(part) / length)
        bounds = [len(part) * number // count for number in range(count + 1)]
        for first, end in pairwise(bounds[:-1]):
            yield part[first:end]
        held += part[bounds[-2] :]
    if held:
        yield held


def _encoders(cells: Iterable[Cell]) -> float:
    """Return the memory of cells' encoders, in those that hold as many frames as they can."""
    return sum(min(1.0, cell.encoded / HELD) for cell in cells)


def _together(before: Cell, after: Cell) -> bool:
    """Whether one process can make both: a still cell is made alone."""
    return before.end == after.first and not before.still and not after.still


def _fitting(cells: Sequence[Cell], fits: Callable[[Sequence[Cell]], bool]) -> list[Run]:
    """Halve what is too much for one process."""
    if len(cells) == 1 or fits(cells):
        return [Run(tuple(cells))]
    middle = len(cells) // 2
    return _fitting(cells[:middle], fits) + _fitting(cells[middle:], fits)
