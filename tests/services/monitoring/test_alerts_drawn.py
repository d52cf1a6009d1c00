"""Alerts through lives that are drawn: gaps, looks that were lost, restarts, clocks that are set, silences.

What fires and ends is held against the definition, taken literally: it fires with the look at which all known looks
behind it, for as long as is asked for, were beyond; it ends with the look at which all of them were back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from protocol.commands.alerts import AlertRule, SetThresholds, SilenceAlerts
from protocol.typed import ready
from sidecar.core.alerts.rule import Rule
from sidecar.services.monitoring.alert_file import Kept
from sidecar.services.monitoring.sample import GAP
from sidecar.services.monitoring.thresholds import Config
from tests.services.monitoring.watching import Watch

Level = Literal["beyond", "between", "back", "unknown", "few"]
OWN = AlertRule(id="own", metric="children.count", enter=5, exit=3, for_seconds=0, keep_seconds=0)
NAMES = ("cpu", "disk", "errorRate", "memory", "stalledJob", "own")


@dataclass(frozen=True)
class Stretch:
    """Looks that find the same, and what happens before the first of them."""

    level: Level
    looks: int
    passed: float
    before: Literal["nothing", "gap", "lost", "restart", "forwards", "backwards", "silence", "unsilence"]


STRETCHES = st.lists(
    st.builds(
        Stretch,
        level=st.sampled_from(["beyond", "beyond", "between", "back", "back", "unknown", "few"]),
        looks=st.sampled_from([1, 1, 1, 2, 5, 9, 10, 11, 29, 30, 31, 32]),
        passed=st.sampled_from([1.0, 1.0, 1.0, 0.5, 2.0]),
        before=st.sampled_from(
            ["nothing", "nothing", "nothing", "gap", "lost", "restart", "forwards", "backwards", "silence", "unsilence"]
        ),
    ),
    max_size=30,
)


@dataclass
class Life:
    """Alerts as one who has listened all the time has heard of them, and all looks that there were."""

    watch: Watch = field(default_factory=Watch)
    known: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: {name: [] for name in NAMES})
    """Values of each rule's number that were known, each with the seconds that were seen to pass before it."""
    fired: dict[str, list[tuple[str, int]]] = field(default_factory=lambda: {name: [] for name in NAMES})
    """Changes, each with the number of the known look behind it."""
    heard: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in NAMES})
    unseen: float | None = None
    """Seconds since the last look that was heard of; None: nobody knows."""

    def __post_init__(self) -> None:
        service = self.watch.service
        service.held.config = service.held.config.changed(SetThresholds(rules=[OWN]))
        service.held.saved = service.held.config

    def live(self, stretch: Stretch) -> None:
        gap = self._happen(stretch)
        for number in range(stretch.looks):
            self.look(stretch.level, stretch.passed, gap=gap and number == 0)

    def look(self, level: Level, passed: float, *, gap: bool = False) -> None:
        watch, rules = self.watch, self.rules()
        values = {rule.metric: value for rule in rules if (value := value_of(rule, level)) is not None}
        before = len(watch.service.held.history)
        watch.look(values, samples=5 if level == "few" else 100, gap=gap, passed=passed)
        whole = None if self.unseen is None else self.unseen + passed
        seen = 0.0 if gap or whole is None or whole > GAP else whole
        self.unseen = 0.0
        for rule in rules:
            if rule.metric in values and not (level == "few" and rule.min_samples):
                self.known[rule.id].append((values[rule.metric], seen))
        for event in list(watch.service.held.history)[before:]:
            self.fired[event.alert.id].append((event.change, len(self.known[event.alert.id]) - 1))
        for name, change in watch.changes():
            self.heard[name].append(change)

    def rules(self) -> list[Rule]:
        return [rule for rule in self.watch.service.held.config.rules() if rule.id in NAMES]

    def _happen(self, stretch: Stretch) -> bool:
        watch, service = self.watch, self.watch.service
        if stretch.before == "gap":
            watch.tick += 30_000.0
            self.unseen = None
            return True
        if stretch.before == "lost":
            # Somebody else took a look that the alerts did not hear of.
            watch.tick += 1.0
            self.unseen = None if self.unseen is None else self.unseen + 1.0
        elif stretch.before == "restart":
            self._restart()
        elif stretch.before in ("forwards", "backwards"):
            watch.now += 86_400.0 if stretch.before == "forwards" else -86_400.0
        elif stretch.before == "silence":
            service.held.silences = service.held.silences.added(SilenceAlerts(for_seconds=20.0), self.rules(), "me")
        elif stretch.before == "unsilence" and service.held.silences.current():
            service.held.silences = service.held.silences.without(service.held.silences.current()[0].id)
        return False

    def _restart(self) -> None:
        first, service = self.watch, self.watch.service
        written = msgspec.json.encode(service.held.kept(service.held.saved, service.held.silences))
        self.watch = Watch(booted=77.0, now=first.now + first.tick + 4.0)
        self.watch.service.held.take_in(msgspec.json.decode(written, type=ready(Kept)))
        self.unseen = None


def value_of(rule: Rule, level: Level) -> float | None:
    """Return a number of that kind; at the very edges where there is one."""
    if level == "unknown":
        return None
    return {"beyond": rule.enter, "few": rule.enter, "back": rule.exit, "between": (rule.enter + rule.exit) / 2}[level]


def by_definition(rule: Rule, known: Sequence[tuple[float, float]]) -> list[tuple[str, int]]:
    """Say what must have fired and ended, at which of the known looks."""
    changes: list[tuple[str, int]] = []
    for last in range(len(known)):
        firing = bool(changes) and changes[-1][0] == "firing"
        good, needed = (rule.left, rule.keep_seconds) if firing else (rule.entered, rule.for_seconds)
        run = []
        for value, seen in reversed(known[: last + 1]):
            if not good(value):
                break
            run.append(seen)
        # What passed before the first of them is not known to have been so.
        if run and sum(run[:-1]) >= needed:
            changes.append(("resolved" if firing else "firing", last))
    return changes


@given(STRETCHES)
def test_what_fires_and_ends_is_what_the_definition_says_whatever_happens(stretches: list[Stretch]) -> None:
    life = Life()
    for stretch in stretches:
        life.live(stretch)
    for rule in life.rules():
        assert life.fired[rule.id] == by_definition(rule, life.known[rule.id]), rule.id
    past = [event.at for event in life.watch.service.held.history]
    assert len(past) == sum(map(len, life.fired.values()))


AFTER = {
    "pending": {"firing", "cancelled"},
    "firing": {"resolved"},
    "resolved": {"pending", "firing"},
    "cancelled": {"pending", "firing"},
}
"""What may be heard after what, also where it was not heard of some of it in silence."""


@given(STRETCHES)
def test_who_listens_hears_each_alert_begin_once_and_end_once_and_misses_none(stretches: list[Stretch]) -> None:
    life = Life()
    for stretch in stretches:
        life.live(stretch)
    # Silences are over; what is unknown changes nothing.
    life.watch.tick += 30_000.0
    life.look("unknown", 1.0, gap=True)
    for name, heard in life.heard.items():
        for before, after in zip(["cancelled", *heard], heard, strict=False):
            assert after in AFTER[before], (name, heard)
        believed = {"pending": "pending", "firing": "firing"}.get(heard[-1] if heard else "", "inactive")
        assert believed == life.watch.service.phases()[name], (name, heard)


def test_flapping_for_an_hour_is_one_alert() -> None:
    life = Life()
    life.watch.service.held.config = Config()
    life.live(Stretch("beyond", 31, 1.0, "nothing"))
    for _ in range(120):
        life.live(Stretch("back", 29, 1.0, "nothing"))
        life.live(Stretch("beyond", 1, 1.0, "nothing"))
    life.live(Stretch("back", 31, 1.0, "nothing"))
    for name in ("cpu", "memory", "disk", "errorRate", "stalledJob"):
        assert [change for change, _ in life.fired[name]] == ["firing", "resolved"]
        assert life.heard[name] == [*(["pending"] if name != "stalledJob" else []), "firing", "resolved"]
