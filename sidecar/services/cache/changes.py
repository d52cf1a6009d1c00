"""Tells subscribers that the cache has changed, and holds limits that were changed by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import trio

from protocol.errors import SidecarError
from sidecar.services.events import EventHub
from sidecar.services.settings import SettingsStore

if TYPE_CHECKING:
    from protocol.commands.cache import CacheChanged
    from sidecar.services.cache.counters import Cause
    from sidecar.services.cache.memory import MemoryTier
    from sidecar.services.cache.store import CacheStore

EVERY = 1.0
"""Seconds between two looks, each a comparison of numbers."""


async def tell_changes(
    memory: MemoryTier, late_store: Callable[[], CacheStore], settings: SettingsStore, events: EventHub
) -> None:
    """Publish `cache.changed` when entries came or went, or limits changed; until cancelled."""
    told: object = None
    held: object = None
    while True:
        await trio.sleep(EVERY)
        current = settings.current
        limits = current.cache_disk_bytes, current.min_free_disk_bytes, current.cache_kinds
        state = memory.counters.changes, current.cache_memory_bytes, limits
        if state == told:
            continue
        try:
            store = late_store()
        except SidecarError:
            # Nothing is kept on the disk, and whoever needs it is told so; memory changes go untold with it.
            continue
        if held not in (None, limits):
            await store.hold_limits()
        held, told = limits, state
        events.publish("cache.changed", await _changed(memory, store, current.cache_disk_bytes))


async def _changed(memory: MemoryTier, store: CacheStore, limit: int) -> CacheChanged:
    from protocol.commands.cache import CacheChanged, TierState  # noqa: PLC0415 - start-up time
    from sidecar.services.cache.kinds import KINDS  # noqa: PLC0415
    from sidecar.services.cache.report import evictions  # noqa: PLC0415

    use, totals = memory.use(), (await store.totals()).values()
    causes: Counter[Cause] = Counter()
    for kind in KINDS:
        causes.update(memory.counters.of(kind).evictions)
    return CacheChanged(
        memory=TierState(bytes=use.bytes, limit=use.limit, entries=use.entries),
        disk=TierState(
            bytes=sum(total.space for total in totals), limit=limit, entries=sum(total.entries for total in totals)
        ),
        evictions=evictions(causes),
    )
