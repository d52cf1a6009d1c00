"""Every family of metrics that Prometheus is given: names, labels and units by its rules.

Labels name operations, kinds, roles: never a path, an id or a message, so that there are at most LIMIT series.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

PREFIX = "videoc_"

LIMIT = 1_000
"""Series that a scrape may have, whatever has happened."""


@dataclass(frozen=True, slots=True)
class Family:
    """A family by the name of its samples, without the prefix."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Distribution:
    """The value of a histogram: counts of samples at most each edge, of all, and the sum of them."""

    edges: Sequence[float]
    counts: Sequence[int]
    sum: float


Value = float | Distribution
Values = Mapping[str, Sequence[tuple[tuple[str, ...], Value]]]
"""By family: values by the values of their labels, in the order of the family's."""

SECTIONS: dict[str, tuple[Family, ...]] = {
    "The sidecar": (
        Family("build_info", "gauge", "Always 1; what runs is in the labels", ("version", "python", "platform")),
        Family("start_time_seconds", "gauge", "When the sidecar started, as a Unix time"),
    ),
    "Operations": (
        Family("operations_total", "counter", "Operations that ended", ("operation", "outcome")),
        Family("operation_seconds_total", "counter", "Seconds that operations took", ("operation",)),
        Family("operation_errors_total", "counter", "Operations that ended in an error, by its kind", ("kind",)),
        Family("operation_duration_seconds", "histogram", "How long operations took, until their answer", ("group",)),
        Family("operations_active", "gauge", "Operations that are under way", ("group",)),
        Family("error_ratio", "gauge", "Faults of the operations that ended in a result or a fault, in a minute"),
        Family("response_time_seconds", "gauge", "95th percentile of interactive operations, in a minute"),
        Family("recent_interactive_operations", "gauge", "Operations of the last minute that the response time is of"),
    ),
    "Alerts": (
        Family(
            "alert_state",
            "gauge",
            "0 where all is well, 1 where an alert pends, 2 where it fires; while it is silenced nobody is told",
            ("alert", "severity", "silenced"),
        ),
    ),
    "Queues and jobs": (
        Family("queue_depth", "gauge", "Requests and jobs that wait for their turn", ("queue",)),
        Family("queue_running", "gauge", "Requests and jobs that have their turn", ("queue",)),
        Family("queue_limit", "gauge", "How many may have it at once", ("queue",)),
        Family("queue_oldest_seconds", "gauge", "How long the first has waited, where somebody does", ("queue",)),
        Family("queue_wait_seconds", "histogram", "How long requests waited for their turn", ("queue",)),
        Family("render_duration_seconds", "histogram", "How long jobs ran, without their pauses"),
        Family("render_segments_planned_total", "counter", "Segments that jobs that ended were to be made of"),
        Family("render_segments_total", "counter", "Segments of jobs that ended, by what became of them", ("state",)),
        Family("render_frames_total", "counter", "Frames of jobs that ended, by where they came from", ("source",)),
        Family("render_output_bytes_total", "counter", "Bytes of the files of jobs that were completed"),
        Family("render_frames_per_second", "gauge", "Frames that all running jobs make in a second"),
        Family("render_speed_ratio", "gauge", "Seconds of output that all running jobs make in a second"),
        Family(
            "render_stalled_seconds", "gauge", "How long a running job has not advanced, of the one that stood longest"
        ),
    ),
    "Processes": (
        Family("child_processes", "gauge", "Processes that work for the sidecar", ("role",)),
        Family("children_cpu_ratio", "gauge", "Share of all cores at hand that they take", ("role",)),
        Family("children_resident_memory_bytes", "gauge", "Memory of all of them", ("role",)),
        Family("children_started_total", "counter", "Processes that were started", ("role",)),
        Family("children_crashed_total", "counter", "Processes that a signal ended which was not ours", ("role",)),
        Family("recent_child_crashes", "gauge", "Processes that crashed in the last five minutes"),
        Family("children_cpu_seconds_total", "counter", "Processor time of processes that have ended"),
        Family("process_cpu_seconds_total", "counter", "Processor time of the sidecar itself"),
        Family("process_resident_memory_bytes", "gauge", "Memory of the sidecar itself"),
        Family("process_threads", "gauge", "Threads of the sidecar"),
        Family("process_open_fds", "gauge", "Files that the sidecar has open"),
        Family(
            "event_loop_lag_seconds", "gauge", "How late the loop comes to what is due, in a minute", ("percentile",)
        ),
    ),
    "Caches": (
        Family("cache_requests_total", "counter", "Lookups in the cache", ("kind", "result")),
        Family("cache_hit_ratio", "gauge", "Hits of all lookups, in a minute"),
        Family("recent_cache_lookups", "gauge", "Lookups of the last minute that the hit ratio is of"),
        Family("cache_evictions_total", "counter", "Entries that went, by why", ("cause",)),
        Family("cache_bytes", "gauge", "What the cache holds", ("tier",)),
        Family("cache_limit_bytes", "gauge", "What the cache may hold", ("tier",)),
        Family("cache_entries", "gauge", "Entries that the cache holds", ("tier",)),
    ),
    "Messages": (
        Family("rpc_connections", "gauge", "Connections"),
        Family("rpc_requests_in_flight", "gauge", "Requests that have not been answered"),
        Family("rpc_messages_received_total", "counter", "Messages read"),
        Family("rpc_messages_sent_total", "counter", "Messages written"),
        Family("rpc_events_dropped_total", "counter", "Events that slow readers lost"),
        Family(
            "rpc_requests_refused_total", "counter", "Requests of no operation, by the kind of their error", ("kind",)
        ),
        Family("http_requests_total", "counter", "Answers by HTTP, by route and class of status", ("route", "code")),
    ),
    "The machine": (
        Family("system_cpu_ratio", "gauge", "Share of the cores at hand that is busy"),
        Family("system_cpu_cores", "gauge", "Cores that the sidecar may use"),
        Family("system_load1", "gauge", "Load average of a minute"),
        Family("system_memory_used_bytes", "gauge", "Memory used, of the machine or the container"),
        Family("system_memory_total_bytes", "gauge", "Memory of the machine or the container"),
        Family("system_disk_free_bytes", "gauge", "Free space of the disk with least of it that our folders lie on"),
        Family("system_disk_total_bytes", "gauge", "Size of that disk"),
        Family("system_disk_free_ratio", "gauge", "Least share that is free of any disk that our folders lie on"),
    ),
    "Cards": (
        Family("gpu_utilization_ratio", "gauge", "Load of a card", ("gpu",)),
        Family("gpu_memory_used_bytes", "gauge", "Memory of a card that is used", ("gpu",)),
        Family("gpu_memory_total_bytes", "gauge", "Memory of a card", ("gpu",)),
        Family("gpu_encoder_ratio", "gauge", "Load of a card's encoder", ("gpu",)),
        Family("gpu_decoder_ratio", "gauge", "Load of a card's decoder", ("gpu",)),
        Family("gpu_temperature_celsius", "gauge", "Temperature of a card", ("gpu",)),
        Family("gpu_power_watts", "gauge", "Power that a card takes", ("gpu",)),
        Family("gpu_processes", "gauge", "Processes on a card that work for the sidecar", ("gpu",)),
        Family("gpu_process_memory_bytes", "gauge", "Memory of a card that they use", ("gpu",)),
    ),
}
"""Families by what they are of."""

FAMILIES: dict[str, Family] = {family.name: family for section in SECTIONS.values() for family in section}
"""By name, in the order of the exposition."""


def series_count(values: Values) -> int:
    """Return how many series these are: a histogram has one an edge and three more."""
    return sum(
        len(value.edges) + 3 if isinstance(value, Distribution) else 1
        for family in values.values()
        for _, value in family
    )


def one(value: float | None) -> Iterator[tuple[tuple[str, ...], Value]]:
    """Return the value of a family without labels; none of what was not measured."""
    if value is not None:
        yield (), value
