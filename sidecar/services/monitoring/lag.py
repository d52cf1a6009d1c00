"""How late the loop comes to what is due: a task that wakes ten times a second, and looks how late it is."""

from __future__ import annotations

from dataclasses import dataclass, field

import trio

from sidecar.core.sketch import Sketch

EVERY = 0.1

MOST = 600
"""Wakes that are counted of one block: those of a minute."""


@dataclass(frozen=True, slots=True)
class LagMeter:
    """Seconds by which the loop was late, since the start."""

    lags: Sketch = field(default_factory=Sketch)

    async def run(self) -> None:
        """Measure until cancelled."""
        due = trio.current_time() + EVERY
        while True:
            await trio.sleep_until(due)
            now = trio.current_time()
            self.add(now - due)
            due = now + EVERY

    def add(self, late: float) -> None:
        """Take how late a wake was, and with it those that it was too late for: else a long block is one sample of many."""
        for missed in range(min(MOST, 1 + int(max(0.0, late) / EVERY))):
            self.lags.add(late - missed * EVERY)
