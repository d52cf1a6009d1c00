"""Alerts of this instance: steps every rule with each look, tells of changes, and keeps all of it over a restart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import time

from protocol.commands.alerts import (
    ActiveAlerts,
    Alert,
    AlertEvent,
    AlertHistory,
    AlertRules,
    SetThresholds,
    Silence,
    SilenceAlerts,
)
from protocol.commands.alerts import Silences as SilenceList
from sidecar.core.alerts.engine import AlertState, Change, Phase, Reading, step
from sidecar.core.alerts.named import NAMED, SCALES
from sidecar.core.alerts.rule import Rule
from sidecar.core.monitoring.series import series_of
from sidecar.services.events import EventHub
from sidecar.services.logger import Logger
from sidecar.services.monitoring.alert_keeping import AlertKeeper, Held, looks_at
from sidecar.services.monitoring.clock import tick
from sidecar.services.monitoring.readings import Readings
from sidecar.services.monitoring.sample import GAP, Sample
from sidecar.services.monitoring.silencing import Silences
from sidecar.services.monitoring.thresholds import Config
from sidecar.services.monitoring.times import timestamp

NAME = "alerts.json"


@dataclass(slots=True, eq=False)
class AlertService:
    """All of it on the trio thread. `file` None: nothing is kept. `clock` and `wall` are those of `Silences`."""

    events: EventHub
    log: Logger
    file: Path | None = None
    clock: Callable[[], float] = tick
    wall: Callable[[], float] = time
    held: Held = field(init=False)
    keeper: AlertKeeper = field(init=False)
    _tick: float | None = None

    def __post_init__(self) -> None:
        self.held = Held(Silences(self.clock, self.wall))
        self.keeper = AlertKeeper(self.held, self.file, self.log)

    async def thresholds(self) -> AlertRules:
        """Return thresholds and rules."""
        await self.keeper.load()
        return self.held.config.shown()

    async def set_thresholds(self, wanted: SetThresholds) -> AlertRules:
        """Change them; they hold from the next look on. Raises InvalidParams, and DiskFull or OutputUnwritable.

        Nothing is changed then. Alerts whose rule is gone end at once, those whose rule is disabled with the next look.
        """
        await self.keeper.load()
        async with self.keeper.writing:
            config = self.held.config.changed(wanted)
            if wanted.persist:
                saved = self.held.saved.changed(wanted)
                await self.keeper.write(saved, self.held.silences)
                self.held.saved = saved
            self._end_those_without(config)
            self.held.config = config
            return config.shown()

    async def silence(self, wanted: SilenceAlerts, by: str) -> Silence:
        """Tell nobody of some alerts for a while, from now on, also over a restart.

        Raises InvalidParams, ResourceLimit, and DiskFull or OutputUnwritable; nothing is changed then.
        """
        await self.keeper.load()
        async with self.keeper.writing:
            silences = self.held.silences.added(wanted, self.held.config.rules(), by)
            await self.keeper.write(self.held.saved, silences)
            self.held.silences = silences
            return silences.show(silences.held[-1])

    async def unsilence(self, name: str) -> None:
        """End a silence; what is still there is told of with the next look. Raises as `silence` does."""
        await self.keeper.load()
        async with self.keeper.writing:
            silences = self.held.silences.without(name)
            await self.keeper.write(self.held.saved, silences)
            self.held.silences = silences

    async def silenced_by(self) -> SilenceList:
        """List the silences that hold."""
        await self.keeper.load()
        return SilenceList(silences=self.held.silences.shown())

    async def active(self) -> ActiveAlerts:
        """List the alerts that pend or fire."""
        await self.keeper.load()
        rules = {rule.id: rule for rule in self.held.config.rules()}
        alerts = [
            alert
            for name, state in self.held.states.items()
            if name in rules and (alert := self._shown(rules[name], state)) is not None
        ]
        return ActiveAlerts(alerts=sorted(alerts, key=lambda alert: (alert.state != "firing", alert.since)))

    async def past(self, limit: int) -> AlertHistory:
        """List alerts that fired, and that ended, newest first."""
        await self.keeper.load()
        return AlertHistory(events=list(self.held.history)[: -limit - 1 : -1])

    def phases(self) -> dict[str, Phase]:
        """Return where each rule's alert is, also of those that are not."""
        return {rule.id: self.held.states.get(rule.id, AlertState()).phase for rule in self.held.config.rules()}

    def silenced(self) -> Mapping[str, bool]:
        """Return of each rule's alert whether a silence holds for it."""
        return {rule.id: self.held.silences.hold(rule) for rule in self.held.config.rules()}

    def counts(self) -> tuple[int, int]:
        """Return how many alerts fire, and how many pend."""
        return self.held.counts()

    async def run(self) -> None:
        """Read what an earlier process left, and write what changes, also at the end; until cancelled."""
        await self.keeper.run()

    def take(self, sample: Sample, readings: Readings) -> None:
        """Step every rule with a look, but for what comes while it is first read what an earlier process left.

        What has changed is published, logged, and soon written.
        """
        if self.keeper.beginning:
            return  # what fired before is no news
        # Looks may have been taken that this did not hear of: the gap may lie before one of those.
        passed = 0.0 if self._tick is None else sample.tick - self._tick
        elapsed = 0.0 if sample.gap or passed > GAP else passed
        self._tick = sample.tick
        rules = {rule.id: rule for rule in self.held.config.rules()}
        for rule in rules.values():
            before = self.held.states.get(rule.id, AlertState())
            reading = Reading(readings.values.get(rule.metric), readings.samples.get(rule.metric))
            after, change = step(before, rule, reading, elapsed, sample.at)
            self.held.states[rule.id] = after
            if change is not None:
                self._changed(rule, before, after, change, sample.at)
            elif (
                after.phase != "inactive"
                and after.phase != self.held.told.get(rule.id)
                and not self.held.silences.hold(rule)
            ):
                # It was silenced when it came to that; a restart must not tell of it again.
                self._speak(rule, after, after.phase, sample.at)
                self.keeper.changed(urgent=True)

    def _end_those_without(self, config: Config) -> None:
        """End the alerts whose rules are no more, or look at something else by now."""
        left = {looks_at(rule) for rule in config.rules()}
        for rule in self.held.config.rules():
            if looks_at(rule) not in left:
                before = self.held.states.pop(rule.id, AlertState())
                at = self.wall()
                after, change = step(before, replace(rule, enabled=False), Reading(None), 0.0, at)
                if change is not None:
                    self._changed(rule, before, after, change, at)

    def _changed(self, rule: Rule, before: AlertState, after: AlertState, change: Change, at: float) -> None:
        """Remember a change, and tell of it unless it is silenced; who was told that an alert began is told of its end."""
        ended = change in ("resolved", "cancelled")
        shown = replace(before, value=after.value) if ended else after
        if change in ("firing", "resolved") and (alert := self._shown(rule, shown)) is not None:
            # What flaps below its time must not push these out.
            self.held.history.append(AlertEvent(at=timestamp(at), change=change, alert=alert))
        self.keeper.changed(urgent=change in ("firing", "resolved"))
        heard = self.held.told.pop(rule.id, None) if ended else None
        if heard == "pending":
            # Whoever has not heard that it fired is not told that this ended.
            self._speak(rule, replace(shown, phase=heard, fired=None), "cancelled", at)
        elif heard is not None or (not ended and not self.held.silences.hold(rule)):
            self._speak(rule, shown, change, at)

    def _speak(self, rule: Rule, state: AlertState, change: Change, at: float) -> None:
        alert = self._shown(rule, state)
        if alert is None:
            return
        if change in ("pending", "firing"):
            self.held.told[rule.id] = change
        self.events.publish("alerts", AlertEvent(at=timestamp(at), change=change, alert=alert))
        say = {"firing": self.log.warning, "resolved": self.log.info}.get(change, self.log.debug)
        say(f"an alert is {change}", alert=rule.id, metric=rule.metric, value=alert.value, threshold=alert.threshold)

    def _shown(self, rule: Rule, state: AlertState) -> Alert | None:
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
            silenced=self.held.silences.hold(rule),
        )
