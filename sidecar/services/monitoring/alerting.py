"""Alerts of this instance: steps every rule with each look, tells of changes, and keeps all of it over a restart."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from time import time
from typing import Literal

import msgspec
import trio

from protocol.commands.alerts import ActiveAlerts, Alert, AlertEvent, AlertHistory, AlertRule, AlertRules, SetThresholds
from protocol.errors import SidecarError
from protocol.typed import ready
from sidecar.core.alerts.engine import AlertState, Change, Phase, Reading, step
from sidecar.core.alerts.named import NAMED, SCALES, Limits
from sidecar.core.alerts.rule import Rule
from sidecar.core.monitoring.series import series_of
from sidecar.services.events import EventHub
from sidecar.services.files import write_atomic
from sidecar.services.logger import Logger
from sidecar.services.monitoring.readings import Readings
from sidecar.services.monitoring.sample import GAP, Sample
from sidecar.services.monitoring.thresholds import Config, check_limits
from sidecar.services.monitoring.times import timestamp

NAME = "alerts.json"
KEPT = 1_000
"""Changes that are remembered: of alerts that fire, and end."""

SOON = 10.0
"""Seconds within which it is written that an alert pends, or pends no more; what fires or ends is written at once."""


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file."""

    version: Literal[1]
    limits: dict[str, Limits]
    own: list[AlertRule]
    states: dict[str, AlertState]
    history: list[AlertEvent]


@dataclass(slots=True, eq=False)
class AlertService:
    """All of it on the trio thread. `file` None: nothing is kept."""

    events: EventHub
    log: Logger
    file: Path | None = None
    config: Config = field(default_factory=Config)
    states: dict[str, AlertState] = field(default_factory=dict)
    history: deque[AlertEvent] = field(default_factory=lambda: deque(maxlen=KEPT))
    _saved: Config = field(default_factory=Config)
    _tick: float | None = None
    _loading: trio.Lock = field(default_factory=trio.Lock)
    _loaded: bool = False
    _news: trio.Event = field(default_factory=trio.Event)
    _urgent: trio.Event = field(default_factory=trio.Event)
    _writing: trio.Lock = field(default_factory=trio.Lock)
    """Held from reading what is set to having it written: two changes at once are one after the other."""

    async def thresholds(self) -> AlertRules:
        """Return thresholds and rules."""
        await self.load()
        return self.config.shown()

    async def set_thresholds(self, wanted: SetThresholds) -> AlertRules:
        """Change them; they hold from the next look on. Raises InvalidParams, and DiskFull or OutputUnwritable.

        Nothing is changed then. Alerts whose rule is gone end at once, those whose rule is disabled with the next look.
        """
        await self.load()
        async with self._writing:
            config = self.config.changed(wanted)
            if wanted.persist:
                saved = self._saved.changed(wanted)
                await self._write(saved)
                self._saved = saved
            self._end_those_without(config)
            self.config = config
            return config.shown()

    async def active(self) -> ActiveAlerts:
        """List the alerts that pend or fire."""
        await self.load()
        rules = {rule.id: rule for rule in self.config.rules()}
        alerts = [
            alert
            for name, state in self.states.items()
            if name in rules and (alert := _shown(rules[name], state)) is not None
        ]
        return ActiveAlerts(alerts=sorted(alerts, key=lambda alert: (alert.state != "firing", alert.since)))

    async def past(self, limit: int) -> AlertHistory:
        """List alerts that fired, and that ended, newest first."""
        await self.load()
        return AlertHistory(events=list(self.history)[: -limit - 1 : -1])

    def phases(self) -> dict[str, Phase]:
        """Return where each rule's alert is, also of those that are not."""
        return {rule.id: self.states.get(rule.id, AlertState()).phase for rule in self.config.rules()}

    def counts(self) -> tuple[int, int]:
        """Return how many alerts fire, and how many pend."""
        phases = [state.phase for state in self.states.values()]
        return phases.count("firing"), phases.count("pending")

    def take(self, sample: Sample, readings: Readings) -> None:
        """Step every rule with a look. What has changed is published, logged, and soon written."""
        # Looks may have been taken that this did not hear of: the gap may lie before one of those.
        passed = 0.0 if self._tick is None else sample.tick - self._tick
        elapsed = 0.0 if sample.gap or passed > GAP else passed
        self._tick = sample.tick
        rules = {rule.id: rule for rule in self.config.rules()}
        for rule in rules.values():
            before = self.states.get(rule.id, AlertState())
            reading = Reading(readings.values.get(rule.metric), readings.samples.get(rule.metric))
            after, change = step(before, rule, reading, elapsed, sample.at)
            self.states[rule.id] = after
            if change is not None:
                self._tell(rule, before, after, change, sample.at)

    async def load(self) -> None:
        """Take in what an earlier process left, once; what cannot be read is told to the log and set aside."""
        async with self._loading:
            if self._loaded or self.file is None:
                return
            try:
                kept = await trio.to_thread.run_sync(_read, self.file)
            except (ValueError, OSError) as error:
                self.log.warning("the alerts cannot be read", path=str(self.file), detail=str(error))
            else:
                if kept is not None:
                    self._take_in(kept)
            # Not before: a wait that is cancelled has read nothing.
            self._loaded = True

    async def run(self) -> None:
        """Write what has changed, as it changes, and at the end; until cancelled."""
        try:
            while True:
                await self._news.wait()
                with trio.move_on_after(SOON):
                    await self._urgent.wait()
                self._news, self._urgent = trio.Event(), trio.Event()
                await self._save_or_say()
        finally:
            # How long something has pended changes without news.
            if self._news.is_set() or self.counts() != (0, 0):
                with trio.CancelScope(shield=True):
                    await self._save_or_say()

    def _take_in(self, kept: Kept) -> None:
        limits = {**self.config.limits, **{name: kept.limits[name] for name in NAMED if name in kept.limits}}
        self.config = self._saved = Config(limits, tuple(kept.own))
        rules = {rule.id for rule in self.config.rules()}
        # One of a rule that was not to be kept would fire for ever.
        self.states = {name: state for name, state in kept.states.items() if name in rules}
        self.history.extend(kept.history)

    def _end_those_without(self, config: Config) -> None:
        """End the alerts whose rules are no more, or look at something else by now."""
        left = {_looks_at(rule) for rule in config.rules()}
        for rule in self.config.rules():
            if _looks_at(rule) not in left:
                before = self.states.pop(rule.id, AlertState())
                at = time()
                after, change = step(before, replace(rule, enabled=False), Reading(None), 0.0, at)
                if change is not None:
                    self._tell(rule, before, after, change, at)

    def _tell(self, rule: Rule, before: AlertState, after: AlertState, change: Change, at: float) -> None:
        ended = change in ("resolved", "cancelled")
        alert = _shown(rule, replace(before, value=after.value) if ended else after)
        if alert is None:
            return
        event = AlertEvent(at=timestamp(at), change=change, alert=alert)
        self.events.publish("alerts", event)
        say = {"firing": self.log.warning, "resolved": self.log.info}.get(change, self.log.debug)
        say(f"an alert is {change}", alert=rule.id, metric=rule.metric, value=alert.value, threshold=alert.threshold)
        self._news.set()
        if change in ("firing", "resolved"):
            # What flaps below its time must not push these out.
            self.history.append(event)
            self._urgent.set()

    async def _save_or_say(self) -> None:
        async with self._writing:
            try:
                await self._write(self._saved)
            except SidecarError as error:
                self.log.warning("the alerts cannot be written", path=str(self.file), detail=error.message)

    async def _write(self, config: Config) -> None:
        if self.file is None or not self._loaded:
            return
        there = {_looks_at(rule) for rule in config.rules()}
        lasting = {rule.id for rule in self.config.rules() if _looks_at(rule) in there}
        states = {name: state for name, state in self.states.items() if name in lasting}
        kept = Kept(1, dict(config.limits), list(config.own), states, list(self.history))
        data = msgspec.json.encode(kept)
        await trio.to_thread.run_sync(partial(write_atomic, self.file, data, mode=0o600))


def _looks_at(rule: Rule) -> tuple[str, str, bool]:
    """Return what an alert stays the same by, whatever its limits are."""
    return rule.id, rule.metric, rule.above


def _shown(rule: Rule, state: AlertState) -> Alert | None:
    """Return an alert in the unit of its threshold; None where there is none."""
    if state.phase == "inactive" or state.since is None:
        return None
    named, series = NAMED.get(rule.id), series_of(rule.metric)
    scale = 1.0 if named is None else SCALES[named.unit]
    return Alert(
        id=rule.id,
        metric=rule.metric,
        unit=named.unit if named is not None else series.unit if series is not None else "count",
        severity=rule.severity,
        state=state.phase,
        value=None if state.value is None else round(state.value / scale, 9),
        threshold=round(rule.enter / scale, 9),
        since=timestamp(state.since),
        fired_at=None if state.fired is None else timestamp(state.fired),
    )


def _read(path: Path) -> Kept | None:
    """Read what an earlier process left; None if it left nothing. What cannot be read is set aside, and raises ValueError."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        kept = msgspec.json.decode(data, type=ready(Kept))
        _check(kept)
    except (ValueError, OverflowError, SidecarError) as error:
        path.replace(path.with_name(f"{path.name}.broken"))
        raise ValueError(str(error)) from error
    return kept


def _check(kept: Kept) -> None:
    """Refuse what was not written by us: it may have been edited. Raises ValueError, OverflowError, InvalidParams."""
    for name, limits in kept.limits.items():
        if name in NAMED:
            check_limits(NAMED[name], limits)
    Config({**Config().limits, **kept.limits}, tuple(kept.own)).changed(SetThresholds())
    for state in kept.states.values():
        if (state.phase == "inactive") != (state.since is None):
            raise ValueError("an alert has no beginning, or one that is none has")
        for moment in (state.since, state.fired):
            if moment is not None:
                timestamp(moment)
