"""Alerts: what is too much, for how long, what fires now, and what has."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from protocol.commands.command import Command, Empty, Example, Nothing, Params
from protocol.errors import DiskFull, InvalidParams, OutputUnwritable, ResourceLimit
from protocol.model import Model, Result

Severity = Literal["info", "warning", "critical"]
Seconds = Annotated[float, Meta(ge=0, le=86_400)]
Samples = Annotated[int, Meta(ge=0, le=1_000_000)]


class ThresholdSet(Model):
    """What is to change of a threshold; null stays as it is. `exit` null moves by the same ratio as `enter`."""

    enter: float
    exit: float | None = None
    for_seconds: Seconds | None = None
    keep_seconds: Seconds | None = None
    min_samples: Samples | None = None
    severity: Severity | None = None
    enabled: bool | None = None


Limit = float | ThresholdSet
"""A bare number sets `enter`, and moves `exit` by the same ratio."""


class Threshold(Result):
    """An alert fires when its metric is at or beyond `enter` for `forSeconds`, and ends `keepSeconds` after `exit` is reached.

    `enter` and `exit` are in `unit`; where `exit` is greater, less is worse. `minSamples` events must stand behind a
    number that has any, or it is not known. While a metric is not known an alert stays as it is.
    """

    metric: str
    unit: Literal["percent", "ms", "seconds", "count"]
    enter: float
    exit: float
    for_seconds: float
    keep_seconds: float
    min_samples: int
    severity: Severity
    enabled: bool


class AlertRule(Model):
    """A rule of the user's own, over any metric of `metrics.history`, in that one's unit: ratios 0 to 1, seconds, bytes.

    `above`: it fires at `enter` and more, else at `enter` and less. `exit` null is `enter`.
    """

    id: Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$")]
    metric: Annotated[str, Meta(min_length=1, max_length=100)]
    enter: float
    exit: float | None = None
    above: bool = True
    for_seconds: Seconds = 10.0
    keep_seconds: Seconds = 30.0
    min_samples: Samples = 0
    severity: Severity = "warning"
    enabled: bool = True


class AlertRules(Result):
    """All thresholds, and the user's own rules."""

    cpu: Threshold
    memory: Threshold
    gpu_memory: Threshold
    error_rate: Threshold
    response_time: Threshold
    disk: Threshold
    cache_hit_ratio: Threshold
    loop_lag: Threshold
    stalled_job: Threshold
    child_crashes: Threshold
    rules: list[AlertRule]


class SetThresholds(Params, kw_only=True):
    """Thresholds to change; null stays as it is. `rules` takes the place of all rules of the user's own.

    cpu, memory, gpuMemory, errorRate, disk (free) and cacheHitRatio are in percent, responseTime and loopLag in
    milliseconds, stalledJob in seconds, childCrashes counts those of five minutes. Without `persist` until the sidecar
    ends.
    """

    cpu: Limit | None = None
    memory: Limit | None = None
    gpu_memory: Limit | None = None
    error_rate: Limit | None = None
    response_time: Limit | None = None
    disk: Limit | None = None
    cache_hit_ratio: Limit | None = None
    loop_lag: Limit | None = None
    stalled_job: Limit | None = None
    child_crashes: Limit | None = None
    rules: Annotated[list[AlertRule], Meta(max_length=32)] | None = None
    persist: bool = True


class Alert(Result):
    """An alert that pends or fires. `id` is a threshold's name, or that of a rule; `value` and `threshold` are in `unit`.

    `value` is the last that was known; `since` is when it began to be beyond its threshold, `firedAt` when it fired.
    `silenced`: a silence holds for it, so that nobody is told.
    """

    id: str
    metric: str
    unit: str
    severity: Severity
    state: Literal["pending", "firing"]
    value: float | None
    threshold: float
    since: str
    fired_at: str | None
    silenced: bool = False


class AlertEvent(Result):
    """Payload of alerts: what became of an alert, which is shown as it was while it was one."""

    at: str
    change: Literal["pending", "firing", "resolved", "cancelled"]
    alert: Alert


class ActiveAlerts(Result):
    """Those that fire first, those that began first before others."""

    alerts: list[Alert]


class AlertHistoryQuery(Params, kw_only=True):
    """How many to return at most."""

    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100


class AlertHistory(Result):
    """Alerts that fired and that ended, newest first; a thousand are kept, also over a restart."""

    events: list[AlertEvent]


class SilenceAlerts(Params, kw_only=True):
    """What to be silent about, and for how long: `alerts` by their ids, all of a severity, what is both, or all there are.

    An alert that is still there when its silence ends is told of then.
    """

    alerts: (
        Annotated[list[Annotated[str, Meta(min_length=1, max_length=64)]], Meta(min_length=1, max_length=64)] | None
    ) = None
    severity: Severity | None = None
    for_seconds: Annotated[float, Meta(ge=1, le=2_678_400)]
    reason: Annotated[str, Meta(max_length=500)] | None = None


class Silence(Result):
    """A silence that holds. `alerts` null: whatever they are called; `by` is the name of the client that asked for it."""

    id: str
    alerts: list[str] | None
    severity: Severity | None
    since: str
    until: str
    by: str
    reason: str | None


class Unsilence(Params):
    """A silence to end."""

    id: str


class Silences(Result):
    """Those that hold, oldest first."""

    silences: list[Silence]


COMMANDS = (
    Command("alerts.thresholds", Empty, AlertRules, "Return thresholds and rules.", Example({})),
    Command(
        "alerts.setThresholds",
        SetThresholds,
        AlertRules,
        "Change thresholds, or the rules of one's own: all of it or nothing.",
        Example({"cpu": 95, "responseTime": {"enter": 1500, "forSeconds": 20}, "persist": False}),
        raises=(InvalidParams, DiskFull, OutputUnwritable),
    ),
    Command("alerts.active", Empty, ActiveAlerts, "List the alerts that pend or fire.", Example({})),
    Command(
        "alerts.history",
        AlertHistoryQuery,
        AlertHistory,
        "List alerts that fired, and that ended.",
        Example({"limit": 10}),
    ),
    Command(
        "alerts.silence",
        SilenceAlerts,
        Silence,
        "Tell nobody of some alerts for a while; they are still seen by who asks, and remembered.",
        Example({"alerts": ["cpu"], "forSeconds": 3600, "reason": "a long render"}),
        raises=(InvalidParams, ResourceLimit, DiskFull, OutputUnwritable),
    ),
    Command(
        "alerts.unsilence",
        Unsilence,
        Nothing,
        "End a silence before its time.",
        Example({"id": "silence-1"}, after=("alerts.silence",)),
        raises=(InvalidParams, DiskFull, OutputUnwritable),
    ),
    Command("alerts.silences", Empty, Silences, "List the silences that hold.", Example({})),
)
