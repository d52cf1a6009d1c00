"""Ten thousand jobs in the render queue."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import trio

from tests.benchmarks.figure import Figure, alone
from tests.services.render.waiting import waiting


def measure(*, short: bool) -> Iterator[Figure]:
    """Measure how long it takes to enqueue many jobs, and to cancel them all; nothing renders meanwhile."""
    count, rounds = (200, 1) if short else (10_000, 3)
    enqueued, cancelled = zip(*(trio.run(_round, count) for _ in range(rounds)), strict=True)
    what = f"{count:,} jobs in the service, journal on disk"
    yield alone("queue.enqueue", "s", enqueued, target=0.001, conditions=f"each of {what}")
    yield alone("queue.cancel", "s", cancelled, target=1.0, conditions=f"all of {what}")


async def _round(count: int) -> tuple[float, float]:
    """Seconds to enqueue one job, and to cancel all."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        async with waiting(Path(folder), patch, running=1, kept=count) as desk:
            began = time.perf_counter()
            await desk.enqueue(count)
            full = time.perf_counter()
            await desk.cancel_all()
            return (full - began) / count, time.perf_counter() - full
