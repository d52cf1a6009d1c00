"""The projects that the cache holds something for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from protocol.commands.cache import CachedProject, CachedProjects, CacheProjectState
from sidecar.services.cache.coverage import covered
from sidecar.services.cache.memory import MemoryTier
from sidecar.services.cache.owned import Owned
from sidecar.services.cache.report import timestamp
from sidecar.services.cache.store import CacheStore
from sidecar.services.projects.session import Session


async def cached_projects(store: CacheStore, memory: MemoryTier, sessions: Sequence[Session]) -> CachedProjects:
    """List what is open or has entries, last used first."""
    owned = dict(await store.owned())
    for owner, held in memory.owned().items():
        owned[owner] = owned.get(owner, Owned()) + held
    notes = await store.projects()
    open_now = {owner_of(session): session for session in sessions}
    found: list[tuple[float, CachedProject]] = []
    for owner in {*owned, *open_now}:
        has, note, session = owned.get(owner, Owned()), notes.get(owner), open_now.get(owner)
        path = None if session is None or session.path is None else str(session.path)
        project = CachedProject(
            project_id=owner,
            name=session.content.project.name if session is not None else "" if note is None else note.name,
            path=path or (None if note is None else note.path),
            open=session is not None,
            bytes=has.bytes,
            entries=has.entries,
            segments=has.segments,
            coverage=await coverage_of(store, session),
            last_used=timestamp(has.used) if has.entries else None,
        )
        found.append((has.used, project))
    found.sort(key=lambda each: (-each[0], each[1].project_id))
    return CachedProjects(projects=[project for _, project in found])


async def project_state(
    store: CacheStore, memory: MemoryTier, sessions: Sequence[Session], project_id: str | None, path: Path | None
) -> CacheProjectState:
    """Say what there is of a project that is named by the id of an open one, by its own, or by its file."""
    session = next(
        (each for each in sessions if project_id in (each.project_id, owner_of(each)) or (path and each.path == path)),
        None,
    )
    owner = project_id if session is None else owner_of(session)
    held = Owned()
    if owner is not None:
        held = (await store.owned(owner)).get(owner, Owned()) + memory.owned().get(owner, Owned())
    return CacheProjectState(
        cached=session is not None or held.entries > 0,
        open=session is not None,
        coverage=await coverage_of(store, session),
        bytes=held.bytes,
    )


async def coverage_of(store: CacheStore, session: Session | None) -> float | None:
    """Return the share of an open project's frames that its last plan finds cached now; None without such a plan."""
    if session is None:
        return None
    cells = store.coverage.cells(owner_of(session), session.revision)
    keys = sorted({cell.key for cell in cells if cell.key is not None})
    return covered(cells, await store.known("segments", keys)) if cells else None


def owner_of(session: Session) -> str:
    """Return the id that entries of an open project carry: its own, which may be open twice."""
    return session.content.project.id or session.project_id
