"""Makes the cache's services when they are first needed: importing and opening them is no part of the start."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from protocol.errors import DiskFull, OutputUnwritable

if TYPE_CHECKING:
    from protocol.commands.settings import Settings
    from sidecar.services.cache.ahead import Shops
    from sidecar.services.cache.memory import MemoryTier
    from sidecar.services.cache.service import CacheService
    from sidecar.services.cache.store import CacheStore
    from sidecar.services.events import EventHub
    from sidecar.services.folders import Folders
    from sidecar.services.logs import Log
    from sidecar.services.projects import ProjectService
    from sidecar.services.settings import SettingsStore


def make_memory(settings: SettingsStore, made: Callable[[MemoryTier], None]) -> MemoryTier:
    """Make the memory tier, held to the settings; `made` is told of it."""
    from sidecar.services.cache.memory import MemoryTier  # noqa: PLC0415 - start-up time

    memory = MemoryTier(settings.current.cache_memory_bytes)

    def resize(new: Settings) -> None:
        memory.resize(new.cache_memory_bytes, new.cache_kinds)

    settings.watch(resize)
    made(memory)
    return memory


async def tell_cache(
    memory: MemoryTier, late_cache: Callable[[], CacheStore], settings: SettingsStore, events: EventHub
) -> None:
    """Publish what becomes of the cache, until cancelled."""
    from sidecar.services.cache.changes import tell_changes  # noqa: PLC0415 - start-up time

    await tell_changes(memory, late_cache, settings, events)


def make_caches(
    memory: MemoryTier,
    store: CacheStore,
    shops: Shops,
    *,
    settings: SettingsStore,
    projects: ProjectService,
) -> CacheService:
    """Make the service that both tiers are seen by."""
    from sidecar.services.cache.ahead import makers  # noqa: PLC0415 - start-up time
    from sidecar.services.cache.service import CacheService  # noqa: PLC0415 - start-up time

    return CacheService(store, memory, settings=settings, projects=projects, media=shops.media, makers=makers(shops))


def open_cache(folders: Folders, settings: SettingsStore, log: Log, memory: MemoryTier) -> CacheStore:
    """Open the cache; whoever does closes it after all that use it.

    Where its folder cannot be had the cache lies in the temp folder, for as long as this process lives.
    """
    from sidecar.services.cache.limits import CacheLimits  # noqa: PLC0415 - start-up time
    from sidecar.services.cache.store import open_cache_store  # noqa: PLC0415 - start-up time

    opening = partial(
        open_cache_store,
        instance_id=folders.instance_id,
        limits=lambda: CacheLimits(
            settings.current.cache_disk_bytes,
            settings.current.min_free_disk_bytes,
            settings.current.cache_kinds,
        ),
        report=lambda what, error: log.logger.warning(what, detail=str(error)),
        counters=memory.counters,
    )
    try:
        return opening(folders.cache)
    except (DiskFull, OutputUnwritable) as error:
        log.logger.warning("the cache cannot be used: nothing is kept beyond this process", detail=str(error))
        return opening(folders.temp / "cache")
