"""The states of alerts: a pure step from one look to the next.

No clock is read here. What passes is observed time: the caller says how many seconds lie between two looks, and 0 where
nobody knows what was in between (the machine slept, the sidecar was not there). So a gap makes nothing due, and ends
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from sidecar.core.alerts.rule import Rule

Phase = Literal["inactive", "pending", "firing"]
Change = Literal["pending", "firing", "resolved", "cancelled"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a look has found of a metric; None is unknown. `samples` None: nothing is counted behind it."""

    value: float | None
    samples: int | None = None


@dataclass(frozen=True, slots=True)
class AlertState:
    """Where an alert is.

    `held` is for how many observed seconds it has been beyond its threshold while it pends, `back` for how many it has
    been on the good side while it still fires, None where it is not. `since` is when it began to pend, `fired` when it
    fired, as Unix times; `value` is the last that was known.
    """

    phase: Phase = "inactive"
    held: float = 0.0
    back: float | None = None
    since: float | None = None
    fired: float | None = None
    value: float | None = None


def step(
    state: AlertState, rule: Rule, reading: Reading, elapsed: float, at: float
) -> tuple[AlertState, Change | None]:
    """Return the state after a look at the Unix time `at`, `elapsed` observed seconds after the last, and what changed.

    Unknown leaves everything as it is: no data is no end. A rule that is disabled ends what it has begun.
    """
    if not rule.enabled:
        changes: dict[Phase, Change | None] = {"inactive": None, "pending": "cancelled", "firing": "resolved"}
        return AlertState(value=state.value), changes[state.phase]
    few = reading.samples is not None and reading.samples < rule.min_samples
    if reading.value is None or few:
        return state, None
    state = replace(state, value=reading.value)
    if state.phase == "inactive":
        if not rule.entered(reading.value):
            return state, None
        return _due(replace(state, phase="pending", held=0.0, since=at), rule, at, "pending")
    if state.phase == "pending":
        # What has not fired needs no way out: it must be beyond all the time.
        if not rule.entered(reading.value):
            return AlertState(value=reading.value), "cancelled"
        return _due(replace(state, held=state.held + elapsed), rule, at, None)
    return _fired(state, rule, reading.value, elapsed)


def _due(state: AlertState, rule: Rule, at: float, otherwise: Change | None) -> tuple[AlertState, Change | None]:
    if state.held >= rule.for_seconds:
        return replace(state, phase="firing", fired=at), "firing"
    return state, otherwise


def _fired(state: AlertState, rule: Rule, value: float, elapsed: float) -> tuple[AlertState, Change | None]:
    if not rule.left(value):
        return replace(state, back=None), None
    back = 0.0 if state.back is None else state.back + elapsed
    if back >= rule.keep_seconds:
        return AlertState(value=value), "resolved"
    return replace(state, back=back), None
