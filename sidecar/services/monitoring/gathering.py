"""The values of every family, out of counts and a look: plain data, so that writing them out needs no loop."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from protocol.commands.table import AREA_OF
from sidecar import __version__
from sidecar.core.alerts.engine import Phase
from sidecar.core.alerts.rule import Severity
from sidecar.core.monitoring.histogram import WAITS, Histogram
from sidecar.core.monitoring.outcomes import FAULTS, GROUPS, OUTCOMES, RENDER, group_of, outcome_of
from sidecar.core.monitoring.series import CARDS
from sidecar.services.monitoring.families import Distribution, Value, Values, one
from sidecar.services.monitoring.meter import Meter, Operation
from sidecar.services.monitoring.processes import by_role, ended_children_seconds
from sidecar.services.monitoring.readings import readings_of
from sidecar.services.monitoring.sample import Sample
from sidecar.services.monitoring.sampler import Sources
from sidecar.services.monitoring.snapshot import active_of

PHASES: Mapping[Phase, float] = {"inactive": 0.0, "pending": 1.0, "firing": 2.0}

Found = Iterator[tuple[str, list[tuple[tuple[str, ...], Value]]]]


@dataclass(frozen=True, slots=True)
class Alerting:
    """Where the alert of a rule is, and whether nobody is told of it."""

    id: str
    severity: Severity
    phase: Phase
    silenced: bool = False


def gather(sample: Sample, sources: Sources, *, started: float, dropped: int, alerts: Sequence[Alerting]) -> Values:
    """Return every family that has a value now. Takes a millisecond; on the trio thread."""
    parts = (
        _itself(started),
        _operations(sources.meter),
        _numbers(sample, sources.meter),
        _alerts(alerts),
        _queues(sources.meter),
        _renders(sources.meter),
        _children(sample, sources),
        _caches(sources),
        _messages(sources.meter, dropped),
        _cards(sample),
    )
    return {name: values for part in parts for name, values in part if values}


def _itself(started: float) -> Found:
    labels = __version__, platform.python_version(), platform.system()
    yield "build_info", [(labels, 1.0)]
    yield "start_time_seconds", [((), started)]


def _operations(meter: Meter) -> Found:
    # Also those that were never asked for: what begins with its first failure has no rate.
    names = sorted({*AREA_OF, RENDER, *meter.operations})
    found = {name: meter.operations.get(name) for name in names}
    yield (
        "operations_total",
        [((name, outcome), count) for name, each in found.items() for outcome, count in _outcomes(each).items()],
    )
    yield "operation_seconds_total", [((name,), each.seconds if each else 0.0) for name, each in found.items()]
    errors = dict.fromkeys(sorted(FAULTS), 0)
    for operation in meter.operations.values():
        for kind, count in operation.errors.items():
            errors[kind] = errors.get(kind, 0) + count
    yield "operation_errors_total", [((kind,), count) for kind, count in errors.items()]
    yield "operation_duration_seconds", [((name,), _spread(each)) for name, each in meter.groups.items()]
    active = dict.fromkeys(GROUPS, 0)
    for name, count in active_of(meter).items():
        active[group_of(name)] += count
    yield "operations_active", [((group,), count) for group, count in active.items()]


def _outcomes(operation: Operation | None) -> Mapping[str, int]:
    counts: dict[str, int] = dict.fromkeys(OUTCOMES, 0)
    if operation is not None:
        counts["ok"] = operation.count - operation.errors.total()
        for kind, count in operation.errors.items():
            counts[outcome_of(kind)] += count
    return counts


def _numbers(sample: Sample, meter: Meter) -> Found:
    values, machine, process = readings_of(sample).values, sample.machine, sample.process
    speeds = [each.speed for each in sample.pipelines if each.speed is not None]
    for name, value in (
        ("error_ratio", values.get("operations.errorRatio")),
        ("response_time_seconds", values.get("operations.responseTime")),
        ("recent_interactive_operations", 0 if sample.response is None else sample.response.samples),
        ("render_frames_per_second", values.get("render.framesPerSecond")),
        ("render_speed_ratio", sum(speeds) if speeds else None),
        ("render_stalled_seconds", values.get("render.stalled")),
        ("cache_hit_ratio", values.get("cache.hitRatio")),
        ("recent_cache_lookups", sample.found.whole),
        ("recent_child_crashes", sample.crashes),
        ("process_cpu_seconds_total", process.cpu_seconds),
        ("process_resident_memory_bytes", process.rss),
        ("process_threads", process.threads),
        ("process_open_fds", process.fds),
        ("children_cpu_seconds_total", ended_children_seconds()),
        ("rpc_connections", len(meter.lines)),
        ("system_cpu_ratio", machine.cpu),
        ("system_cpu_cores", machine.cores),
        ("system_load1", machine.load),
        ("system_memory_used_bytes", machine.memory_used),
        ("system_memory_total_bytes", machine.memory_total),
        ("system_disk_free_bytes", machine.disk.free),
        ("system_disk_total_bytes", machine.disk.total),
        ("system_disk_free_ratio", values.get("system.diskFreeRatio")),
    ):
        yield name, list(one(value))
    lag = sample.lag
    if lag is not None:
        found = (("50", lag.p50), ("95", lag.p95), ("99", lag.p99), ("100", lag.max))
        yield "event_loop_lag_seconds", [((percentile,), value) for percentile, value in found]


def _alerts(alerts: Sequence[Alerting]) -> Found:
    told = {False: "false", True: "true"}
    yield "alert_state", [((each.id, each.severity, told[each.silenced]), PHASES[each.phase]) for each in alerts]


def _queues(meter: Meter) -> Found:
    found = {name: look() for name, look in meter.queues.items()}
    yield "queue_depth", [((name,), queue.depth) for name, queue in found.items()]
    yield "queue_running", [((name,), queue.running) for name, queue in found.items()]
    yield "queue_limit", [((name,), queue.limit) for name, queue in found.items()]
    yield (
        "queue_oldest_seconds",
        [((name,), queue.oldest) for name, queue in found.items() if queue.oldest is not None],
    )
    # Who had not to wait has waited no longer than any edge.
    yield (
        "queue_wait_seconds",
        [
            ((name,), _spread(meter.waits.get(name) or Histogram(WAITS), more=at_once))
            for name, at_once in meter.at_once.items()
        ],
    )


def _renders(meter: Meter) -> Found:
    yield "render_duration_seconds", [((), _spread(meter.jobs))]
    made = meter.rendered
    yield "render_segments_planned_total", [((), made.planned)]
    yield "render_segments_total", [((state,), count) for state, count in made.segments.items()]
    yield "render_frames_total", [((source,), count) for source, count in made.frames.items()]
    yield "render_output_bytes_total", [((), made.bytes)]


def _children(sample: Sample, sources: Sources) -> Found:
    roles = by_role(sample.children)
    started, crashed = sources.started(), sources.crashed()
    named = sorted({*roles, *started})
    yield "child_processes", [((role,), len(roles.get(role, ()))) for role in named]
    yield "children_cpu_ratio", [((role,), sum(each.cpu for each in roles.get(role, ()))) for role in named]
    yield "children_resident_memory_bytes", [((role,), sum(each.rss for each in roles.get(role, ()))) for role in named]
    yield "children_started_total", [((role,), started.get(role, 0)) for role in named]
    yield "children_crashed_total", [((role,), crashed.get(role, 0)) for role in named]


def _caches(sources: Sources) -> Found:
    cache = sources.cache()
    yield (
        "cache_requests_total",
        [
            ((kind, result), count)
            for kind, counts in cache.lookups.items()
            for result, count in zip(("hit", "miss"), counts, strict=True)
        ],
    )
    yield "cache_evictions_total", [((cause,), count) for cause, count in cache.evictions.items()]
    tiers = [(name, tier) for name, tier in (("memory", cache.memory), ("disk", cache.disk)) if tier is not None]
    yield "cache_bytes", [((name,), tier.bytes) for name, tier in tiers]
    yield "cache_limit_bytes", [((name,), tier.limit) for name, tier in tiers]
    yield "cache_entries", [((name,), tier.entries) for name, tier in tiers]


def _messages(meter: Meter, dropped: int) -> Found:
    yield "rpc_requests_in_flight", [((), sum(meter.active().values()))]
    yield "rpc_messages_received_total", [((), meter.received)]
    yield "rpc_messages_sent_total", [((), meter.sent)]
    yield "rpc_events_dropped_total", [((), dropped)]
    yield "http_requests_total", [(labels, count) for labels, count in meter.http.items()]
    yield "rpc_requests_refused_total", [((kind,), count) for kind, count in meter.refused.items()]


def _cards(sample: Sample) -> Found:
    for name, member in (
        ("gpu_utilization_ratio", "utilization"),
        ("gpu_memory_used_bytes", "memory_used"),
        ("gpu_memory_total_bytes", "memory_total"),
        ("gpu_encoder_ratio", "encoder"),
        ("gpu_decoder_ratio", "decoder"),
        ("gpu_temperature_celsius", "temperature"),
        ("gpu_power_watts", "power"),
    ):
        found = [(str(card.index), getattr(card, member)) for card in sample.gpus[:CARDS]]
        yield name, [((index,), float(value)) for index, value in found if value is not None]
    ours = [(str(card.index), card.processes) for card in sample.gpus[:CARDS] if card.processes is not None]
    yield "gpu_processes", [((index,), len(processes)) for index, processes in ours]
    # Of those of which the driver does not tell how much it is there is no sum.
    told = [(index, [each.memory for each in processes]) for index, processes in ours]
    yield (
        "gpu_process_memory_bytes",
        [((index,), sum(each for each in memory if each is not None)) for index, memory in told if None not in memory],
    )


def _spread(histogram: Histogram, more: int = 0) -> Distribution:
    return Distribution(histogram.edges, [count + more for count in histogram.cumulative()], histogram.sum)
