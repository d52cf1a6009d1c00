"""How many requests of each load run at once; shared by all connections of a process."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

import trio

from protocol.commands import Load

INTERACTIVE = 32
PREVIEWS = 8
JOBS = 4


def _limiter(tokens: int) -> trio.CapacityLimiter:
    return trio.CapacityLimiter(tokens)


@dataclass(frozen=True, slots=True)
class Limiters:
    """One limiter a load: a request that people wait for never queues behind jobs or probes.

    Small files of previews (clips, storyboards) have their own: they take seconds, and must not wait for jobs either.
    """

    interactive: trio.CapacityLimiter = field(default_factory=lambda: _limiter(INTERACTIVE))
    previews: trio.CapacityLimiter = field(default_factory=lambda: _limiter(PREVIEWS))
    jobs: trio.CapacityLimiter = field(default_factory=lambda: _limiter(JOBS))
    probe: trio.CapacityLimiter = field(default_factory=lambda: _limiter(max(2, os.cpu_count() or 2)))

    async def acquire(self, load: Load) -> trio.CapacityLimiter | None:
        """Take a place for a request of this load, waiting for one where there is none; None where none is needed.

        Where there is one nothing is waited for, so that requests begin in the order in which they came.
        """
        if load == "inline":
            return None
        limiter: trio.CapacityLimiter = getattr(self, load)
        try:
            limiter.acquire_nowait()
        except trio.WouldBlock:
            await limiter.acquire()
        return limiter
