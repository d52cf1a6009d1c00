"""Looks at everything once a second, and hands what it finds to whoever listens.

What belongs to the loop is taken on the loop, and only what is there already: looking opens nothing. What the system is
asked runs in a thread of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import trio

from sidecar.core.monitoring.trail import CountTrail, Part, SketchTrail
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

EVERY = 1.0
CRASH_SECONDS = 300.0
AFTER = 0.005
"""How long after a whole second of the clock a look begins: never a moment before it."""


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

    def __init__(self, sources: Sources, meters: Meters, clock: Callable[[], float] = tick) -> None:
        self.sources = sources
        self._meters = meters
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
        self.last: Sample | None = None

    def listen(self, listener: Listener) -> None:
        """Hand every look to `listener` too, on the trio thread, in the order in which they came."""
        self._listeners.append(listener)

    async def run(self) -> None:
        """Look once a second, until cancelled."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._lag.run)
            while True:
                await trio.sleep(EVERY - self._clock() % EVERY + AFTER)
                if self.last is not None and self._clock() - self.last.tick < EVERY / 2:
                    continue  # somebody asked before the first: what was used in so short a time cannot be told
                sample = await self.look()
                for listener in self._listeners:
                    listener(sample)

    async def fresh(self) -> Sample:
        """Return a look that is at most a second and a half old; takes one where there is none."""
        if self.last is not None and self._clock() - self.last.tick <= 1.5 * EVERY:
            return self.last
        return await self.look()

    async def look(self) -> Sample:
        """Look at everything. Takes about a millisecond of a thread."""
        async with self._looking:
            return await self._look()

    async def _look(self) -> Sample:
        now, at = self._clock(), time.time()
        named = self.sources.children()
        machine, process, children, gpus = await trio.to_thread.run_sync(
            self._measure, named, now, limiter=self._limiter
        )
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
            pipelines=self._followed(now),
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

    def _measure(
        self, named: Sequence[Named], now: float
    ) -> tuple[Machine, Process, tuple[ChildUse, ...], tuple[Gpu, ...]]:
        meters = self._meters
        machine = meters.machine.look(now)
        own = meters.processes.own(now, machine.cores)
        return machine, own, meters.processes.children(named, now, machine.cores), meters.cards.look(now)

    def _rates(self, now: float) -> Rates | None:
        meter = self.sources.meter
        operations = sum(operation.count for operation in meter.operations.values())
        totals = now, operations, meter.received, meter.sent
        before, self._totals = self._totals, totals
        if before is None or now <= before[0]:
            return None
        passed = now - before[0]
        return Rates(*((total - earlier) / passed for total, earlier in zip(totals[1:], before[1:], strict=True)))

    def _followed(self, now: float) -> list[Pipeline]:
        """Return the jobs that run, each with how long it has been as it is."""
        before, self._stood = self._stood, {}
        followed = []
        for pipeline in self.sources.pipelines():
            seen, since = before.get(pipeline.job_id, (pipeline, now))
            since = since if (seen.stage, seen.made) == (pipeline.stage, pipeline.made) else now
            self._stood[pipeline.job_id] = pipeline, since
            followed.append(replace(pipeline, stood=now - since))
        return followed


def _queues(queues: Mapping[str, Callable[[], Queue]]) -> dict[str, Queue]:
    return {name: look() for name, look in queues.items()}


def _found(lookups: Mapping[CacheKind, tuple[int, int]]) -> Part:
    hits = sum(hit for hit, _ in lookups.values())
    return Part(hits + sum(miss for _, miss in lookups.values()), hits)
