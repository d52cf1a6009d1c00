"""A rule of an alert: which number, beyond what, for how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["info", "warning", "critical"]


@dataclass(frozen=True, slots=True)
class Rule:
    """Fires when a metric is at or beyond `enter`, and ends when it has come back to `exit`, and is not beyond any more.

    Values are in the metric's own unit (`core.monitoring.series`). `above` says which side is beyond. `for_seconds` is
    how long it must last before it fires, `keep_seconds` for how long it fires on after it has come back, and
    `min_samples` how many events must stand behind a number that has any.
    """

    id: str
    metric: str
    above: bool
    enter: float
    exit: float
    for_seconds: float = 10.0
    keep_seconds: float = 30.0
    min_samples: int = 0
    severity: Severity = "warning"
    enabled: bool = True

    def entered(self, value: float) -> bool:
        """Say whether a value is beyond the threshold."""
        return value >= self.enter if self.above else value <= self.enter

    def left(self, value: float) -> bool:
        """Say whether a value has come back to the way out: a count of 0 is reached, and never passed."""
        back = value <= self.exit if self.above else value >= self.exit
        return back and not self.entered(value)
