"""The thresholds that everybody has, in the units in which people say them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sidecar.core.alerts.rule import Rule, Severity

Unit = Literal["percent", "ms", "seconds", "count"]

SCALES: Mapping[Unit, float] = {"percent": 0.01, "ms": 0.001, "seconds": 1.0, "count": 1.0}
"""What one of a unit is in that of the metric."""

MOST: Mapping[Unit, float] = {"percent": 100.0, "ms": 3_600_000.0, "seconds": 86_400.0, "count": 1e9}


@dataclass(frozen=True, slots=True)
class Limits:
    """A threshold as people say it: `enter` and `exit` in its unit, times in seconds."""

    enter: float
    exit: float
    for_seconds: float
    keep_seconds: float = 30.0
    min_samples: int = 0
    severity: Severity = "warning"
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Named:
    """A threshold by its name on the wire: of which metric, on which side, and what it is unless somebody sets it."""

    name: str
    metric: str
    unit: Unit
    limits: Limits
    above: bool = True

    def rule(self, limits: Limits) -> Rule:
        """Return the rule that these limits make."""
        scale = SCALES[self.unit]
        return Rule(
            id=self.name,
            metric=self.metric,
            above=self.above,
            enter=limits.enter * scale,
            exit=limits.exit * scale,
            for_seconds=limits.for_seconds,
            keep_seconds=limits.keep_seconds,
            min_samples=limits.min_samples,
            severity=limits.severity,
            enabled=limits.enabled,
        )


_TABLE = (
    Named("cpu", "system.cpu", "percent", Limits(90, 80, 30)),
    Named("memory", "system.memory", "percent", Limits(85, 80, 10)),
    Named("gpuMemory", "gpu.memory", "percent", Limits(95, 90, 10)),
    Named("errorRate", "operations.errorRatio", "percent", Limits(5, 3, 10, min_samples=20, severity="critical")),
    Named("responseTime", "operations.responseTime", "ms", Limits(1_000, 800, 10, min_samples=20)),
    Named("disk", "system.diskFreeRatio", "percent", Limits(5, 7, 10, severity="critical"), above=False),
    Named(
        "cacheHitRatio", "cache.hitRatio", "percent", Limits(20, 30, 300, min_samples=100, enabled=False), above=False
    ),
    Named("loopLag", "process.loopLag", "ms", Limits(100, 50, 10)),
    # Before an encoder that stands is ended for it, after a minute.
    Named("stalledJob", "render.stalled", "seconds", Limits(30, 15, 0)),
    Named("childCrashes", "children.crashes", "count", Limits(3, 1, 0)),
)

NAMED: Mapping[str, Named] = {each.name: each for each in _TABLE}
"""By name."""
