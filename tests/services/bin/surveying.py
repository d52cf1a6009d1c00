"""A media service over one pool of workers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from sidecar.ffmpeg.supervisor import open_supervisor
from sidecar.services.cache.limits import CacheLimits
from sidecar.services.cache.memory import MemoryTier
from sidecar.services.cache.store import open_cache_store
from sidecar.services.media.records import Records
from sidecar.services.media.service import MediaService
from sidecar.services.media.workers import PROBING, WorkerPool, open_workers
from tests.harness.patience import PATIENCE


@asynccontextmanager
async def surveying(folder: Path, argv: tuple[str, ...] = PROBING) -> AsyncIterator[tuple[MediaService, WorkerPool]]:
    """Open the service with one worker, whose command is `argv`, over a cache in a folder; with a deadline."""
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
            yield MediaService(pool, pool, records), pool
