"""Alerts of this instance: steps every rule with each look, tells of changes, and keeps all of it over a restart."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from time import time

import msgspec
import trio

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
from protocol.errors import OutputUnwritable, SidecarError
from sidecar.core.alerts.engine import AlertState, Change, Phase, Reading, step
from sidecar.core.alerts.named import NAMED, SCALES
from sidecar.core.alerts.rule import Rule
from sidecar.core.monitoring.series import series_of
from sidecar.services.events import EventHub
from sidecar.services.files import write_atomic
from sidecar.services.logger import Logger
from sidecar.services.monitoring.alert_file import Kept, read_alerts
from sidecar.services.monitoring.clock import tick
from sidecar.services.monitoring.readings import Readings
from sidecar.services.monitoring.sample import GAP, Sample
from sidecar.services.monitoring.silencing import Silences
from sidecar.services.monitoring.thresholds import Config
from sidecar.services.monitoring.times import timestamp

NAME = "alerts.json"
KEPT = 1_000
"""Changes that are remembered: of alerts that fire, and end."""

SOON = 10.0
"""Seconds within which it is written that an alert pends, or pends no more; what fires or ends is written at once."""

UNREAD = "what an earlier process left there cannot be read"


@dataclass(slots=True, eq=False)
class AlertService:
    """All of it on the trio thread. `file` None: nothing is kept. `clock` and `wall` are those of `Silences`."""

    events: EventHub
    log: Logger
    file: Path | None = None
    clock: Callable[[], float] = tick
    wall: Callable[[], float] = time
    config: Config = field(default_factory=Config)
    states: dict[str, AlertState] = field(default_factory=dict)
    history: deque[AlertEvent] = field(default_factory=lambda: deque(maxlen=KEPT))
    silences: Silences = field(init=False)
    _told: dict[str, Phase] = field(default_factory=dict)
    """The phase that subscribers know of each alert."""
    _saved: Config = field(default_factory=Config)
    _tick: float | None = None
    _loading: trio.Lock = field(default_factory=trio.Lock)
    _loaded: bool = False
    _refused: bool = False
    """Whether the log knows that the file cannot be read."""
    _news: trio.Event = field(default_factory=trio.Event)
    _urgent: trio.Event = field(default_factory=trio.Event)
    _writing: trio.Lock = field(default_factory=trio.Lock)
    """Held from reading what is set to having it written: two changes at once are one after the other."""

    def __post_init__(self) -> None:
        self.silences = Silences(self.clock, self.wall)

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
                self._refuse_unread()
                await self._write(saved, self.silences)
                self._saved = saved
            self._end_those_without(config)
            self.config = config
            return config.shown()

    async def silence(self, wanted: SilenceAlerts, by: str) -> Silence:
        """Tell nobody of some alerts for a while, from now on, also over a restart.

        Raises InvalidParams, ResourceLimit, and DiskFull or OutputUnwritable; nothing is changed then.
        """
        await self.load()
        async with self._writing:
            silences = self.silences.added(wanted, self.config.rules(), by)
            await self._keep(silences)
            return silences.show(silences.held[-1])

    async def unsilence(self, name: str) -> None:
        """End a silence; what is still there is told of with the next look. Raises as `silence` does."""
        await self.load()
        async with self._writing:
            await self._keep(self.silences.without(name))

    async def silenced_by(self) -> SilenceList:
        """List the silences that hold."""
        await self.load()
        return SilenceList(silences=self.silences.shown())

    async def active(self) -> ActiveAlerts:
        """List the alerts that pend or fire."""
        await self.load()
        rules = {rule.id: rule for rule in self.config.rules()}
        alerts = [
            alert
            for name, state in self.states.items()
            if name in rules and (alert := self._shown(rules[name], state)) is not None
        ]
        return ActiveAlerts(alerts=sorted(alerts, key=lambda alert: (alert.state != "firing", alert.since)))

    async def past(self, limit: int) -> AlertHistory:
        """List alerts that fired, and that ended, newest first."""
        await self.load()
        return AlertHistory(events=list(self.history)[: -limit - 1 : -1])

    def phases(self) -> dict[str, Phase]:
        """Return where each rule's alert is, also of those that are not."""
        return {rule.id: self.states.get(rule.id, AlertState()).phase for rule in self.config.rules()}

    def silenced(self) -> Mapping[str, bool]:
        """Return of each rule's alert whether a silence holds for it."""
        return {rule.id: self.silences.hold(rule) for rule in self.config.rules()}

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
                self._changed(rule, before, after, change, sample.at)
            elif after.phase != "inactive" and after.phase != self._told.get(rule.id) and not self.silences.hold(rule):
                # It was silenced when it came to that; a restart must not tell of it again.
                self._speak(rule, after, after.phase, sample.at)
                self._news.set()
                self._urgent.set()

    async def load(self) -> None:
        """Take in what an earlier process left, once.

        What means nothing is told to the log and set aside. Where nobody knows what there is it is tried again each
        time, and nothing is written over it.
        """
        async with self._loading:
            if self._loaded or self.file is None:
                return
            try:
                kept = await trio.to_thread.run_sync(read_alerts, self.file)
            except OSError as error:
                self._unread(error)
                return
            except ValueError as error:
                self._unread(error)
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

    def _unread(self, error: Exception) -> None:
        if not self._refused:
            self._refused = True
            self.log.warning("the alerts cannot be read", path=str(self.file), detail=str(error))

    def _take_in(self, kept: Kept) -> None:
        before, now = self._saved, self.config
        limits = {**before.limits, **{name: kept.limits[name] for name in NAMED if name in kept.limits}}
        self._saved = Config(limits, tuple(kept.own))
        # What was set before it could be read was not to be kept, and holds.
        changed = {name: each for name, each in now.limits.items() if each != before.limits[name]}
        self.config = Config({**limits, **changed}, self._saved.own if now.own == before.own else now.own)
        rules = {rule.id for rule in self.config.rules()}
        # One of a rule that was not to be kept would fire for ever.
        states = {name: state for name, state in kept.states.items() if name in rules}
        there = {name: state.phase for name, state in states.items() if state.phase != "inactive"}
        told = there if kept.told is None else kept.told
        self.states = {**states, **{name: state for name, state in self.states.items() if name not in there}}
        self._told = {**self._told, **{name: phase for name, phase in told.items() if name in there}}
        self.history = deque([*kept.history, *self.history], maxlen=KEPT)
        self.silences = self.silences.with_kept(kept.silences, kept.silence_count)

    def _end_those_without(self, config: Config) -> None:
        """End the alerts whose rules are no more, or look at something else by now."""
        left = {_looks_at(rule) for rule in config.rules()}
        for rule in self.config.rules():
            if _looks_at(rule) not in left:
                before = self.states.pop(rule.id, AlertState())
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
            self.history.append(AlertEvent(at=timestamp(at), change=change, alert=alert))
            self._urgent.set()
        self._news.set()
        if self._told.pop(rule.id, None) is not None if ended else not self.silences.hold(rule):
            self._speak(rule, shown, change, at)

    def _speak(self, rule: Rule, state: AlertState, change: Change, at: float) -> None:
        alert = self._shown(rule, state)
        if alert is None:
            return
        if change in ("pending", "firing"):
            self._told[rule.id] = change
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
            silenced=self.silences.hold(rule),
        )

    async def _keep(self, silences: Silences) -> None:
        """Write other silences, then let them hold."""
        self._refuse_unread()
        await self._write(self._saved, silences)
        self.silences = silences

    def _refuse_unread(self) -> None:
        if self.file is not None and not self._loaded:
            raise OutputUnwritable(path=str(self.file), detail=UNREAD)

    async def _save_or_say(self) -> None:
        await self.load()
        async with self._writing:
            try:
                await self._write(self._saved, self.silences)
            except SidecarError as error:
                self.log.warning("the alerts cannot be written", path=str(self.file), detail=error.message)

    async def _write(self, config: Config, silences: Silences) -> None:
        if self.file is None or not self._loaded:
            return
        data = msgspec.json.encode(self._kept(config, silences))
        await trio.to_thread.run_sync(partial(write_atomic, self.file, data, mode=0o600))

    def _kept(self, config: Config, silences: Silences) -> Kept:
        """Return what is to be kept with these thresholds: no alert of a rule that will not be there."""
        there = {_looks_at(rule) for rule in config.rules()}
        lasting = {rule.id for rule in self.config.rules() if _looks_at(rule) in there}
        return Kept(
            version=1,
            limits=dict(config.limits),
            own=list(config.own),
            states={name: state for name, state in self.states.items() if name in lasting},
            history=list(self.history),
            told={name: phase for name, phase in self._told.items() if name in lasting},
            silences=silences.kept(),
            silence_count=silences.count,
        )


def _looks_at(rule: Rule) -> tuple[str, str, bool]:
    """Return what an alert stays the same by, whatever its limits are."""
    return rule.id, rule.metric, rule.above
