"""Every number that is looked at once a second: history keeps them, and rules of alerts name them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Unit = Literal["ratio", "bytes", "seconds", "count", "perSecond", "celsius", "watts"]


@dataclass(frozen=True, slots=True)
class Series:
    """A number by its name; ratios are 0 to 1."""

    name: str
    unit: Unit
    help: str


_TABLE = (
    Series("system.cpu", "ratio", "Share of the cores at hand that is busy"),
    Series("system.load", "count", "Load average of a minute, as the system tells it"),
    Series("system.memory", "ratio", "Share of the memory at hand that is used"),
    Series("system.memoryUsed", "bytes", "Memory used, of the machine or the container"),
    Series("system.diskFree", "bytes", "Free space of the disk with least that our folders lie on"),
    Series("system.diskFreeRatio", "ratio", "Share that is free of the fullest disk that our folders lie on"),
    Series("process.cpu", "ratio", "Share of the cores at hand that the sidecar itself takes"),
    Series("process.rss", "bytes", "Memory of the sidecar itself"),
    Series("process.threads", "count", "Threads of the sidecar"),
    Series("process.fds", "count", "Files that the sidecar has open"),
    Series("process.loopLag", "seconds", "How late the loop comes to what is due, 99th percentile of a minute"),
    Series("children.count", "count", "Processes that work for the sidecar"),
    Series("children.cpu", "ratio", "Share of the cores at hand that all of those take"),
    Series("children.rss", "bytes", "Memory of all of those"),
    Series("children.crashes", "count", "Processes for the sidecar that crashed in the last five minutes"),
    Series("gpu.utilization", "ratio", "Load of the busiest card"),
    Series("gpu.memory", "ratio", "Share of the memory used of the card that has least left"),
    Series("gpu.encoder", "ratio", "Load of the busiest card's encoder"),
    Series("gpu.decoder", "ratio", "Load of the busiest card's decoder"),
    Series("gpu.temperature", "celsius", "Temperature of the hottest card"),
    Series("gpu.power", "watts", "Power that all cards take"),
    Series("operations.rate", "perSecond", "Operations that ended"),
    Series("operations.active", "count", "Operations that are under way"),
    Series("operations.errorRatio", "ratio", "Faults of all operations that ended in a result or a fault, in a minute"),
    Series("operations.responseTime", "seconds", "95th percentile of interactive operations, of a minute"),
    Series("queues.depth", "count", "Requests and jobs that wait for their turn"),
    Series("queues.oldest", "seconds", "How long the first request has waited"),
    Series("render.running", "count", "Jobs that run"),
    Series("render.queued", "count", "Jobs that wait"),
    Series("render.framesPerSecond", "perSecond", "Frames that all jobs make"),
    Series("render.stalled", "seconds", "How long a running job has not advanced, of the one that has stood longest"),
    Series("cache.hitRatio", "ratio", "Hits of all lookups in a minute"),
    Series("cache.memoryBytes", "bytes", "What the cache holds in memory"),
    Series("cache.diskBytes", "bytes", "What the cache holds on the disk"),
    Series("rpc.connections", "count", "Connections"),
    Series("rpc.inFlight", "count", "Requests that have not been answered"),
    Series("rpc.received", "perSecond", "Messages read"),
    Series("rpc.sent", "perSecond", "Messages written"),
)

SERIES: dict[str, Series] = {series.name: series for series in _TABLE}
"""By name; those of a single card are `gpu0.memory`, `gpu1.utilization` and so on, beside these."""

NEVER_ZERO = frozenset(
    {
        "system.memory",
        "system.memoryUsed",
        "process.rss",
        "process.threads",
        "process.fds",
        "process.loopLag",
        "gpu.memory",
        "operations.responseTime",
    }
)
"""Numbers of which there is always some."""

CARDS = 8
"""Cards whose numbers are kept each."""

_OF_CARD = re.compile(rf"gpu([0-{CARDS - 1}])\.(\w+)")


def series_of(name: str) -> Series | None:
    """Return a series by name, also one of a single card; None where there is none."""
    found = SERIES.get(name)
    matched = _OF_CARD.fullmatch(name)
    if found is not None or matched is None:
        return found
    whole = SERIES.get(f"gpu.{matched[2]}")
    return None if whole is None else Series(name, whole.unit, f"{whole.help}: of card {matched[1]} alone")
