"""Gets the cells of a job: from the cache, or made by several processes at a time, and kept there for the next."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import trio

from protocol.errors import SidecarError, SourceChanged
from sidecar.ffmpeg.builder.cells import run_limit
from sidecar.ffmpeg.builder.staged import Cost, Stages
from sidecar.services.cache.selection import source_id
from sidecar.services.cache.store import CacheStore
from sidecar.services.machine import memory
from sidecar.services.render.cells import Cell, run_job
from sidecar.services.render.control import JobControl
from sidecar.services.render.crew import Crew, open_crew
from sidecar.services.render.encode_run import Making, encode_run
from sidecar.services.render.harvest import COPIED_AT_MOST, Yield, check, copied
from sidecar.services.render.likeness import Screen
from sidecar.services.render.planning import Planned
from sidecar.services.render.produce import Bench
from sidecar.services.render.progress import ProgressMeter
from sidecar.services.render.retries import Retries
from sidecar.services.render.runs import Run, begin, encoders_within, group, loose_encoders, most_outputs, visit
from sidecar.services.render.slots import Slots
from sidecar.services.render.turn import Turn

SHOW_EVERY = 0.1
"""Seconds between two reports of progress, of all processes of a job together."""


@dataclass(slots=True, eq=False)
class CellRun:
    """The cells of one attempt of a job.

    `files` are those that are there, by key, and stay until `held` is closed; `delays` are those of their packets. `folder` is where encoders write.
    `foresee` tells how busy the cells' sources are; nothing waits for it.
    `sound` is told when the sound should be encoded beside them.
    `unkept` are cells of whose sources a decoder complained: they are kept once that has been looked into.
    """

    planned: Planned
    stages: Stages
    bench: Bench
    folder: Path
    store: CacheStore
    slots: Slots
    control: JobControl
    shown: ProgressMeter
    tell: Callable[[], None]
    fingerprint: Callable[[Path], Awaitable[str | None]]
    foresee: Callable[[Sequence[Cell], float], Awaitable[list[float]]]
    held: ExitStack
    files: dict[str, Path] = field(default_factory=dict)
    delays: dict[str, int] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)
    unkept: list[tuple[Cell, Path]] = field(default_factory=list)
    retries: Retries = field(default_factory=Retries)
    sound: Turn = field(default_factory=Turn)
    _arrived: trio.Event = field(default_factory=trio.Event)
    _unseen: dict[str, Cell] = field(default_factory=dict)
    _waiting: list[Run] = field(default_factory=list)
    _running: int = 0
    _extra: int = 0
    _encoding: int = 0
    _room: int = 0
    _lent: bool = False
    _idle: trio.Event = field(default_factory=trio.Event)
    _told: float = -SHOW_EVERY

    async def find(self) -> None:
        """Take what is there: cells that are copied from a source as they are, and those that are cached.

        Those of which the plan knew are read through: where there are others to make, `make` does it beside that.
        """
        for cell in self.planned.cells:
            if cell.copy is not None:
                self.shown.meter.settle(cell.index, "copied", cell.copy.bytes)
            elif cell.key in self.planned.known:
                self._unseen.setdefault(cell.key, cell)
            else:
                await self._found(cell)
        if not self.missing():
            await self._look()
        if not self.missing():
            self.sound.come()
        self._show(at_once=True)

    async def make(self) -> None:
        """Make all cells that are missing. Raises the typed errors of execution, RenderFailed, SourceChanged."""
        missing = list({cell.key: cell for cell in reversed(self.missing())}.values())[::-1]
        size, free = (self.planned.span.width, self.planned.span.height), await trio.to_thread.run_sync(memory)
        most = most_outputs(*size, workers=self.slots.count, memory=free.available)
        self._room = encoders_within(free.available / 2, *size)
        screen = Screen(self.stages.timeline, self.planned.span)
        runs = group(
            missing,
            workers=self.slots.share,
            most=most,
            fits=self._fits,
            related=screen.related,
            loose=loose_encoders(*size),
        )
        kinds = self.shown.meter.kinds
        self._waiting = [runs[at] for at in visit([kinds[run.cells[0].index] for run in runs])]
        self.sound.lay_out()
        self.slots.join()
        try:
            with self.control.obeyed(self._freeze):
                async with open_crew() as beside:
                    beside.start(partial(self._foresee, sum(map(self._seconds, missing))))
                    async with open_crew() as crew:
                        await self._dispatch(crew)
                    beside.dismiss()
        finally:
            if not self._lent:
                self.slots.leave()
        self.sound.come()

    async def arrival(self, key: str) -> None:
        """Wait until the file of a key is there."""
        while key not in self.files:
            await self._arrived.wait()

    async def keep(self) -> None:
        """Put into the cache what was held back: the doubts did not prove true."""
        for cell, path in self.unkept:
            await self._publish(cell, path)
        self.unkept.clear()

    async def _foresee(self, seconds: float) -> None:
        self.shown.meter.foresee(await self.foresee(self.planned.cells, seconds))

    def missing(self) -> list[Cell]:
        """Return the cells that are not there, and not to be looked for."""
        there = {*self.files, *self._unseen}
        return [cell for cell in self.planned.cells if cell.copy is None and cell.key not in there]

    def _fits(self, cells: Sequence[Cell]) -> bool:
        costs = [cell.cost for cell in cells]
        total = Cost(*(sum(getattr(cost, name) for cost in costs) for name in ("filters", "inputs", "held")))
        return total.within(run_limit(self.stages.timeline, self.stages.export))

    def _seconds(self, cell: Cell) -> float:
        return self.shown.meter.seconds_of([cell.index])

    async def _found(self, cell: Cell) -> bool:
        """Look a cell up in the cache, and note all cells of its key."""
        if cell.key not in self.files:
            sources = tuple(map(source_id, cell.sources))
            pinned = await self.store.find("segments", cell.key, owners=self.planned.owners, sources=sources)
            if pinned is None:
                return False
            self._arrive(cell, self.held.enter_context(pinned).path)
            seconds, delay = pinned.meta.get("seconds"), pinned.meta.get("delay")
            if delay is not None:
                self.delays[cell.key] = delay
            for each in self.planned.cells:
                if each.key == cell.key:
                    self.shown.meter.settle(each.index, "cached", pinned.bytes * each.frames // each.encoded, seconds)
        return True

    async def _look(self) -> None:
        """Look for the cells of which the plan knew; what is no longer there is made."""
        for key, cell in list(self._unseen.items()):
            if not await self._found(cell):
                self._waiting.append(Run((cell,)))
            del self._unseen[key]
            self._idle.set()
            self._show()

    async def _dispatch(self, crew: Crew) -> None:
        """Start runs while there are places for them, until all are done."""
        crew.start(self._look)
        while self._waiting or self._running or self._unseen:
            if not self._waiting:
                self._idle = trio.Event()
                await self._idle.wait()
                continue
            await self.control.going()
            extra = self._goes_beside()
            if not extra:
                await self.slots.take()
                if self.control.paused or not self._waiting:
                    self.slots.give(1)
                    continue
            meter = self.shown.meter
            meter.workers = self.slots.share
            running = meter.seconds_running
            run = self._waiting.pop(0) if extra else begin(self._waiting, self._seconds, running, meter.workers)
            meter.waiting = [tuple(cell.index for cell in each.cells) for each in self._waiting]
            self._running += 1
            self._extra += extra
            self._encoding += len(run.cells)
            number = meter.begin([cell.index for cell in run.cells], self._clock())
            crew.start(partial(self._work, run, number, extra=extra))

    def _goes_beside(self) -> bool:
        """Whether what waits begins though the job has all places: so little is left that all of it ends sooner so.

        Processes that share processors end more nearly together than those that wait for one.
        """
        workers, takes = self.slots.share, [sum(map(self._seconds, run.cells)) for run in self._waiting]
        alone = workers == self.slots.count and self._running >= workers and not self._lent
        fair = (self.shown.meter.seconds_running + sum(takes)) / workers
        encoders = self._encoding + sum(len(run.cells) for run in self._waiting)
        return alone and len(takes) < workers and max(takes) <= fair and encoders <= self._room

    async def _work(self, run: Run, number: int, *, extra: bool) -> None:
        """Make a run, and give its place back; what fails is tried again, cell by cell."""
        meter = self.shown.meter
        try:
            if not await self._made_elsewhere(run):
                await self._make(run, number)
        except SidecarError as error:
            left = [cell for cell in run.cells if cell.key not in self.files]
            try:
                self.retries.failed(error, [cell.index for cell in left], trio.current_time())
            except SidecarError:
                meter.end(number, self._clock(), failed=True)
                raise
            meter.end(number, self._clock())
            self.shown.retries = self.retries.count
            self._waiting = [*Run(tuple(left)).singly(), *self._waiting]
        except BaseException:
            meter.end(number, self._clock())
            raise
        else:
            meter.end(number, self._clock())
        finally:
            self._running -= 1
            self._extra -= extra
            self._encoding -= len(run.cells)
            if not self._lent and not extra:
                self.slots.give(1)
            self._idle.set()
        self._show(at_once=True)

    async def _made_elsewhere(self, run: Run) -> bool:
        """Return whether all cells of a run have come into the cache since the job began: another job made them."""
        keys = [cell.key for cell in run.cells]
        if await self.store.known("segments", keys) != frozenset(keys):
            return False
        return all([await self._found(cell) for cell in run.cells])

    async def _make(self, run: Run, number: int) -> None:
        """Encode the cells of a run, and take each as soon as it is whole."""
        stages, meter, doubts = self.stages, self.shown.meter, set[Path]()
        job = await trio.to_thread.run_sync(run_job, run.cells, stages.timeline, stages.export, stages.resources)
        sinks = [self.folder / f"{number}-{cell.index}.cell" for cell in run.cells]
        taken: set[str] = set()
        async with open_crew() as crew:

            def heard(making: Making) -> None:
                counts = making.tally.counts
                scales = [cell.frames / cell.encoded for cell in run.cells]
                scaled = [
                    (int(count.given * scale), int(count.made * scale), int(count.bytes * scale))
                    for count, scale in zip(counts, scales, strict=True)
                ]
                meter.advance(number, scaled, self._clock(), making.worked())
                for cell, count, sink in zip(run.cells[:-1], counts, sinks, strict=False):
                    if count.made == cell.encoded and count.bytes <= COPIED_AT_MOST and cell.key not in taken:
                        taken.add(cell.key)
                        crew.start(partial(self._take_early, cell, sink, making, taken))
                self._show()

            making = await encode_run(job, sinks, replace(self.bench, doubted=doubts), f"run-{number}", heard)
        for cell, sink in zip(run.cells, sinks, strict=True):
            if cell.key in self.files:
                sink.unlink(missing_ok=True)
                continue
            found = await trio.to_thread.run_sync(check, sink, cell.encoded)
            await self._take(cell, sink, found, making, doubted=bool(doubts))
        self.bench.doubted.update(doubts)

    async def _take_early(self, cell: Cell, sink: Path, making: Making, taken: set[str]) -> None:
        """Take a cell while its process makes others. Its last packets may still be on the way: then not yet."""
        copy = None if making.doubted else await trio.to_thread.run_sync(copied, sink, cell.encoded)
        if copy is None or making.doubted:
            taken.discard(cell.key)
        else:
            await self._take(cell, *copy, making, doubted=False)

    async def _take(self, cell: Cell, path: Path, found: Yield, making: Making, *, doubted: bool) -> None:
        """Take a cell that is whole, and keep it, unless its sources are doubted."""
        for source in making.sources:
            expected = self.planned.fingerprints.get(str(source))
            actual = None if expected is None else await self.fingerprint(source)
            if actual != expected:
                raise SourceChanged(path=str(source), expected=expected or "", actual=actual)
        size = (await trio.to_thread.run_sync(path.stat)).st_size
        self.delays[cell.key] = found.delay
        if doubted:
            self._arrive(cell, path)
            self.unkept.append((cell, path))
        else:
            await self._publish(cell, path)
        self.made.add(cell.key)
        for each in self.planned.cells:
            if each.key == cell.key:
                self.shown.meter.finish(each.index, size * each.frames // each.encoded)
        self._show()

    async def _publish(self, cell: Cell, path: Path) -> None:
        """Keep a cell in the cache; where it cannot be kept it stays in the folder of the job."""
        seconds = self.shown.meter.cells[cell.index].seconds
        size = (await trio.to_thread.run_sync(path.stat)).st_size
        meta = {"frames": cell.encoded, "bytes": size, "seconds": seconds, "delay": self.delays.get(cell.key)}
        sources = tuple(map(source_id, cell.sources))
        kept = await self.store.publish(
            "segments", cell.key, path, meta=meta, seconds=seconds, owners=self.planned.owners, sources=sources
        )
        self._arrive(cell, path if kept is None else self.held.enter_context(kept).path)

    def _arrive(self, cell: Cell, path: Path) -> None:
        self.files[cell.key] = path
        self._arrived.set()
        self._arrived = trio.Event()

    def _freeze(self, paused: bool) -> None:  # noqa: FBT001 - what the switch says
        """Lend the places of processes that are stopped to other jobs, which share all of them meanwhile."""
        if paused != self._lent:
            self._lent = paused
            (self.slots.give if paused else self.slots.claim)(self._running - self._extra)
            (self.slots.leave if paused else self.slots.join)()

    def _clock(self) -> float:
        return self.shown.clock(trio.current_time())

    def _look_beside(self) -> None:
        """Let the sound begin once it should. Places that are lent tell nothing of how much is left to make."""
        if self._lent:
            return
        left = sum(self._seconds(cell) for run in self._waiting for cell in run.cells)
        idle = not self._waiting and self._running < self.slots.share
        self.sound.look(left + self.shown.meter.seconds_running, self.slots.share, idle=idle)

    def _show(self, *, at_once: bool = False) -> None:
        self._look_beside()
        if at_once or trio.current_time() - self._told >= SHOW_EVERY:
            self._told = trio.current_time()
            self.tell()


def clear(folder: Path) -> None:
    """Remove what is left of the cells of an attempt."""
    shutil.rmtree(folder, ignore_errors=True)
