"""What commands and HTTP ask of monitoring."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import trio

from sidecar.services.events import EventHub
from sidecar.services.monitoring.sample import Sample
from sidecar.services.monitoring.sampler import Sampler

if TYPE_CHECKING:
    from protocol.commands.metrics import MetricsOperations, MetricsSnapshot, Section


def _none() -> tuple[int, int]:
    return 0, 0


@dataclass(slots=True, eq=False)
class MonitoringService:
    """The counts and looks of this instance. `started` is a Unix time; `alerts` counts those that fire, and pend."""

    sampler: Sampler
    events: EventHub
    started: float
    alerts: Callable[[], tuple[int, int]] = field(default=_none)
    wanted: trio.Event = field(default_factory=trio.Event)

    def begin(self) -> None:
        """Look once a second from now on. Returns at once."""
        self.wanted.set()

    async def run(self) -> None:
        """Look once a second as soon as that is wanted, until cancelled."""
        await self.wanted.wait()
        await self.sampler.run()

    async def snapshot(self, include: Collection[Section] | None = None) -> MetricsSnapshot:
        """Return what everything does now; what was measured is at most a second and a half old."""
        return self._snapshot(await self.sampler.fresh(), include)

    async def operations(self, names: Sequence[str] | None = None) -> MetricsOperations:
        """Return how operations have gone. Raises InvalidParams for a name that is none."""
        from sidecar.services.monitoring.operations import operations_report  # noqa: PLC0415 - start-up time

        return operations_report(await self.sampler.fresh(), self.sampler.sources.meter, names)

    def tell(self, sample: Sample) -> None:
        """Publish a look, if anybody wants it."""
        if self.events.wanted("metrics"):
            self.events.publish("metrics", self._snapshot(sample))

    def _snapshot(self, sample: Sample, include: Collection[Section] | None = None) -> MetricsSnapshot:
        from protocol.commands.metrics import AlertCounts  # noqa: PLC0415 - start-up time
        from sidecar.services.monitoring.snapshot import snapshot  # noqa: PLC0415

        firing, pending = self.alerts()
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
    service.sampler.listen(service.tell)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(service.run)
        try:
            yield service
        finally:
            nursery.cancel_scope.cancel()
