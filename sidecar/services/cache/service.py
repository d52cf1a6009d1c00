"""Both tiers of the cache as clients see them: numbers, limits, projects, and what is to go or to come."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import trio

from protocol.commands.cache import (
    CacheCleared,
    CachedProjects,
    CacheFloor,
    CacheFreed,
    CacheLimits,
    CacheLimitsSet,
    CacheMetadata,
    CachePreloaded,
    CacheProjectState,
    CacheSetLimits,
    CacheStats,
    CacheVerified,
    CacheVerify,
    DamagedEntry,
    TierUse,
)
from protocol.commands.shared import ProjectRef
from protocol.errors import InvalidParams, SidecarError
from protocol.progress import Begin, End, Progress, Report
from sidecar.services.access import ReadAccess
from sidecar.services.cache.index import Total
from sidecar.services.cache.kinds import KINDS, Kind
from sidecar.services.cache.known_projects import cached_projects, project_state
from sidecar.services.cache.limits import Freed
from sidecar.services.cache.memory import MemoryTier
from sidecar.services.cache.preload import Located, Maker, preload
from sidecar.services.cache.report import cache_stats
from sidecar.services.cache.selection import Selection, source_id
from sidecar.services.cache.store import CacheStore
from sidecar.services.media.paths import local_path
from sidecar.services.media.service import MediaService
from sidecar.services.projects import ProjectService
from sidecar.services.projects.world import CheckRead, located, uses_of
from sidecar.services.settings import SettingsStore

FLOOR = CacheFloor(memory_bytes=8 << 20, disk_bytes=64 << 20)
"""Less would not hold what one preview and one render have in hand."""

NAMED = 1_000
"""Damaged entries that are named in an answer."""

Tell = Callable[[Progress], Awaitable[None]]


class CacheService:
    """The cache as a whole. Cancelling a method leaves what it has done so far."""

    def __init__(
        self,
        store: CacheStore,
        memory: MemoryTier,
        *,
        settings: SettingsStore,
        projects: ProjectService,
        media: MediaService,
        makers: Mapping[Kind, Maker],
    ) -> None:
        self._store = store
        self._memory = memory
        self._settings = settings
        self._projects = projects
        self._media = media
        self._makers = makers

    async def stats(self, kinds: Sequence[Kind] | None = None) -> CacheStats:
        """Measure both tiers."""
        return cache_stats(self._memory.use(), await self._store.stats(), KINDS if kinds is None else kinds)

    def limits(self) -> CacheLimits:
        """Return the limits in force."""
        current = self._settings.current
        return CacheLimits(
            memory_bytes=current.cache_memory_bytes,
            disk_bytes=current.cache_disk_bytes,
            min_free_disk_bytes=current.min_free_disk_bytes,
            kinds={kind: current.cache_kinds.get(kind) for kind in KINDS},
            floor=FLOOR,
        )

    async def set_limits(self, wanted: CacheSetLimits) -> CacheLimitsSet:
        """Change limits and evict until they hold, but for what is in use.

        Raises InvalidParams below the floor, and what changing the settings raises; nothing is changed then.
        """
        values = self._limit_settings(wanted)
        if values:
            self._settings.set(values, persist=wanted.persist)
        freed = (self._memory.resized if values else Freed()) + await self._store.hold_limits()
        return CacheLimitsSet(
            limits=self.limits(),
            evicted=CacheFreed(entries=freed.entries, bytes=freed.bytes),
            over=await self._over(),
        )

    async def projects(self) -> CachedProjects:
        """List what is open or has entries, last used first."""
        return await cached_projects(self._store, self._memory, self._projects.sessions())

    async def has_project(self, project_id: str | None, path: Path | None) -> CacheProjectState:
        """Say what there is of one project; raises InvalidParams unless it is named in exactly one way."""
        if (project_id is None) == (path is None):
            raise InvalidParams(detail="exactly one of projectId and path", path="/projectId")
        if path is not None:
            project_id = await self._id_of(path)
        return await project_state(self._store, self._memory, self._projects.sessions(), project_id, path)

    async def metadata(self, path: Path, *, shown: str) -> CacheMetadata:
        """Return what is known of a file as it is now; raises MediaNotFound."""
        content = await self._media.fingerprint(path)
        info = await self._media.info_of(path, content)
        what = Selection(source=source_id(path))
        disk, memory = await self._store.totals(what), self._memory.sums(what)
        kinds: dict[Kind, TierUse] = {}
        for kind in [kind for kind in KINDS if kind in disk or kind in memory]:
            there, held = disk.get(kind, Total()), memory.get(kind, Freed())
            kinds[kind] = TierUse(entries=there.entries + held.entries, bytes=there.space + held.bytes)
        return CacheMetadata(path=shown, fingerprint=content, info=info, kinds=kinds)

    async def clear(
        self,
        *,
        kinds: Sequence[Kind] | None = None,
        project_id: str | None = None,
        path: Path | None = None,
        older_than: float | None = None,
        dry_run: bool = False,
    ) -> CacheCleared:
        """Remove what meets all conditions that are given, in both tiers; `older_than` in seconds since its last use."""
        what = Selection(
            kinds=KINDS if kinds is None else kinds,
            owner=project_id,
            source=None if path is None else source_id(path),
            older=None if older_than is None else time.time() - older_than,
        )
        memory = self._memory.clear(what, dry_run=dry_run)
        disk = await self._store.clear(what, dry_run=dry_run)
        return CacheCleared(
            entries=memory.freed.entries + disk.freed.entries,
            bytes=memory.freed.bytes + disk.freed.bytes,
            in_use=disk.in_use,
            shared=memory.shared + disk.shared,
        )

    async def preload(
        self,
        ref: ProjectRef | None,
        paths: Sequence[str] | None,
        kinds: Sequence[Kind],
        *,
        read: ReadAccess,
        tell: Tell,
        trace_id: str = "",
    ) -> CachePreloaded:
        """Make what is missing of a project's files, or of files; raises what naming the project raises."""
        if (ref is None) == (paths is None):
            raise InvalidParams(detail="exactly one of project and paths", path="/project")
        files: dict[str, Located] = {}
        if ref is not None:
            view = await self._projects.resolve_ref(ref)
            for written in uses_of(view.project):
                files[written] = await _located(partial(located, written, view.base, read))
        for each in paths or ():
            files[each] = await _located(partial(_readable, each, read))
        return await preload(files, kinds, self._makers, tell, read=read, trace_id=trace_id)

    async def verify(self, asked: CacheVerify, tell: Tell) -> CacheVerified:
        """Read entries on the disk through, no faster than asked; raises what the disk tier's `verify` raises."""
        addresses = await self._store.select(Selection(KINDS if asked.kinds is None else asked.kinds))
        await tell(Begin(title="Verifying", total=len(addresses)))
        began = trio.current_time()
        done = whole = size = 0
        damaged: list[DamagedEntry] = []
        while done < len(addresses):
            part = await self._store.verify(addresses[done:], remove=asked.repair)
            done += part.looked_at
            whole += part.whole
            size += part.bytes
            damaged += [DamagedEntry(kind=kind, key=key) for kind, key in part.damaged]
            await tell(Report(done=done, total=len(addresses), message=None))
            await trio.sleep(max(0.0, began + size / asked.bytes_per_second - trio.current_time()))
        await tell(End())
        return CacheVerified(
            checked=whole + len(damaged),
            bytes=size,
            corrupt=len(damaged),
            removed=len(damaged) if asked.repair else 0,
            damaged=damaged[:NAMED],
        )

    def _limit_settings(self, wanted: CacheSetLimits) -> dict[str, Any]:
        """Return limits as settings; raises InvalidParams below the floor."""
        floors = (
            ("memoryBytes", wanted.memory_bytes, FLOOR.memory_bytes),
            ("diskBytes", wanted.disk_bytes, FLOOR.disk_bytes),
        )
        for name, value, floor in floors:
            if value is not None and value < floor:
                raise InvalidParams(detail=f"the least is {floor} bytes", path=f"/{name}")
        values: dict[str, Any] = {
            "cacheMemoryBytes": wanted.memory_bytes,
            "cacheDiskBytes": wanted.disk_bytes,
            "minFreeDiskBytes": wanted.min_free_disk_bytes,
        }
        values = {key: value for key, value in values.items() if value is not None}
        if wanted.kinds is not None:
            kinds = {**self._settings.current.cache_kinds, **wanted.kinds}
            values["cacheKinds"] = {kind: quota for kind, quota in kinds.items() if quota is not None}
        return values

    async def _over(self) -> int:
        """Return the bytes on the disk that the limits do not allow: what is in use."""
        current, totals = self._settings.current, await self._store.totals()
        over = [total.space - current.cache_kinds.get(kind, total.space) for kind, total in totals.items()]
        return max(0, sum(total.space for total in totals.values()) - current.cache_disk_bytes, *over)

    async def _id_of(self, path: Path) -> str | None:
        """Return the id under which a project file's entries are kept."""
        for session in self._projects.sessions():
            if session.path == path:
                return session.content.project.id
        for note in (await self._store.projects()).values():
            if note.path == str(path):
                return note.id
        try:
            return (await self._projects.resolve_ref(ProjectRef(path=str(path)))).project.id
        except SidecarError:
            return None


def _readable(path: str, check_read: CheckRead) -> Path:
    return check_read(str(local_path(path)))


async def _located(locate: Callable[[], Path]) -> Located:
    try:
        return await trio.to_thread.run_sync(locate)
    except SidecarError as error:
        return error
