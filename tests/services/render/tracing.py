"""Renders written down while they run, to be gone through again: what the meter was told, and when."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from protocol.commands.render import RenderProgress, SegmentState, Stage, State
from sidecar.services.render.cell_meter import CellMeter
from sidecar.services.render.progress import ProgressMeter

CLOSING = 0.15
"""Seconds of processor that a process and its cells take when they are made."""

HEARD_EVERY = 0.5
"""Seconds between two counts of one process that are written down."""

NEAR_SHARE, NEAR_SECONDS = 0.2, 3.0
"""How far an estimate may be from the truth: as a share of it, or in seconds."""

FROM = 0.25
"""The share of the elapsed time after which estimates are judged."""


def outside(told: Sequence[tuple[float, float | None]], end: float, near: float = NEAR_SECONDS) -> float:
    """Return which share of the estimates (elapsed seconds, remaining) is too far from the truth, once they count."""
    judged = [(end - elapsed, eta) for elapsed, eta in told if FROM * end <= elapsed < end]
    wrong = [1 for left, eta in judged if eta is None or abs(eta - left) > max(NEAR_SHARE * left, near)]
    return len(wrong) / len(judged)


@dataclass(slots=True)
class Trace:
    """What the meter of a job was told, in its order. Times are seconds from the start of the job."""

    plan: dict[str, Any] = field(default_factory=dict)
    told: list[list[Any]] = field(default_factory=list)

    def write(self, path: Path) -> None:
        text = json.dumps({"plan": self.plan, "told": self.told}, separators=(",", ":"))
        path.write_bytes(gzip.compress(text.encode(), mtime=0))

    @classmethod
    def read(cls, path: Path) -> Trace:
        return cls(**json.loads(gzip.decompress(path.read_bytes())))


class Recorder:
    """Makes meters that write down what they are told, and what they tell. The last job is what it holds."""

    def __init__(self) -> None:
        self.trace = Trace()
        self.estimates: list[tuple[float, float | None]] = []
        self.started = 0.0
        self._heard: dict[int, float] = {}

    def note(self, name: str, *values: Any) -> None:
        self.trace.told.append([name, *values])

    def at(self, clock: float) -> float:
        return round(clock - self.started, 2)

    def due(self, run: int, counts: Sequence[tuple[int, int, int]], clock: float) -> bool:
        """Whether counts of a run are written down: the first with anything in them, then now and then."""
        if not any(given for given, *_ in counts) or clock - self._heard.get(run, -1.0) < HEARD_EVERY:
            return False
        self._heard[run] = clock
        return True

    def meter(
        self,
        spans: Sequence[tuple[int, int]],
        weights: Sequence[float] = (),
        kinds: Sequence[Hashable] = (),
    ) -> CellMeter:
        self.trace = Trace({"spans": spans, "weights": [round(each, 2) for each in weights]})
        self.trace.plan["kinds"] = [hash(kind) % 10_000 for kind in kinds]
        self.estimates = []
        self._heard.clear()
        return _Meter(self, spans, weights, kinds)

    def shown(self, **members: Any) -> ProgressMeter:
        self.started = members["started"]
        self.trace.plan["seconds"] = members["seconds"]
        shown = _Shown(**members)
        shown.recorder = self
        return shown


class _Meter(CellMeter):
    def __init__(
        self,
        recorder: Recorder,
        spans: Sequence[tuple[int, int]],
        weights: Sequence[float],
        kinds: Sequence[Hashable],
    ) -> None:
        super().__init__(spans, weights, kinds)
        self.recorder = recorder

    def foresee(self, busyness: Sequence[float]) -> None:
        self.recorder.note("foresee", [round(each, 3) for each in busyness])
        super().foresee(busyness)

    def settle(self, index: int, state: SegmentState, size: int, seconds: float | None = None) -> None:
        self.recorder.note("settle", index, state, size, seconds and round(seconds, 3))
        super().settle(index, state, size, seconds)

    def begin(self, cells: Sequence[int], now: float) -> int:
        self.recorder.note(
            "begin", self.recorder.at(now), list(cells), self.workers, [list(run) for run in self.waiting]
        )
        return super().begin(cells, now)

    def advance(
        self, run: int, counts: Sequence[tuple[int, int, int]], now: float, worked: float | None = None
    ) -> None:
        if self.recorder.due(run, counts, now):
            self.recorder.note("advance", self.recorder.at(now), run, counts, worked and round(worked, 2))
        super().advance(run, counts, now, worked)

    def finish(self, index: int, size: int) -> None:
        self.recorder.note("finish", index, size)
        super().finish(index, size)

    def end(self, run: int, now: float, *, failed: bool = False) -> None:
        self.recorder.note("end", self.recorder.at(now), run)
        super().end(run, now, failed=failed)


class _Shown(ProgressMeter):
    recorder: Recorder

    def show(self, now: float) -> RenderProgress:
        shown = super().show(now)
        self.recorder.estimates.append((shown.elapsed, shown.eta))
        return shown

    def mixed(self, share: float, now: float) -> RenderProgress:
        self.recorder.note("mixed", self.recorder.at(self.clock(now)), round(share, 3))
        return super().mixed(share, now)

    def enter(self, state: State, stage: Stage, now: float) -> RenderProgress:
        self.recorder.note("enter", self.recorder.at(self.clock(now)), state, stage)
        return super().enter(state, stage, now)

    def ended(self, state: State, now: float) -> RenderProgress:
        self.recorder.note("ended", self.recorder.at(self.clock(now)), state)
        return super().ended(state, now)


@dataclass(slots=True)
class _Process:
    """One that runs again: how far each encoder was when it had used so much of the processor, and its clock now."""

    cells: tuple[int, ...]
    waiting: list[tuple[int, ...]]
    workers: int
    looks: list[tuple[float, list[tuple[int, int, int]]]]
    number: int = 0
    worked: float = 0.0

    @property
    def over(self) -> bool:
        return self.worked >= self.looks[-1][0] + CLOSING

    def counts(self) -> list[tuple[int, int, int]]:
        none = [(0, 0, 0)] * len(self.cells)
        return next((counts for at, counts in reversed(self.looks) if at <= self.worked), none)


def _processes(trace: Trace, meter: CellMeter) -> list[_Process]:
    """Return the processes of a render in their order; each ends with all that its cells hold."""
    found: list[_Process] = []
    for name, *values in trace.told:
        if name == "begin":
            _, cells, workers, waiting = values
            found.append(
                _Process(tuple(cells), [tuple(run) for run in waiting], workers, [(0.0, [(0, 0, 0)] * len(cells))])
            )
        elif name == "advance":
            _, number, counts, worked = values
            found[number - 1].looks.append((worked, [tuple(each) for each in counts]))
    for process in found:
        worked, counts = process.looks[-1]
        frames = [meter.cells[index].frames for index in process.cells]
        missing = sum(frames) - sum(made for _, made, _ in counts)
        rate = sum(frames) / worked
        whole = [(each, each, size) for each, (*_, size) in zip(frames, counts, strict=True)]
        process.looks.append((worked + missing / rate, whole))
    return found


def play(trace: Trace, share: Callable[[float], float], tick: float = 0.1) -> Iterator[tuple[float, RenderProgress]]:
    """Go through a render again, its processes as they were, on a machine that gives each `share(now)` of a processor.

    Yields the clock and what is shown. How long it took when it was written down counts for nothing, so that one which
    was recorded on a busy machine can be judged.
    """
    plan = trace.plan
    meter = CellMeter([(first, end) for first, end in plan["spans"]], plan["weights"], plan["kinds"])
    shown = ProgressMeter("job", meter, plan["seconds"], "libx264", 0.0, has_picture=True)
    shown.enter("preparing", "analysing", 0.0)
    for name, *values in trace.told:
        if name in ("settle", "foresee"):
            getattr(meter, name)(*values)
    waiting, running = _processes(trace, meter), list[_Process]()
    now = 0.0
    while waiting or running:
        while waiting and len(running) < waiting[0].workers:
            process = waiting.pop(0)
            meter.workers, meter.waiting = process.workers, process.waiting
            process.number = meter.begin(process.cells, now)
            running.append(process)
        now += tick
        for process in list(running):
            process.worked += tick * share(now)
            meter.advance(process.number, process.counts(), now, process.worked)
            if process.over:
                for index, (_, _, size) in zip(process.cells, process.counts(), strict=True):
                    meter.finish(index, size)
                meter.end(process.number, now)
                running.remove(process)
        yield now, shown.pictured(now)
