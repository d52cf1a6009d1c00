"""What the sidecar and its machine do, and how its operations have gone."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from protocol.commands.cache import Quantiles, TierState
from protocol.commands.command import Command, Example, Params
from protocol.commands.gpu import Gpu
from protocol.commands.shared import CacheKind
from protocol.errors import InvalidParams, Timeout
from protocol.model import Result

Section = Literal["system", "operations", "queues", "pipelines", "caches", "gpus", "rpc", "children"]


class MemoryLoad(Result):
    """Bytes; inside a container its limit is the total."""

    used: int
    total: int


class DiskLoad(Result):
    """Bytes of the disk with least free space that our folders lie on."""

    free: int
    total: int


class SystemLoad(Result):
    """The machine, or the container. `cpu` is the share of `cores` that was busy in the last second, null before it can be told.

    `load` is the load average of a minute, null where the system tells none.
    """

    cpu: float | None
    cores: float
    memory: MemoryLoad
    disk: DiskLoad
    load: float | None


class ProcessLoad(Result):
    """The sidecar itself. `cpu` is a share of all cores at hand. `loopLag`: seconds by which it was late, in the last minute."""

    cpu: float
    rss: int
    threads: int
    fds: int | None
    loop_lag: Quantiles


class ChildLoad(Result):
    """A process that works for the sidecar; `cpu` is a share of all cores at hand, `rss` bytes."""

    pid: int
    role: str
    cpu: float
    rss: int
    job_id: str | None


class OperationLoad(Result):
    """A command, or `render`: a job's own life. `count` have ended, `active` are under way.

    `duration` is in seconds since the sidecar started, from the request's coming to its answer; requests that were
    refused before they began are in `count` and `errors` alone. Where its `samples` is 0 the rest of it says nothing.
    """

    name: str
    count: int
    active: int
    errors: dict[str, int]
    duration: Quantiles


class QueueLoad(Result):
    """Who waits, who runs, and how many may. `oldestSeconds` is how long the first has waited, null where nobody does.

    `interactive`, `previews`, `jobs` and `probe` are requests by the limit that they come under, `render` is jobs,
    `encoders` processes that encode for jobs, `readers` and `workers` tasks for processes that read files: of the last
    three nobody notes since when they wait.
    """

    name: str
    depth: int
    running: int
    limit: int
    oldest_seconds: float | None


class PipelineLoad(Result):
    """A job that runs."""

    job_id: str
    stage: str
    frames_per_second: float | None


class CacheLookups(Result):
    """Since the sidecar started."""

    hits: int
    misses: int


class CachesLoad(Result):
    """`hitRatio` is that of the last minute. Tiers are as they were when they last changed, null before that."""

    hit_ratio: float | None
    kinds: dict[CacheKind, CacheLookups]
    memory: TierState | None
    disk: TierState | None


class RpcLoad(Result):
    """Connections now, and messages since the sidecar started."""

    connections: int
    in_flight: int
    received: int
    sent: int
    cancelled: int
    dropped_events: int


class AlertCounts(Result):
    """Alerts that fire, and those that will if it goes on."""

    firing: int
    pending: int


class MetricsSnapshot(Result):
    """One look; the payload of `metrics` too. Ratios are 0 to 1, memory is in bytes, times are in seconds.

    What `include` does not name is null, or empty. `errorRatio`: faults of the operations that ended in a result or a
    fault in the last minute; null below 20 of them.
    """

    at: str
    uptime: float
    system: SystemLoad | None
    process: ProcessLoad
    children: list[ChildLoad]
    gpus: list[Gpu]
    operations: list[OperationLoad]
    queues: list[QueueLoad]
    pipelines: list[PipelineLoad]
    caches: CachesLoad | None
    rpc: RpcLoad | None
    error_ratio: float | None
    alerts: AlertCounts


class SnapshotQuery(Params, kw_only=True):
    """Sections to look at; null: all."""

    include: Annotated[list[Section], Meta(max_length=8)] | None = None


class SlowOperation(Result):
    """One of the slowest; `traceId` finds its log lines."""

    seconds: float
    at: str
    trace_id: str


class OperationError(Result):
    """How it last failed."""

    kind: str
    message: str
    at: str
    trace_id: str


class OperationStats(Result):
    """Everything counted of one operation since the sidecar started. Durations in seconds, null before the first.

    `min`, `mean` and `max` are exact, the quantiles within 2 %. `errors` are counted by kind; `slowest` has at most 5.
    """

    name: str
    group: str
    interactive: bool
    count: int
    active: int
    min: float | None
    mean: float | None
    p50: float | None
    p95: float | None
    p99: float | None
    max: float | None
    errors: dict[str, int]
    last_error: OperationError | None
    slowest: list[SlowOperation]


class OperationsQuery(Params, kw_only=True):
    """Names of operations; null: all that were ever asked for."""

    names: Annotated[list[str], Meta(min_length=1, max_length=200)] | None = None


class MetricsOperations(Result):
    """By name. `responseTime`: interactive operations of the last minute, null where there were none."""

    at: str
    operations: list[OperationStats]
    error_ratio: float | None
    response_time: Quantiles | None


class HistoryQuery(Params, kw_only=True):
    """A number by its name, such as `system.cpu` (docs/monitoring/metrics.md has all), or of one card, as `gpu0.memory`.

    `from` is a time as answers name them, null: as far back as there is. `step` is the seconds of a slot: 1 of the last
    ten minutes, 10 of two hours, 60 of a day; null: the finest that reaches back to `from`.
    """

    metric: Annotated[str, Meta(min_length=1, max_length=100)]
    from_: Annotated[str, Meta(max_length=40)] | None = field(default=None, name="from")
    step: Literal[1, 10, 60] | None = None


class MetricsHistory(Result):
    """Slots of `step` seconds, the first beginning at `from`, the last under way; null where nothing was measured.

    `mean`, `min` and `max` are those of a slot; of slots of a second they are one value.
    """

    metric: str
    unit: Literal["ratio", "bytes", "seconds", "count", "perSecond", "celsius", "watts"]
    step: int
    from_: str = field(name="from")
    mean: list[float | None]
    min: list[float | None]
    max: list[float | None]


class PrometheusQuery(Params, kw_only=True):
    """`text` is Prometheus' own format, version 0.0.4; `openmetrics` is OpenMetrics 1.0."""

    format: Literal["text", "openmetrics"] = "text"


class MetricsPage(Result):
    """What Prometheus scrapes."""

    content_type: str
    text: str


COMMANDS = (
    Command(
        "metrics.snapshot",
        SnapshotQuery,
        MetricsSnapshot,
        "Say what the machine, the sidecar, its processes, queues, jobs and caches do now.",
        Example({"include": ["system", "queues"]}),
        raises=(Timeout,),
    ),
    Command(
        "metrics.operations",
        OperationsQuery,
        MetricsOperations,
        "Say how operations have gone: counts, errors, durations, and the slowest with their traces.",
        Example({"names": ["metrics.snapshot"]}, after=("metrics.snapshot",)),
        raises=(InvalidParams, Timeout),
    ),
    Command(
        "metrics.history",
        HistoryQuery,
        MetricsHistory,
        "Say what a number has been, up to a day back, also before the sidecar was started.",
        Example({"metric": "system.memory", "step": 10}),
        raises=(InvalidParams,),
    ),
    Command(
        "metrics.prometheus",
        PrometheusQuery,
        MetricsPage,
        "Write all metrics out as Prometheus reads them.",
        Example({}),
        raises=(Timeout,),
    ),
)
