"""Where monitoring looks: what this instance has open, and nothing that it would have to open."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import trio

from sidecar.services.folders import roots_of
from sidecar.services.monitoring.alerting import NAME, AlertService
from sidecar.services.monitoring.clock import tick
from sidecar.services.monitoring.graphics import CardMeter
from sidecar.services.monitoring.history import HistoryFile
from sidecar.services.monitoring.instances import announce
from sidecar.services.monitoring.machine import MachineMeter
from sidecar.services.monitoring.meter import Queue
from sidecar.services.monitoring.processes import Named, ProcessMeter
from sidecar.services.monitoring.readiness import Readiness
from sidecar.services.monitoring.readings import JOBS
from sidecar.services.monitoring.sample import CacheLook, Pipeline
from sidecar.services.monitoring.sampler import Meters, Sampler, Sources
from sidecar.services.monitoring.service import MonitoringService, open_monitoring
from sidecar.services.monitoring.spans import log_spans

if TYPE_CHECKING:
    from sidecar.services.cache.memory import MemoryTier
    from sidecar.services.container import Services
    from sidecar.services.media.service import MediaService
    from sidecar.services.render.service import RenderService


@asynccontextmanager
async def monitored(services: Services, render: RenderService, media: MediaService) -> AsyncIterator[MonitoringService]:
    """Look at an instance while the block lasts, and say in its data folder how it is reached."""
    data, started, log = services.folders.data, services.started, services.log.logger
    cards = CardMeter()
    service = _service(services, render, media, cards)
    try:
        async with open_monitoring(service), trio.open_nursery() as nursery:
            nursery.start_soon(partial(announce, services.loopback, data, pid=os.getpid(), started=started, log=log))
            yield service
            nursery.cancel_scope.cancel()
    finally:
        cards.close()


def _service(services: Services, render: RenderService, media: MediaService, cards: CardMeter) -> MonitoringService:
    folders, meter, log = services.folders, services.meter, services.log.logger
    meter.queues[JOBS] = lambda: _jobs(render)
    meter.queues["encoders"] = lambda: Queue(render.slots.waiting, render.slots.taken, render.slots.count)
    meter.queues["readers"] = lambda: Queue(*media.pool.use)
    meter.queues["workers"] = lambda: Queue(*media.work_pool.use)
    sources = Sources(
        meter=meter,
        children=lambda: _children(services),
        started=lambda: services.supervisor.started,
        crashed=lambda: services.supervisor.crashed,
        pipelines=lambda: _pipelines(render),
        cache=lambda: _cache(services),
    )
    log_spans(services.settings, meter, log)
    meters = Meters(MachineMeter((folders.data, folders.cache, folders.temp)), ProcessMeter(), cards)
    sampler = Sampler(sources, meters, log)
    # A folder that is not the data folder itself goes with its instance, unless something is in it.
    kept = folders.data if folders.data == roots_of(services.settings.current).data else None
    return MonitoringService(
        sampler,
        services.events,
        log,
        services.started,
        AlertService(services.events, log, None if kept is None else kept / NAME),
        Readiness(
            folders=(folders.data, folders.cache, folders.temp, folders.log),
            least=lambda: services.settings.current.min_free_disk_bytes,
            tool=services.tools.look,
            unseen=lambda: None if sampler.last is None else tick() - sampler.last.tick,
        ),
        None if kept is None else HistoryFile(kept),
    )


def _children(services: Services) -> Sequence[Named]:
    return [Named(child.pid, child.role, child.tag) for child in services.supervisor.children()]


def _jobs(render: RenderService) -> Queue:
    work = render.work()
    oldest = None if work.oldest is None else datetime.now().astimezone() - datetime.fromisoformat(work.oldest)
    return Queue(
        depth=work.waiting,
        running=len(work.running),
        limit=work.limit,
        oldest=None if oldest is None else max(0.0, oldest.total_seconds()),
    )


def _pipelines(render: RenderService) -> Sequence[Pipeline]:
    found = []
    for job in render.work().running:
        progress = job.progress
        if progress is not None:
            made = progress.frame, progress.fraction, progress.bytes, job.advances
            found.append(Pipeline(job.job_id, progress.stage, progress.fps, made, speed=progress.speed))
        else:
            found.append(Pipeline(job.job_id, "analysing", None, ()))
    return found


def _cache(services: Services) -> CacheLook:
    memory: MemoryTier | None = vars(services).get("memory")
    if memory is None:
        return CacheLook()
    told = services.events.snapshot("cache.changed")
    return CacheLook(
        lookups=memory.counters.lookups(),
        evictions=memory.counters.evictions(),
        memory=None if told is None else told.memory,
        disk=None if told is None else told.disk,
    )
