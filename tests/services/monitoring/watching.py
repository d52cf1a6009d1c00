"""The alerts of an instance, looked at once a second on clocks of the test's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import trio

from sidecar.services.events import EventHub
from sidecar.services.monitoring.alerting import NAME, AlertService
from sidecar.services.monitoring.readings import Readings
from tests.harness.patience import PATIENCE
from tests.services.monitoring.samples import sample
from tests.transport.table import FakeLog

NOW = 1_800_000_000.0
BOOTED = 1_000.0


class Log(FakeLog):
    def warning(self, event: str, **fields: Any) -> None:
        self.lines.append({"event": event, "level": "warning", **fields})


class Watch:
    """A service, and looks at it once a second. `booted` is what its clock shows at first, `now` the time of day then."""

    def __init__(self, folder: Path | None = None, *, booted: float = BOOTED, now: float = NOW) -> None:
        self.log = Log()
        self.events = EventHub()
        self.heard = self.events.subscribe(["alerts"])
        logger: Any = self.log
        self.booted, self.now = booted, now
        self.tick = 0.0
        self.service = AlertService(
            self.events,
            logger,
            None if folder is None else folder / NAME,
            clock=lambda: self.booted + self.tick,
            wall=lambda: self.now + self.tick,
        )

    def look(
        self, values: dict[str, float], times: int = 1, samples: int = 100, *, gap: bool = False, passed: float = 1.0
    ) -> None:
        for _ in range(times):
            self.tick += passed
            look = sample(tick=self.booted + self.tick, at=self.now + self.tick, gap=gap)
            self.service.take(look, Readings(values, dict.fromkeys(values, samples)))

    def changes(self) -> list[tuple[str, str]]:
        told = []
        while (event := self.heard.take()) is not None:
            told.append((event.payload.alert.id, event.payload.change))
        return told


async def kept(watch: Watch) -> None:
    """Let it write what there is."""
    await watch.service.keeper.load()
    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch.service.run)
            nursery.cancel_scope.cancel()
