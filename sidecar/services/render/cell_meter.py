"""How far the cells of a render are, and how long the rest takes. Pure: the clock is given."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from protocol.commands.render import SegmentCounts, SegmentState
from sidecar.services.render.cell_progress import CellProgress
from sidecar.services.render.forecast import Forecast, seconds_to_finish
from sidecar.services.render.given_share import GivenShare, Seen
from sidecar.services.render.pace import Pace
from sidecar.services.render.runs import portions

WINDOW_SECONDS = 2.0
"""The rate of frames is measured over this much."""

TELLING_SHARE = 0.1
"""A cell says nothing of others before this share of it is done."""

TIME_STEEPNESS = 0.3
SIZE_STEEPNESS = 0.7
"""Powers of a source's bitrate that time and bytes of encoding it follow, until a job's own cells tell."""

WEIGHT_SECONDS = 0.01
"""About what a weight takes in seconds of processor, before anything is known: with x264, medium."""


@dataclass(slots=True)
class _Running:
    """A process: when it began, when it was last found to have advanced, its work by then, and what of that counted."""

    cells: tuple[int, ...]
    begun: float
    heard: float
    seen: Seen
    worked: float = 0.0
    started: bool = False
    counted: float = 0.0


class CellMeter:
    """Follows the cells of one attempt. Times are seconds of a clock that stands while the job is paused."""

    def __init__(
        self,
        spans: Sequence[tuple[int, int]],
        weights: Sequence[float] = (),
        kinds: Sequence[Hashable] = (),
        *,
        workers: int = 1,
    ) -> None:
        """Take the spans of all cells, in order, what each is expected to ask for, in any unit, and what it shows."""
        self._given_share = GivenShare()
        self.cells = [
            CellProgress(index, first, end, given_share=self._given_share) for index, (first, end) in enumerate(spans)
        ]
        self.kinds = tuple(kinds) or (None,) * len(self.cells)
        self.workers = workers
        self.waiting: Sequence[tuple[int, ...]] = ()
        frames = [float(cell.frames) for cell in self.cells]
        self._times = Forecast(weights or frames, self.kinds, steepness=TIME_STEEPNESS)
        self._sizes = Forecast(frames, self.kinds, steepness=SIZE_STEEPNESS)
        self._runs: dict[int, _Running] = {}
        self._begun = 0
        self._start_up = _Mean()
        self._beside = _Mean()
        self._pace = Pace()
        self._shares = Pace()
        self._by_time = False
        self._recent: deque[tuple[float, float]] = deque()
        self._changed: dict[int, SegmentState] = {}

    def foresee(self, busyness: Sequence[float]) -> None:
        """Take how busy the cells' sources are against the mean of theirs, as logarithms."""
        self._times.foresee(busyness)
        self._sizes.foresee(busyness)

    def settle(self, index: int, state: SegmentState, size: int, seconds: float | None = None) -> None:
        """Note that a cell's packets are there; `seconds` of processor it took, where it was made at another time."""
        cell = self.cells[index]
        cell.bytes = size
        self._enter(cell, state)
        self._sizes.learn(index, size)
        if seconds:
            self._times.recall(index, seconds)

    def begin(self, cells: Sequence[int], now: float) -> int:
        """Note that a process begins to make these cells; return its number."""
        self._begun += 1
        self._runs[self._begun] = _Running(tuple(cells), now, now, self._given_share.process())
        for index in cells:
            self._enter(self.cells[index], "running")
        return self._begun

    def advance(
        self, run: int, counts: Sequence[tuple[int, int, int]], now: float, worked: float | None = None
    ) -> None:
        """Take how many frames each cell's encoder was given and has made, and the bytes of these.

        `worked` are the seconds of processor that the run has used; where they are not known, time stands for them.
        """
        running = self._runs[run]
        gained: list[tuple[CellProgress, int, int]] = []
        for index, (into, out, size) in zip(running.cells, counts, strict=True):
            cell = self.cells[index]
            if not cell.settled:
                given, made = min(into, cell.frames), min(out, cell.frames)
                gained.append((cell, given - cell.given, made - cell.made))
                cell.given, cell.made, cell.bytes = given, made, size
        total = sum(cell.share(given, made) * cell.frames for cell, given, made in gained)
        if total <= 0:
            return
        self._by_time = worked is None
        worked = now - running.begun if worked is None else worked
        passed, running.heard = now - running.heard, now
        work, running.worked = worked - running.worked, worked
        if not running.started:
            running.started = True
            self._start_up.add(passed)
            return
        running.counted += passed
        self._pace.note(passed, work, len(self._runs))
        self._shares.note(passed, sum(cell.share(given, made) for cell, given, made in gained), len(self._runs))
        running.seen.note(sum(each[1] for each in gained), sum(each[2] for each in gained), work)
        for cell, given, made in gained:
            share = cell.share(given, made)
            if share > 0:
                cell.seconds += work * share * cell.frames / total
                cell.timed_given += given
                cell.timed_made += made
                self._learn(cell)
        self._note(now)

    def finish(self, index: int, size: int) -> None:
        """Note that a cell was made and checked."""
        cell = self.cells[index]
        cell.bytes = size
        self._enter(cell, "encoded")
        self._sizes.learn(index, size)
        self._learn(cell)

    def end(self, run: int, now: float, *, failed: bool = False) -> None:
        """Note that a process has ended; cells that it did not make wait again, or have failed for good."""
        ended = self._runs.pop(run)
        if ended.started and all(self.cells[index].settled for index in ended.cells):
            self._beside.add(now - ended.begun - ended.counted)
        for index in ended.cells:
            cell = self.cells[index]
            if not cell.settled:
                cell.given = cell.made = cell.bytes = 0
                cell.seconds, cell.timed_given, cell.timed_made = 0.0, 0, 0
                self._enter(cell, "failed" if failed else "waiting")

    def changes(self) -> dict[int, SegmentState]:
        """Return the states that cells have entered since this was last asked."""
        changed, self._changed = self._changed, {}
        return changed

    @property
    def running(self) -> list[CellProgress]:
        """The cells that are being made, in order."""
        indices = sorted(index for run in self._runs.values() for index in run.cells)
        return [self.cells[index] for index in indices if not self.cells[index].settled]

    @property
    def counts(self) -> SegmentCounts:
        states = [cell.state for cell in self.cells]
        return SegmentCounts(
            total=len(states),
            cached=states.count("cached"),
            copied=states.count("copied"),
            encoded=states.count("encoded"),
            running=states.count("running"),
            failed=states.count("failed"),
        )

    def frames_of(self, *states: SegmentState) -> int:
        """Count the frames that are there in cells of these states: all of those that are made, of others a part."""
        return sum(cell.frames if cell.settled else cell.made for cell in self.cells if cell.state in states)

    @property
    def bytes(self) -> int:
        """Bytes of the packets that are there."""
        return sum(cell.bytes for cell in self.cells)

    @property
    def bytes_predicted(self) -> int | None:
        """Bytes of all packets; None while no cell's are known."""
        for cell in self.running:
            if cell.made >= TELLING_SHARE * cell.frames:
                self._sizes.learn(cell.index, cell.bytes, cell.made / cell.frames)
        if not self._sizes.known:
            return None
        return int(sum(cell.bytes if cell.settled else self._sizes.of(cell.index) or 0 for cell in self.cells))

    @property
    def share(self) -> float:
        """Share of the work on cells that were missing which is done, by their weights; 1 where none was."""
        asked = done = 0.0
        for cell in self.cells:
            if cell.state not in ("cached", "copied"):
                weight = self._times.weight(cell.index)
                asked += weight
                done += weight * cell.done
        return done / asked if asked else 1.0

    def rate(self) -> float | None:
        """Frames a second over the last two seconds."""
        if len(self._recent) < 2:
            return None
        (first, before), (last, after) = self._recent[0], self._recent[-1]
        return max(0.0, after - before) / (last - first) if last > first else None

    @property
    def slowness(self) -> float:
        """Seconds that a second of processor lately took, at least 1: what else the machine does is the difference."""
        return max(1.0, 1.0 / (self._pace.value or 1.0))

    def seconds_of(self, cells: Sequence[int]) -> float:
        """Return what some cells will take, in seconds of processor; while nothing is known, by a rule of thumb."""
        return sum(self._seconds(index) for index in cells)

    @property
    def seconds_running(self) -> float:
        """What processes that run have yet to do, in seconds of processor."""
        return sum(self._left(run) for run in self._runs.values())

    def remaining(self) -> float | None:
        """Return in how many seconds the last cell is made; None before anything is known."""
        if not self._times.known:
            return None
        self._given_share.learn()
        one = len(self.cells) == 1 and self._by_time
        seconds = self._of_one(self.cells[0]) if one else self._of_all()
        self._pace.look_back(seconds)
        self._shares.look_back(seconds)
        return seconds

    def _of_all(self) -> float:
        """Return when the last of all processes ends, those that run and those that wait."""
        pace = self._pace.value or 1.0
        start, beside = self._start_up.value, max(self._start_up.value, self._beside.value)
        running = [self._left(run) / pace + (beside - start if run.started else beside) for run in self._runs.values()]
        workers = max(self.workers, len(running), 1)
        takes = ([self._seconds(index) for index in cells] for cells in self.waiting)
        # The longest go first in the end, whatever the order was before.
        waiting = sorted((beside + seconds / pace for seconds in portions(takes, workers)), reverse=True)
        return seconds_to_finish(running, waiting, workers)

    def _left(self, run: _Running) -> float:
        return sum(self._seconds(index) * (1 - self.cells[index].done) for index in run.cells)

    def _of_one(self, cell: CellProgress) -> float:
        """Return the mean of what the whole cell so far promises, and what it did lately."""
        left = 1 - cell.done
        overall = self._seconds(cell.index) * left
        lately = self._shares.value
        return (overall + left / lately) / 2 if lately else overall

    def _learn(self, cell: CellProgress) -> None:
        # What is too short for the processor's clock says nothing.
        if cell.timed >= TELLING_SHARE and cell.seconds > 0:
            self._times.learn(cell.index, cell.seconds, cell.timed)

    def _seconds(self, index: int) -> float:
        foretold = self._times.of(index)
        return WEIGHT_SECONDS * self._times.weight(index) if foretold is None else foretold

    def _enter(self, cell: CellProgress, state: SegmentState) -> None:
        if cell.state != state:
            cell.state = state
            self._changed[cell.index] = state

    def _note(self, now: float) -> None:
        made = sum(cell.done * cell.frames for cell in self.cells if cell.state not in ("cached", "copied"))
        self._recent.append((now, made))
        while now - self._recent[0][0] > WINDOW_SECONDS and len(self._recent) > 2:
            self._recent.popleft()


@dataclass(slots=True)
class _Mean:
    total: float = 0.0
    count: int = field(default=0)

    def add(self, value: float) -> None:
        self.total += value
        self.count += 1

    @property
    def value(self) -> float:
        return self.total / self.count if self.count else 0.0
