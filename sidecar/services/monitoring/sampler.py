"""Looks at everything once a second, and hands what it finds to whoever listens.

What belongs to the loop is taken on the loop, and only what is there already: looking opens nothing. What the system is
asked runs in a thread of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import trio

from protocol.errors import Timeout
from sidecar.core.monitoring.trail import CountTrail, Part, SketchTrail
from sidecar.services.logger import Logger
from sidecar.services.monitoring.clock import tick
from sidecar.services.monitoring.graphics import CardMeter
from sidecar.services.monitoring.lag import LagMeter
from sidecar.services.monitoring.machine import Machine, MachineMeter
from sidecar.services.monitoring.meter import Meter, Queue
from sidecar.services.monitoring.processes import ChildUse, Named, Process, ProcessMeter
from sidecar.services.monitoring.sample import GAP, CacheLook, Pipeline, Rates, Sample

if TYPE_CHECKING:
    from protocol.commands.gpu import Gpu
    from protocol.commands.shared import CacheKind

Listener = Callable[[Sample], None]
Measured = tuple[Machine, Process, tuple[ChildUse, ...], tuple["Gpu", ...]]

EVERY = 1.0
CRASH_SECONDS = 300.0
AFTER = 0.005
"""How long after a whole second of the clock a look begins: never a moment before it."""

LONGEST = 2.0
"""Seconds that a look may take: one that hangs (a folder on a server that is gone) is left to itself."""

ADVANCING = frozenset({"picture", "sound"})
"""Stages of jobs whose progress is told; in the others nobody can say that nothing happens."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where to look: functions that answer at once and open nothing.

    `started` and `crashed` count children since the start, by role.
    """

    meter: Meter
    children: Callable[[], Sequence[Named]]
    started: Callable[[], Mapping[str, int]]
    crashed: Callable[[], Mapping[str, int]]
    pipelines: Callable[[], Sequence[Pipeline]]
    cache: Callable[[], CacheLook]


@dataclass(frozen=True, slots=True)
class Meters:
    """What asks the system."""

    machine: MachineMeter
    processes: ProcessMeter
    cards: CardMeter


class Sampler:
    """Made by the monitoring service; all but the thread's part runs on the trio thread."""

    def __init__(self, sources: Sources, meters: Meters, log: Logger, clock: Callable[[], float] = tick) -> None:
        self.sources = sources
        self._meters = meters
        self._log = log
        self._clock = clock
        self._listeners: list[Listener] = []
        self._limiter = trio.CapacityLimiter(1)
        self._looking = trio.Lock()
        self._lag = LagMeter()
        started = clock()
        self._lags = SketchTrail(self._lag.lags, started)
        self._responses = SketchTrail(sources.meter.interactive, started)
        self._ended = CountTrail(started)
        self._found = CountTrail(started)
        self._crashes = CountTrail(started, CRASH_SECONDS)
        self._totals: tuple[float, int, int, int] | None = None
        self._stood: dict[str, tuple[Pipeline, float]] = {}
        self._failing: set[str] = set()
        self.last: Sample | None = None

    def listen(self, listener: Listener) -> None:
        """Hand every look to `listener` too, on the trio thread, in the order in which they came."""
        self._listeners.append(listener)

    async def run(self) -> None:
        """Look once a second, until cancelled. What fails is told to the log once, and tried again with the next."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._lag.run)
            while True:
                await trio.sleep(EVERY - self._clock() % EVERY + AFTER)
                if self.last is not None and self._clock() - self.last.tick < EVERY / 2:
                    continue  # somebody asked before the first: what was used in so short a time cannot be told
                await self._turn()

    async def fresh(self) -> Sample:
        """Return a look that is at most a second and a half old; takes one where there is none.

        Where looking fails, or hangs, it is the last that there was; where there was none raises Timeout, or whatever
        looking raised.
        """
        if self.last is not None and self._clock() - self.last.tick <= 1.5 * EVERY:
            return self.last
        try:
            with trio.move_on_after(LONGEST):
                return await self.look()
        except Exception:
            if self.last is None:
                raise
        if self.last is None:
            raise Timeout(operation="metrics", seconds=LONGEST)
        return self.last

    async def look(self) -> Sample:
        """Look at everything, unless somebody just has. Takes about a millisecond of a thread.

        Raises what the system refuses, and Timeout after LONGEST.
        """
        async with self._looking:
            if self.last is not None and self._clock() - self.last.tick < EVERY / 2:
                return self.last
            return await self._look()

    async def _turn(self) -> None:
        """Look, and hand it on: nothing that goes wrong here may end anything else."""
        try:
            sample = await self.look()
        except Exception as error:  # noqa: BLE001 - whatever the system refuses, it may not in a second
            self._failed("look", error)
            return
        self._failing.discard("look")
        for number, listener in enumerate(self._listeners):
            try:
                listener(sample)
            except Exception as error:  # noqa: BLE001 - the others are still to hear of it
                self._failed(f"listener {number}", error)
            else:
                self._failing.discard(f"listener {number}")

    def _failed(self, what: str, error: Exception) -> None:
        """Tell the log of it, once until it has gone well again."""
        if what not in self._failing:
            self._failing.add(what)
            self._log.warning("monitoring has failed", what=what, detail=str(error), exc_info=error)

    async def _look(self) -> Sample:
        now, at = self._clock(), time.time()
        named = self.sources.children()
        machine, process, children, gpus = await self._measured(partial(self._measure, named, now))
        meter, cache = self.sources.meter, self.sources.cache()
        active = sum(meter.active().values())
        ended, found = meter.ended_so_far, _found(cache.lookups)
        crashes = Part(sum(self.sources.crashed().values()), 0)
        sample = Sample(
            tick=now,
            at=at,
            gap=self.last is None or now - self.last.tick > GAP,
            machine=machine,
            process=process,
            children=children,
            gpus=gpus,
            lag=self._lags.recent(now),
            response=self._responses.recent(now),
            ended=self._ended.recent(now, ended),
            found=self._found.recent(now, found),
            crashes=self._crashes.recent(now, crashes).whole,
            active=active,
            connections=len(meter.lines),
            queues=_queues(meter.queues),
            pipelines=self._followed(now, {child.tag for child in named}),
            cache=cache,
            rates=self._rates(now),
        )
        self._lags.mark(now)
        self._responses.mark(now)
        self._ended.mark(now, ended)
        self._found.mark(now, found)
        self._crashes.mark(now, crashes)
        self.last = sample
        return sample

    async def _measured(self, measure: Callable[[], Measured]) -> Measured:
        with trio.move_on_after(LONGEST):
            # While one hangs, others wait for the limiter: the meters are never in two threads.
            return await trio.to_thread.run_sync(measure, abandon_on_cancel=True, limiter=self._limiter)
        raise Timeout(operation="metrics", seconds=LONGEST)

    def _measure(self, named: Sequence[Named], now: float) -> Measured:
        meters = self._meters
        machine = meters.machine.look(now)
        own = meters.processes.own(now, machine.cores)
        children = meters.processes.children(named, now, machine.cores)
        return machine, own, children, meters.cards.look(now, {child.pid for child in named})

    def _rates(self, now: float) -> Rates | None:
        meter = self.sources.meter
        operations = sum(operation.count for operation in meter.operations.values())
        totals = now, operations, meter.received, meter.sent
        before, self._totals = self._totals, totals
        if before is None or now <= before[0]:
            return None
        passed = now - before[0]
        return Rates(*((total - earlier) / passed for total, earlier in zip(totals[1:], before[1:], strict=True)))

    def _followed(self, now: float, working: Collection[str | None]) -> list[Pipeline]:
        """Return the jobs that run, each with how long processes of its own have been seen not to advance.

        A job of which none works waits for others: for a place, or for what another job makes.
        """
        passed = 0.0 if self.last is None else now - self.last.tick
        unseen = passed if passed > GAP else 0.0
        before, self._stood = self._stood, {}
        followed = []
        for pipeline in self.sources.pipelines():
            seen, since = before.get(pipeline.job_id, (pipeline, now))
            told = pipeline.stage in ADVANCING and pipeline.job_id in working
            stands = told and (seen.stage, seen.made) == (pipeline.stage, pipeline.made)
            since = min(now, since + unseen) if stands else now
            self._stood[pipeline.job_id] = pipeline, since
            followed.append(replace(pipeline, stood=now - since))
        return followed


def _queues(queues: Mapping[str, Callable[[], Queue]]) -> dict[str, Queue]:
    return {name: look() for name, look in queues.items()}


def _found(lookups: Mapping[CacheKind, tuple[int, int]]) -> Part:
    hits = sum(hit for hit, _ in lookups.values())
    return Part(hits + sum(miss for _, miss in lookups.values()), hits)
