"""Commands of the cache."""

from __future__ import annotations

import msgspec
import trio

from protocol.commands import Empty
from protocol.commands.cache import (
    CacheClear,
    CacheCleared,
    CachedProject,
    CachedProjects,
    CacheHasProject,
    CacheLimits,
    CacheLimitsSet,
    CacheMetadata,
    CacheMetadataQuery,
    CachePreload,
    CachePreloaded,
    CacheProjectState,
    CacheSetLimits,
    CacheStats,
    CacheStatsQuery,
    CacheVerified,
    CacheVerify,
)
from protocol.errors import PermissionDenied
from protocol.progress import Progress
from sidecar.commands.call import Call
from sidecar.commands.refs import media_file, readable
from sidecar.commands.registry import command


@command("cache.stats")
async def stats(params: CacheStatsQuery, call: Call) -> CacheStats:
    """Measure both tiers."""
    return await call.services.caches.stats(params.kinds)


@command("cache.limits")
async def limits(_params: Empty, call: Call) -> CacheLimits:
    """Return the limits."""
    return call.services.caches.limits()


@command("cache.setLimits")
async def set_limits(params: CacheSetLimits, call: Call) -> CacheLimitsSet:
    """Change limits, and evict what they do not allow."""
    return await call.services.caches.set_limits(params)


@command("cache.projects")
async def projects(_params: Empty, call: Call) -> CachedProjects:
    """List projects; of those that lie outside of what the connection may read the path is kept to ourselves."""
    found = await call.services.caches.projects()
    if call.connection.grant.read is None:
        return found

    def shown() -> list[CachedProject]:
        return [
            each if _may_read(each.path, call) else msgspec.structs.replace(each, path=None) for each in found.projects
        ]

    return CachedProjects(projects=await trio.to_thread.run_sync(shown))


def _may_read(path: str | None, call: Call) -> bool:
    if path is None:
        return True
    try:
        call.check_read(path)
    except PermissionDenied:
        return False
    return True


@command("cache.hasProject")
async def has_project(params: CacheHasProject, call: Call) -> CacheProjectState:
    """Look for one project."""
    path = None if params.path is None else call.check_read(params.path)
    return await call.services.caches.has_project(params.project_id, path)


@command("cache.metadata")
async def metadata(params: CacheMetadataQuery, call: Call) -> CacheMetadata:
    """Say what is there of a file."""
    path = await media_file(params.path, call)
    return await call.services.caches.metadata(path, shown=params.path)


@command("cache.clear")
async def clear(params: CacheClear, call: Call) -> CacheCleared:
    """Remove entries."""
    path = None
    if params.path is not None:
        path = await media_file(params.path, call)
    return await call.services.caches.clear(
        kinds=params.kinds,
        project_id=params.project_id,
        path=path,
        older_than=params.older_than,
        dry_run=params.dry_run,
    )


@command("cache.preload")
async def preload(params: CachePreload, call: Call) -> CachePreloaded:
    """Make what is missing."""

    async def tell(value: Progress) -> None:
        await call.progress(msgspec.to_builtins(value))

    ref = None if params.project is None else readable(params.project, call)
    return await call.services.caches.preload(
        ref,
        params.paths,
        params.kinds or ["metadata"],
        read=call.connection.grant.reading,
        tell=tell,
        trace_id=call.trace_id,
    )


@command("cache.verify")
async def verify(params: CacheVerify, call: Call) -> CacheVerified:
    """Read entries through."""

    async def tell(value: Progress) -> None:
        await call.progress(msgspec.to_builtins(value))

    return await call.services.caches.verify(params, tell)
