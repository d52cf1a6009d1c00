"""Silences: alerts of which nobody wants to hear for a while."""

from __future__ import annotations

from dataclasses import dataclass

from sidecar.core.alerts.rule import Rule, Severity


@dataclass(frozen=True, slots=True)
class Silence:
    """What it matches is not told of until `until`, a time of a clock that nobody sets and that counts while the machine sleeps.

    `alerts` are ids of rules, None any; `severity` None is any; what both name must be both. `made` is a Unix time.
    """

    id: str
    alerts: tuple[str, ...] | None
    severity: Severity | None
    made: float
    seconds: float
    until: float
    by: str
    reason: str | None

    def matches(self, rule: Rule) -> bool:
        """Say whether it is about the alert of a rule."""
        named = self.alerts is None or rule.id in self.alerts
        return named and self.severity in (None, rule.severity)

    def left(self, tick: float) -> float:
        """Return how many seconds it still holds; 0 when it is over."""
        return max(0.0, self.until - tick)
