"""The silences of an instance: made, ended, over by themselves, and kept over a restart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import msgspec

from protocol.commands.alerts import Silence as Shown
from protocol.commands.alerts import SilenceAlerts
from protocol.errors import InvalidParams, ResourceLimit
from sidecar.core.alerts.rule import Rule, Severity
from sidecar.core.alerts.silence import Silence
from sidecar.services.monitoring.times import timestamp

MOST = 100
"""Silences that may hold at once."""


class KeptSilence(msgspec.Struct, frozen=True):
    """A silence in the file: the time to which it holds is a Unix time there, for the clock of one process means nothing to another."""

    id: str
    alerts: list[str] | None
    severity: Severity | None
    made: float
    seconds: float
    until: float
    by: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Silences:
    """Those that there are, oldest first, and how many there have ever been; changed by making another.

    `clock` counts while the machine sleeps, and `wall` is the time of day, which may be set at any moment: it only says
    what is shown, and how much of a silence has passed while no process was there.
    """

    clock: Callable[[], float]
    wall: Callable[[], float]
    held: tuple[Silence, ...] = ()
    count: int = 0

    def current(self) -> Sequence[Silence]:
        """Return those that hold."""
        now = self.clock()
        return [each for each in self.held if each.left(now) > 0]

    def hold(self, rule: Rule) -> bool:
        """Say whether one holds for the alert of a rule."""
        return any(each.matches(rule) for each in self.current())

    def added(self, wanted: SilenceAlerts, rules: Iterable[Rule], by: str) -> Silences:
        """Return them with one more, the last. Raises InvalidParams for an alert that there is not, and ResourceLimit."""
        known, current = {rule.id for rule in rules}, self.current()
        for place, name in enumerate(wanted.alerts or ()):
            if name not in known:
                near = get_close_matches(name, known, n=1)
                raise InvalidParams(
                    detail=f"there is no alert {name!r}",
                    path=f"/alerts/{place}",
                    suggestion=f"Did you mean {near[0]}?" if near else None,
                )
        if len(current) >= MOST:
            raise ResourceLimit(what="silences", value=len(current) + 1, limit=MOST)
        silence = Silence(
            id=f"silence-{self.count + 1}",
            alerts=None if wanted.alerts is None else tuple(wanted.alerts),
            severity=wanted.severity,
            made=self.wall(),
            seconds=wanted.for_seconds,
            until=self.clock() + wanted.for_seconds,
            by=by,
            reason=wanted.reason,
        )
        return Silences(self.clock, self.wall, (*current, silence), self.count + 1)

    def without(self, name: str) -> Silences:
        """Return them without one. Raises InvalidParams where it does not hold."""
        current = self.current()
        if name not in {each.id for each in current}:
            raise InvalidParams(detail="no such silence holds", path="/id")
        return Silences(self.clock, self.wall, tuple(each for each in current if each.id != name), self.count)

    def shown(self) -> list[Shown]:
        """Return those that hold, as the wire has them."""
        return [self.show(each) for each in self.current()]

    def show(self, silence: Silence) -> Shown:
        """Return one as the wire has it."""
        return Shown(
            id=silence.id,
            alerts=None if silence.alerts is None else list(silence.alerts),
            severity=silence.severity,
            since=timestamp(silence.made),
            until=timestamp(self._ends(silence)),
            by=silence.by,
            reason=silence.reason,
        )

    def kept(self) -> list[KeptSilence]:
        """Return those that hold, as the file has them."""
        return [
            KeptSilence(
                id=each.id,
                alerts=None if each.alerts is None else list(each.alerts),
                severity=each.severity,
                made=each.made,
                seconds=each.seconds,
                until=self._ends(each),
                by=each.by,
                reason=each.reason,
            )
            for each in self.current()
        ]

    def with_kept(self, kept: Iterable[KeptSilence], count: int) -> Silences:
        """Return them with those that an earlier process left: what is left of them, and never more than they were made for."""
        tick, wall = self.clock(), self.wall()
        earlier = [
            Silence(
                id=each.id,
                alerts=None if each.alerts is None else tuple(each.alerts),
                severity=each.severity,
                made=each.made,
                seconds=each.seconds,
                until=tick + min(each.seconds, each.until - wall),
                by=each.by,
                reason=each.reason,
            )
            for each in kept
        ]
        return Silences(self.clock, self.wall, (*earlier, *self.held), max(count, self.count))

    def _ends(self, silence: Silence) -> float:
        return self.wall() + silence.left(self.clock())
