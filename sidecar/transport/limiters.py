"""How many requests of each load run at once; shared by all connections of a process."""

from __future__ import annotations

import os
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field

import trio

from protocol.commands import Load

INTERACTIVE = 32
JOBS = 4


def _limiter(tokens: int) -> trio.CapacityLimiter:
    return trio.CapacityLimiter(tokens)


@dataclass(frozen=True, slots=True)
class Limiters:
    """One limiter a load: a request that people wait for never queues behind jobs or probes."""

    interactive: trio.CapacityLimiter = field(default_factory=lambda: _limiter(INTERACTIVE))
    jobs: trio.CapacityLimiter = field(default_factory=lambda: _limiter(JOBS))
    probe: trio.CapacityLimiter = field(default_factory=lambda: _limiter(max(2, os.cpu_count() or 2)))

    def of(self, load: Load) -> AbstractAsyncContextManager[None]:
        """Return what a request of this load holds while it runs."""
        if load == "inline":
            return nullcontext()
        limiter: trio.CapacityLimiter = getattr(self, load)
        return limiter
