"""What one look at everything has found: plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sidecar.core.monitoring.trail import Part
from sidecar.core.sketch import Spread
from sidecar.services.monitoring.machine import Machine
from sidecar.services.monitoring.meter import Queue
from sidecar.services.monitoring.processes import ChildUse, Process

if TYPE_CHECKING:
    from protocol.commands.cache import TierState
    from protocol.commands.gpu import Gpu
    from protocol.commands.shared import CacheKind
    from sidecar.services.cache.counters import Cause


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A job that runs: `made` is all that it has come to, `stood` for how long that has not grown.

    Only what was observed counts, and only in stages whose progress is told. `speed` is seconds of output a second.
    """

    job_id: str
    stage: str
    frames_per_second: float | None
    made: tuple[float, ...]
    stood: float = 0.0
    speed: float | None = None


@dataclass(frozen=True, slots=True)
class CacheLook:
    """Lookups by kind, as hits and misses, and evictions by cause, since the start; tiers as they were last told of, None before."""

    lookups: Mapping[CacheKind, tuple[int, int]] = field(default_factory=dict)
    memory: TierState | None = None
    disk: TierState | None = None
    evictions: Mapping[Cause, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rates:
    """A second, since the look before; None at the first."""

    operations: float
    received: float
    sent: float


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at a `tick` of `clock.tick`, which was the Unix time `at`.

    `gap` says that the look before was more than GAP seconds earlier: the machine slept, or the process was stopped.
    `lag` and `response` are those of the last minute, and so are `ended` (faults of what counts), `found` (hits of
    lookups); `crashes` are those of the last five.
    """

    tick: float
    at: float
    gap: bool
    machine: Machine
    process: Process
    children: Sequence[ChildUse]
    gpus: Sequence[Gpu]
    lag: Spread | None
    response: Spread | None
    ended: Part
    found: Part
    crashes: int
    active: int
    connections: int
    queues: Mapping[str, Queue]
    pipelines: Sequence[Pipeline]
    cache: CacheLook
    rates: Rates | None


GAP = 2.5
"""Seconds between two looks beyond which nobody knows what was in between."""
