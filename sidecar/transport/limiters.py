"""How many requests of each load run at once; shared by all connections of a process."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

import trio

from protocol.commands import Load

if TYPE_CHECKING:
    from sidecar.services.monitoring.meter import Meter, Queue

INTERACTIVE = 32
PREVIEWS = 8
JOBS = 4

QUEUES = ("interactive", "previews", "jobs", "probe")
"""Loads that may have to wait."""


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
    at_once: dict[str, int] = field(default_factory=lambda: dict.fromkeys(QUEUES, 0))
    """How many requests had not to wait, by their load."""
    _waiting: dict[str, dict[object, float]] = field(default_factory=lambda: {load: {} for load in QUEUES})
    _waited: list[Callable[[str, float], None]] = field(default_factory=list)

    def counted_by(self, meter: Meter) -> None:
        """Have the queues looked at, and waits counted; the second time changes nothing."""
        if not self._waited:
            self._waited.append(meter.waited)
            meter.at_once = self.at_once
            meter.queues.update({load: partial(self._queue, load) for load in QUEUES})

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
            await self._wait(load, limiter)
        else:
            self.at_once[load] += 1
        return limiter

    async def _wait(self, load: Load, limiter: trio.CapacityLimiter) -> None:
        came, token = perf_counter(), object()
        self._waiting[load][token] = came
        try:
            await limiter.acquire()
        finally:
            del self._waiting[load][token]
            for waited in self._waited:
                waited(load, perf_counter() - came)

    def _queue(self, load: str) -> Queue:
        from sidecar.services.monitoring.meter import Queue  # noqa: PLC0415 - start-up time

        limiter: trio.CapacityLimiter = getattr(self, load)
        waiting = self._waiting[load]
        first = next(iter(waiting.values()), None)
        oldest = None if first is None else perf_counter() - first
        return Queue(len(waiting), limiter.borrowed_tokens, int(limiter.total_tokens), oldest)
