"""Keeps alerts from one process to the next: what of them there is, and when it is read and written."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec
import trio

from protocol.commands.alerts import AlertEvent
from protocol.errors import OutputUnwritable, SidecarError
from sidecar.core.alerts.engine import AlertState, Phase
from sidecar.core.alerts.named import NAMED
from sidecar.core.alerts.rule import Rule
from sidecar.services.files import write_atomic
from sidecar.services.logger import Logger
from sidecar.services.monitoring.alert_file import Kept, read_alerts
from sidecar.services.monitoring.keeping import LONGEST
from sidecar.services.monitoring.silencing import Silences
from sidecar.services.monitoring.thresholds import Config

Result = TypeVar("Result")

KEPT = 1_000
"""Changes that are remembered: of alerts that fire, and end."""

SOON = 10.0
"""Seconds within which it is written that an alert pends, or pends no more, and after which what could not be written is tried again; what fires or ends is written at once."""

UNREAD = "what an earlier process left there cannot be read"
UNREADABLE = "the alerts cannot be read"
UNWRITTEN = "the alerts cannot be written"
RANKS: dict[Phase, int] = {"inactive": 0, "pending": 1, "firing": 2}


@dataclass(slots=True, eq=False)
class Held:
    """The alerts of this instance. `config` holds, `saved` is what of it is to be kept."""

    silences: Silences
    config: Config = field(default_factory=Config)
    saved: Config = field(default_factory=Config)
    states: dict[str, AlertState] = field(default_factory=dict)
    told: dict[str, Phase] = field(default_factory=dict)
    """The phase that subscribers know of each alert."""
    history: deque[AlertEvent] = field(default_factory=lambda: deque(maxlen=KEPT))

    def counts(self) -> tuple[int, int]:
        """Return how many alerts fire, and how many pend."""
        phases = [state.phase for state in self.states.values()]
        return phases.count("firing"), phases.count("pending")

    def kept(self, config: Config, silences: Silences) -> Kept:
        """Return what is to be kept with these thresholds: no alert of a rule that will not be there."""
        there = {looks_at(rule) for rule in config.rules()}
        lasting = {rule.id for rule in self.config.rules() if looks_at(rule) in there}
        return Kept(
            version=1,
            limits=dict(config.limits),
            own=list(config.own),
            states={name: state for name, state in self.states.items() if name in lasting},
            history=list(self.history),
            told={name: phase for name, phase in self.told.items() if name in lasting},
            silences=silences.kept(),
            silence_count=silences.count,
        )

    def take_in(self, kept: Kept) -> None:
        """Add what an earlier process left to what has come to be since; of what fires or was told nothing is undone."""
        before, now = self.saved, self.config
        limits = {**before.limits, **{name: kept.limits[name] for name in NAMED if name in kept.limits}}
        self.saved = Config(limits, tuple(kept.own))
        # What was set before it could be read was not to be kept, and holds.
        changed = {name: each for name, each in now.limits.items() if each != before.limits[name]}
        self.config = Config({**limits, **changed}, self.saved.own if now.own == before.own else now.own)
        ended = {event.alert.id for event in self.history if event.change == "resolved"}
        for name in {rule.id for rule in self.config.rules()} & kept.states.keys():
            # One of a rule that was not to be kept would fire for ever.
            state, live = kept.states[name], self.states.get(name, AlertState())
            if live.phase != "inactive" or name not in ended:
                self.states[name] = _joined(state, live)
                told = state.phase if kept.told is None else kept.told.get(name, "inactive")
                if state.phase != "inactive" and RANKS[told] > RANKS[self.told.get(name, "inactive")]:
                    self.told[name] = told
        self.history = deque([*kept.history, *self.history], maxlen=KEPT)
        self.silences = self.silences.with_kept(kept.silences, kept.silence_count)


@dataclass(slots=True, eq=False)
class AlertKeeper:
    """The file of alerts; on the trio thread. `file` None: nothing is kept.

    What hangs there is left to itself after LONGEST seconds. Until it is over nothing else is begun: what is written
    later is later on the disk.
    """

    held: Held
    file: Path | None
    log: Logger
    writing: trio.Lock = field(default_factory=trio.Lock)
    """Held from reading what is set to having it written: two changes at once are one after the other."""
    _one: trio.CapacityLimiter = field(default_factory=lambda: trio.CapacityLimiter(1))
    _loading: trio.Lock = field(default_factory=trio.Lock)
    _tried: bool = False
    _loaded: bool = False
    _refused: set[str] = field(default_factory=set)
    """What the log knows to be refused."""
    _news: trio.Event = field(default_factory=trio.Event)
    _urgent: trio.Event = field(default_factory=trio.Event)

    @property
    def beginning(self) -> bool:
        """Whether it is being read for the first time: what is there may be known in a moment."""
        return self._loading.locked() and not self._tried

    def changed(self, *, urgent: bool) -> None:
        """Let it be written soon, or at once."""
        self._news.set()
        if urgent:
            self._urgent.set()

    async def load(self) -> None:
        """Take in what an earlier process left, once.

        What means nothing is told to the log and set aside. Where nobody knows what there is it is tried again each
        time, and now and then, and nothing is written over it.
        """
        async with self._loading:
            if self._loaded or self.file is None:
                return
            try:
                kept = await self._call(partial(read_alerts, self.file))
            except OSError as error:
                self._refuse(UNREADABLE, str(error))
                self._tried = True
                self._news.set()
                return
            except ValueError as error:
                self.log.warning(UNREADABLE, path=str(self.file), detail=str(error))
            else:
                if kept is not None:
                    self.held.take_in(kept)
            # Not before: a wait that is cancelled has read nothing.
            self._tried = self._loaded = True

    async def run(self) -> None:
        """Read what there is, write what has changed, as it changes, and at the end; until cancelled."""
        try:
            await self.load()
            while True:
                await self._news.wait()
                with trio.move_on_after(SOON):
                    await self._urgent.wait()
                await self._save()
        finally:
            # How long something has pended changes without news.
            if self._news.is_set() or self.held.counts() != (0, 0):
                with trio.move_on_after(LONGEST, shield=True) as last:
                    await self._save()
                if last.cancelled_caught:
                    self._refuse(UNWRITTEN, _slow())

    async def write(self, config: Config, silences: Silences) -> None:
        """Write all with these thresholds and silences, though cancelled: what is written is to hold.

        Raises DiskFull or OutputUnwritable, after LONGEST seconds at the latest.
        """
        with trio.CancelScope(shield=True):
            await self._write(config, silences)

    async def _save(self) -> None:
        """Write what there is. What is not, as it cannot be or as this is cancelled, stays news."""
        self._news, self._urgent = trio.Event(), trio.Event()
        saved = False
        try:
            await self.load()
            if self.file is None or self._loaded:
                async with self.writing:
                    await self._write(self.held.saved, self.held.silences)
                saved = True
        except SidecarError as error:
            self._refuse(UNWRITTEN, error.message)
        finally:
            if not saved:
                self._news.set()

    async def _write(self, config: Config, silences: Silences) -> None:
        if self.file is None:
            return
        if not self._loaded:
            raise OutputUnwritable(path=str(self.file), detail=UNREAD)
        data = msgspec.json.encode(self.held.kept(config, silences))
        try:
            await self._call(partial(write_atomic, self.file, data, mode=0o600))
        except TimeoutError as error:
            # It may be written yet: what holds must be written after it.
            self._news.set()
            raise OutputUnwritable(path=str(self.file), detail=str(error)) from error
        self._refused.discard(UNWRITTEN)

    async def _call(self, work: Callable[[], Result]) -> Result:
        """Call what blocks, after what was called before it. Raises TimeoutError where it hangs."""
        with trio.move_on_after(LONGEST):
            return await trio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=self._one)
        raise TimeoutError(_slow())

    def _refuse(self, event: str, detail: str) -> None:
        """Tell the log, once until it has gone well again."""
        if event not in self._refused:
            self._refused.add(event)
            self.log.warning(event, path=str(self.file), detail=detail)


def looks_at(rule: Rule) -> tuple[str, str, bool]:
    """Return what an alert stays the same by, whatever its limits are."""
    return rule.id, rule.metric, rule.above


def _joined(kept: AlertState, live: AlertState) -> AlertState:
    """Return an alert as it is now, where it was kept as that and has come to this since."""
    if RANKS[kept.phase] < RANKS[live.phase]:
        return live
    if kept.phase == live.phase:
        return replace(live, since=kept.since, fired=kept.fired)
    # What fired, and is beyond its threshold again, does not pend.
    return kept if live.phase == "inactive" else replace(kept, back=None, value=live.value)


def _slow() -> str:
    return f"it takes more than {LONGEST:g} s"
