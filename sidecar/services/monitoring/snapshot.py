"""One look, as the wire has it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from protocol.commands.cache import Quantiles
from protocol.commands.metrics import (
    AlertCounts,
    CacheLookups,
    CachesLoad,
    ChildLoad,
    DiskLoad,
    MemoryLoad,
    MetricsSnapshot,
    OperationLoad,
    PipelineLoad,
    ProcessLoad,
    QueueLoad,
    RpcLoad,
    Section,
    SystemLoad,
)
from sidecar.core.monitoring.outcomes import RENDER
from sidecar.core.sketch import Spread
from sidecar.services.monitoring.machine import Machine
from sidecar.services.monitoring.meter import Meter
from sidecar.services.monitoring.readings import JOBS, error_ratio
from sidecar.services.monitoring.sample import CacheLook, Sample
from sidecar.services.monitoring.sampler import Sources
from sidecar.services.monitoring.times import timestamp

NOTHING: Final = Quantiles(p50=0.0, p95=0.0, p99=0.0, max=0.0, samples=0)
"""Of no samples."""


def snapshot(
    sample: Sample,
    sources: Sources,
    *,
    started: float,
    dropped: int,
    alerts: AlertCounts,
    include: Collection[Section] | None = None,
) -> MetricsSnapshot:
    """Put a look and the counts of now together: those of operations, queues, messages and lookups. `started` is a Unix time, `dropped` events that slow readers lost."""

    def wanted(section: Section) -> bool:
        return include is None or section in include

    meter = sources.meter
    return MetricsSnapshot(
        at=timestamp(sample.at),
        uptime=round(sample.at - started, 3),
        system=_system(sample.machine) if wanted("system") else None,
        process=ProcessLoad(
            cpu=sample.process.cpu,
            rss=sample.process.rss,
            threads=sample.process.threads,
            fds=sample.process.fds,
            loop_lag=quantiles(sample.lag) or NOTHING,
        ),
        children=[
            ChildLoad(pid=child.pid, role=child.role, cpu=child.cpu, rss=child.rss, job_id=child.job_id)
            for child in sample.children
            if wanted("children")
        ],
        gpus=list(sample.gpus) if wanted("gpus") else [],
        operations=operations(meter) if wanted("operations") else [],
        queues=_queues(meter) if wanted("queues") else [],
        pipelines=[
            PipelineLoad(job_id=each.job_id, stage=each.stage, frames_per_second=each.frames_per_second)
            for each in sample.pipelines
            if wanted("pipelines")
        ],
        caches=_caches(sources.cache(), sample) if wanted("caches") else None,
        rpc=_rpc(meter, dropped) if wanted("rpc") else None,
        error_ratio=error_ratio(sample),
        alerts=alerts,
    )


def quantiles(spread: Spread | None) -> Quantiles | None:
    """Return quantiles as the wire has them."""
    if spread is None:
        return None
    return Quantiles(p50=spread.p50, p95=spread.p95, p99=spread.p99, max=spread.max, samples=spread.samples)


def operations(meter: Meter) -> list[OperationLoad]:
    """Return what has become of every operation that was ever asked for, and what is under way."""
    active = active_of(meter)
    found = []
    for name in sorted({*meter.operations, *active}):
        operation = meter.operations.get(name)
        found.append(
            OperationLoad(
                name=name,
                count=operation.count if operation else 0,
                active=active.get(name, 0),
                errors=dict(operation.errors) if operation else {},
                duration=(quantiles(operation.durations.spread()) if operation else None) or NOTHING,
            )
        )
    return found


def active_of(meter: Meter) -> Mapping[str, int]:
    """Return how many operations are under way, by name; jobs are `render`."""
    active = meter.active()
    jobs = meter.queues.get(JOBS)
    if jobs is not None and jobs().running:
        active[RENDER] = jobs().running
    return active


def _system(machine: Machine) -> SystemLoad:
    return SystemLoad(
        cpu=machine.cpu,
        cores=machine.cores,
        memory=MemoryLoad(used=machine.memory_used, total=machine.memory_total),
        disk=DiskLoad(free=machine.disk.free, total=machine.disk.total),
        load=machine.load,
    )


def _queues(meter: Meter) -> list[QueueLoad]:
    return [
        QueueLoad(name=name, depth=queue.depth, running=queue.running, limit=queue.limit, oldest_seconds=queue.oldest)
        for name, queue in ((name, look()) for name, look in meter.queues.items())
    ]


def _caches(cache: CacheLook, sample: Sample) -> CachesLoad:
    kinds = {kind: CacheLookups(hits=hits, misses=misses) for kind, (hits, misses) in cache.lookups.items()}
    return CachesLoad(hit_ratio=sample.found.ratio, kinds=kinds, memory=cache.memory, disk=cache.disk)


def _rpc(meter: Meter, dropped: int) -> RpcLoad:
    # Jobs are no requests: what clients cancel of those is a request of its own that goes well.
    cancelled = sum(each.errors["cancelled"] for each in meter.operations.values() if each.name != RENDER)
    return RpcLoad(
        connections=len(meter.lines),
        in_flight=sum(meter.active().values()),
        received=meter.received,
        sent=meter.sent,
        cancelled=cancelled,
        dropped_events=dropped,
    )
