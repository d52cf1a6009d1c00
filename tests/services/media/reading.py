"""A media service over one worker and a cache of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import trio

from sidecar.ffmpeg.supervisor import open_supervisor
from sidecar.services.cache.limits import CacheLimits
from sidecar.services.cache.memory import MemoryTier
from sidecar.services.cache.store import CacheStore, open_cache_store
from sidecar.services.media.records import Records
from sidecar.services.media.service import MediaService
from sidecar.services.media.workers import PROBING, WorkerPool, open_workers
from tests.harness.patience import PATIENCE


@dataclass(frozen=True)
class Reading:
    media: MediaService
    pool: WorkerPool
    store: CacheStore


@asynccontextmanager
async def reading(folder: Path, argv: tuple[str, ...] = PROBING) -> AsyncIterator[Reading]:
    """Open the service, as a new process does, over the cache of a folder; `argv` is the worker's command.

    What it found is written down at its end. With a deadline.
    """
    memory = MemoryTier(1 << 20)
    with (
        trio.fail_after(PATIENCE),
        open_cache_store(folder / "cache", instance_id="t", limits=lambda: CacheLimits(1 << 30)) as store,
    ):
        records = Records(lambda: store, lambda: memory)
        async with (
            open_supervisor() as supervisor,
            open_workers(WorkerPool(supervisor, folder, lambda: 1, argv=argv)) as pool,
        ):
            yield Reading(MediaService(pool, pool, records), pool, store)
            await records.flush()
