"""What commands and HTTP ask of monitoring."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import trio

from sidecar.services.events import EventHub
from sidecar.services.logger import Logger
from sidecar.services.monitoring.alerting import AlertService
from sidecar.services.monitoring.history import History, HistoryFile
from sidecar.services.monitoring.keeping import keep
from sidecar.services.monitoring.readiness import Readiness, Reason
from sidecar.services.monitoring.readings import readings_of
from sidecar.services.monitoring.sample import Sample
from sidecar.services.monitoring.sampler import Sampler

if TYPE_CHECKING:
    from protocol.commands.metrics import (
        HistoryQuery,
        MetricsHistory,
        MetricsOperations,
        MetricsPage,
        MetricsSnapshot,
        Section,
    )
    from sidecar.services.monitoring.exposition import Format


@dataclass(frozen=True, slots=True, eq=False)
class MonitoringService:
    """The counts and looks of this instance.

    `started` is a Unix time; `file` keeps history, None where nothing is kept.
    """

    sampler: Sampler
    events: EventHub
    log: Logger
    started: float
    alerts: AlertService
    readiness: Readiness
    file: HistoryFile | None = None
    history: History = field(default_factory=History)
    wanted: trio.Event = field(default_factory=trio.Event)
    loaded: trio.Event = field(default_factory=trio.Event)

    def begin(self) -> None:
        """Look once a second from now on. Returns at once."""
        self.wanted.set()

    async def snapshot(self, include: Collection[Section] | None = None) -> MetricsSnapshot:
        """Return what everything does now; what was measured is at most a second and a half old."""
        return self._snapshot(await self.sampler.fresh(), include)

    async def operations(self, names: Sequence[str] | None = None) -> MetricsOperations:
        """Return how operations have gone. Raises InvalidParams for a name that is none."""
        from sidecar.services.monitoring.operations import operations_report  # noqa: PLC0415 - start-up time

        return operations_report(await self.sampler.fresh(), self.sampler.sources.meter, names)

    async def past(self, query: HistoryQuery) -> MetricsHistory:
        """Return what a number has been. Raises InvalidParams for one that there is not, and for no time."""
        from sidecar.services.monitoring.recall import recall  # noqa: PLC0415 - start-up time

        if self.wanted.is_set() and self.file is not None:
            await self.loaded.wait()
        return recall(self.history, query, time.time())

    async def page(self, form: Format) -> MetricsPage:
        """Return all metrics as Prometheus reads them. Raises Timeout where nothing can be looked at."""
        from sidecar.services.monitoring.exposition import expose  # noqa: PLC0415 - start-up time
        from sidecar.services.monitoring.gathering import Alerting, gather  # noqa: PLC0415

        sample, sources = await self.sampler.fresh(), self.sampler.sources
        phases, silenced = self.alerts.phases(), self.alerts.silenced()
        rules = self.alerts.held.config.rules()
        alerts = [Alerting(rule.id, rule.severity, phases[rule.id], silenced[rule.id]) for rule in rules]
        values = gather(sample, sources, started=self.started, dropped=self.events.dropped, alerts=alerts)
        # In two short stretches: in a thread it would hold the interpreter as long, and the loop with it.
        await trio.lowlevel.checkpoint()
        return expose(values, form)

    @property
    def begun(self) -> bool:
        """Whether it looks."""
        return self.wanted.is_set()

    async def ready(self) -> list[Reason]:
        """Return what is in the way of work; nothing is where there is nothing."""
        return await self.readiness.reasons()

    async def run(self) -> None:
        """Look once a second as soon as that is wanted, and keep what was seen; until cancelled."""
        await self.wanted.wait()
        async with trio.open_nursery() as nursery:
            if self.file is not None:
                nursery.start_soon(keep, self.history, self.file, self.log, time.time, self.loaded)
            nursery.start_soon(self.alerts.run)
            nursery.start_soon(self.sampler.run)

    def take(self, sample: Sample) -> None:
        """Remember a look, step the alerts with it, and publish it if anybody wants it."""
        readings = readings_of(sample)
        self.history.add(sample.tick, sample.at, readings.values)
        self.alerts.take(sample, readings)
        if self.events.wanted("metrics"):
            self.events.publish("metrics", self._snapshot(sample))

    def _snapshot(self, sample: Sample, include: Collection[Section] | None = None) -> MetricsSnapshot:
        from protocol.commands.metrics import AlertCounts  # noqa: PLC0415 - start-up time
        from sidecar.services.monitoring.snapshot import snapshot  # noqa: PLC0415

        firing, pending = self.alerts.counts()
        return snapshot(
            sample,
            self.sampler.sources,
            started=self.started,
            dropped=self.events.dropped,
            alerts=AlertCounts(firing=firing, pending=pending),
            include=include,
        )


@asynccontextmanager
async def open_monitoring(service: MonitoringService) -> AsyncIterator[MonitoringService]:
    """Let it look while the block lasts, once a second from when it is told to begin."""
    service.sampler.listen(service.take)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(service.run)
        try:
            yield service
        finally:
            nursery.cancel_scope.cancel()
