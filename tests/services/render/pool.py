"""A pool of processes that makes cells of known cost on a clock of its own, in the order that a real job takes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field

from protocol.commands.render import RenderProgress
from sidecar.ffmpeg.builder.staged import Cost
from sidecar.services.render.cell_meter import CellMeter
from sidecar.services.render.cells import Cell
from sidecar.services.render.progress import ProgressMeter
from sidecar.services.render.runs import begin, group, visit

FRAMES = 100
LOOKAHEAD = 40
GIVING = 0.35
"""Share of the work on a frame that is done before its encoder has looked ahead enough to let go of the first."""

START_UP = 0.15
"""Seconds of processor that a process takes before its first frame."""

CLOSING = 0.15
"""Seconds of processor that its cells take when it has ended."""

CLOCK = 0.01
"""Seconds of processor are counted in these."""


@dataclass(slots=True)
class _Process:
    number: int
    cells: tuple[int, ...]
    seconds: list[float]
    worked: float = 0.0
    counts: list[tuple[int, int, int]] = field(default_factory=list)

    def look(self, sizes: Sequence[int]) -> None:
        """Say how many frames each encoder has by now: it looks ahead, then keeps pace, then lets go of the rest."""
        left = self.worked - START_UP
        self.counts = []
        for place, seconds in enumerate(self.seconds):
            given, made = _inside(FRAMES * min(1.0, max(0.0, left / seconds)))
            left -= seconds
            self.counts.append((given, made, sizes[self.cells[place]] * made // FRAMES))

    @property
    def over(self) -> bool:
        return self.worked >= START_UP + sum(self.seconds) + CLOSING


def _cell(index: int) -> Cell:
    return Cell(index, FRAMES * index, FRAMES * (index + 1), f"{index:064}", FRAMES, Cost(1, 1, 0))


def _inside(work: float) -> tuple[int, int]:
    """Return how many frames went into an encoder, and came out, for so much of the work on FRAMES of them."""
    ahead = min(LOOKAHEAD, work / GIVING)
    both = min(FRAMES - LOOKAHEAD, max(0.0, work - LOOKAHEAD * GIVING))
    rest = max(0.0, work - LOOKAHEAD * GIVING - (FRAMES - LOOKAHEAD)) / (1 - GIVING)
    return int(ahead + both + 1e-9), int(both + rest + 1e-9)


def simulate(
    costs: Sequence[float | None],
    kinds: Sequence[Hashable] = (),
    *,
    workers: int,
    busyness: Sequence[float] = (),
    share: Callable[[float], float] = lambda _: 1.0,
    tick: float = 0.1,
) -> Iterator[tuple[float, RenderProgress]]:
    """Yield the clock and what is shown at each tick, while cells are made.

    `costs` are seconds of processor, None for a cell that is cached; `share` says how much of a processor each process
    gets at a time.
    """
    meter = CellMeter([(FRAMES * at, FRAMES * (at + 1)) for at in range(len(costs))], (), kinds, workers=workers)
    shown = ProgressMeter("job", meter, 4.0 * len(costs), "libx264", 0.0, has_picture=True)
    if busyness:
        meter.foresee(busyness)
    sizes = [100_000 + 1000 * at for at in range(len(costs))]
    missing = [at for at, cost in enumerate(costs) if cost is not None]
    for at, cost in enumerate(costs):
        if cost is None:
            meter.settle(at, "cached", sizes[at])
    runs = group([_cell(at) for at in missing], workers=workers, most=5, fits=lambda _: True)
    waiting = [runs[number] for number in visit([kinds[run.cells[0].index] if kinds else None for run in runs])]
    running: list[_Process] = []
    now = 0.0
    while waiting or running:
        while waiting and len(running) < workers:
            run = begin(waiting, lambda cell: meter.seconds_of([cell.index]), meter.seconds_running, workers)
            cells = tuple(cell.index for cell in run.cells)
            running.append(_Process(meter.begin(cells, now), cells, [costs[at] or 0.0 for at in cells]))
        meter.waiting = [tuple(cell.index for cell in run.cells) for run in waiting]
        now += tick
        for process in list(running):
            process.worked += tick * share(now)
            process.look(sizes)
            meter.advance(process.number, process.counts, now, process.worked // CLOCK * CLOCK)
            if process.over:
                for at in process.cells:
                    meter.finish(at, sizes[at])
                meter.end(process.number, now)
                running.remove(process)
        yield now, shown.pictured(now)
