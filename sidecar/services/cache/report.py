"""What both tiers hold and have done, as the wire says it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from protocol.commands.cache import (
    CacheKindStats,
    CacheResponse,
    CacheStats,
    CacheTier,
    Evictions,
    HitRatio,
    Quantiles,
    TierUse,
    Window,
)
from sidecar.core.recent import Counts
from sidecar.core.sketch import Spread
from sidecar.services.cache.counters import Cause
from sidecar.services.cache.kinds import Kind
from sidecar.services.cache.memory import KindUse, MemoryUse
from sidecar.services.cache.statistics import KindStats, Stats


def cache_stats(memory: MemoryUse, disk: Stats, kinds: Iterable[Kind]) -> CacheStats:
    """Put the numbers of both tiers together."""
    return CacheStats(
        at=timestamp(),
        memory=memory_tier(memory),
        disk=CacheTier(
            bytes=disk.held.space,
            limit=disk.limits.disk_bytes,
            entries=disk.held.entries,
            fragmentation=disk.fragmentation,
        ),
        kinds={kind: _kind(memory.kinds[kind], disk.kinds[kind], disk.limits.kinds.get(kind)) for kind in kinds},
    )


def memory_tier(memory: MemoryUse) -> CacheTier:
    """Return what the memory tier holds."""
    return CacheTier(bytes=memory.bytes, limit=memory.limit, entries=memory.entries, fragmentation=memory.fragmentation)


def evictions(causes: Mapping[Cause, int]) -> Evictions:
    """Return how many entries went, by cause."""
    return Evictions(limit=causes["limit"], stale=causes["stale"], corrupt=causes["corrupt"], cleared=causes["cleared"])


def timestamp(seconds: float | None = None) -> str:
    """Return a Unix time, or now, as text."""
    moment = datetime.now(UTC) if seconds is None else datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _kind(memory: KindUse, disk: KindStats, quota: int | None) -> CacheKindStats:
    counts = disk.counts
    return CacheKindStats(
        entries=memory.entries + disk.held.entries,
        bytes=memory.bytes + disk.held.space,
        limit=quota,
        memory=TierUse(entries=memory.entries, bytes=memory.bytes),
        disk=TierUse(entries=disk.held.entries, bytes=disk.held.space),
        pinned=disk.pinned,
        hits=_window(counts.hits),
        misses=_window(counts.misses),
        hit_ratio=HitRatio(
            minute=_ratio(counts.hits.minute, counts.misses.minute),
            hour=_ratio(counts.hits.hour, counts.misses.hour),
            total=_ratio(counts.hits.total, counts.misses.total),
        ),
        response=CacheResponse(hit=_quantiles(counts.found), miss=_quantiles(counts.missed)),
        evictions=evictions(counts.evictions),
        bytes_saved=counts.bytes_saved,
        seconds_saved=counts.seconds_saved,
        negative=memory.failures,
    )


def _window(counts: Counts) -> Window:
    return Window(minute=counts.minute, hour=counts.hour, total=counts.total)


def _ratio(hits: int, misses: int) -> float | None:
    return hits / (hits + misses) if hits + misses else None


def _quantiles(spread: Spread | None) -> Quantiles | None:
    if spread is None:
        return None
    return Quantiles(p50=spread.p50, p95=spread.p95, p99=spread.p99, max=spread.max, samples=spread.samples)
