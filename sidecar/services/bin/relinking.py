"""Finds the missing files of an open project, and writes where they are now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import trio

from protocol.commands.project import Updated
from protocol.commands.project_media import Candidates, ProjectRelink, Relink, Relinked, Unfound
from protocol.commands.shared import ProjectRef
from protocol.errors import InvalidParams, MediaNotFound
from protocol.events import ChangedRanges
from sidecar.services.bin.entries import Entry, entries_of, path_text
from sidecar.services.bin.matching import Eyes, Lost, Match, match, written
from sidecar.services.bin.search import Listing, plain_name, search
from sidecar.services.bin.service import BinService
from sidecar.services.media.paths import local_path
from sidecar.services.media.service import MediaService
from sidecar.services.projects import ProjectService
from sidecar.services.projects.view import ProjectView
from sidecar.services.projects.world import CheckRead

Progress = Callable[[int, str], None]


async def relink(
    params: ProjectRelink,
    folders: Sequence[Path],
    *,
    projects: ProjectService,
    files: BinService,
    media: MediaService,
    check_read: CheckRead,
    by: str,
    progress: Progress,
) -> Relinked:
    """Look for missing files below `folders`, and make what was found a revision unless it is only to be said.

    Raises ProjectNotOpen, and ProjectConflict when the project is or becomes another revision than the caller's;
    InvalidParams for ids that are none of its files. Cancelled, the project is as it was.
    """
    view = await projects.resolve_ref(ProjectRef(id=params.project_id, revision=params.base_revision))
    entries = await trio.to_thread.run_sync(entries_of, view.project, view.base, check_read)
    lost = await _lost(_chosen(entries, params.ids), params.project_id, files, media)
    listing = await _searched(lost, folders, progress) if lost else Listing()
    eyes = Eyes(media, check_read)
    matches = []
    for number, each in enumerate(lost):
        progress(listing.visited, f"{number} of {len(lost)}")
        matches.append(await match(each, listing, eyes))
    operations = [] if params.dry_run else [each for found in matches for each in _operations(found, view.base)]
    updated = None
    if operations:
        updated = await projects.update(
            params.project_id, params.base_revision, patch=operations, label="Relink", by=by
        )
    return _relinked(matches, listing, view, updated)


def _chosen(entries: Sequence[Entry], ids: Sequence[str] | None) -> list[Entry]:
    if ids is None:
        return list(entries)
    known = {name for entry in entries for name in (entry.id, entry.path) if name is not None}
    for place, name in enumerate(ids):
        if name not in known:
            raise InvalidParams(detail=f"the project has no file {name!r}", path=f"/ids/{place}")
    return [entry for entry in entries if entry.id in ids or entry.path in ids]


async def _lost(entries: Sequence[Entry], project_id: str, files: BinService, media: MediaService) -> list[Lost]:
    """Return those of some files that are missing, with what is known of them."""
    looked = await files.look(file for entry in entries if (file := entry.file) is not None)
    known = files.remembered(project_id)
    found = []
    for entry in entries:
        if entry.file is not None and looked[entry.file].state != "missing":
            continue
        if entry.file is None and not isinstance(entry.location, MediaNotFound):
            continue
        content = entry.stored or known.get(entry.path)
        where = entry.file or local_path(entry.path)
        info = None if content is None else await media.info_of(where, content)
        name = plain_name(where.name)
        found.append(Lost(entry, name, content, None if info is None else info.duration))
    return found


async def _searched(lost: Sequence[Lost], folders: Sequence[Path], progress: Progress) -> Listing:
    names = {each.name for each in lost}
    sizes = {size for each in lost if (size := each.size) is not None}

    def step(visited: int) -> None:
        trio.from_thread.check_cancelled()
        trio.from_thread.run_sync(progress, visited, "")

    return await trio.to_thread.run_sync(search, folders, names, sizes, step)


def _relinked(matches: Sequence[Match], listing: Listing, view: ProjectView, updated: Updated | None) -> Relinked:
    return Relinked(
        revision=view.revision or 0 if updated is None else updated.revision,
        applied=updated is not None,
        relinked=[_relink(each, view.base) for each in matches if len(each.files) == 1],
        ambiguous=[
            Candidates(id=each.lost.entry.id, path=each.lost.entry.path, files=[path_text(path) for path in each.files])
            for each in matches
            if len(each.files) > 1
        ],
        missing=[Unfound(id=each.lost.entry.id, path=each.lost.entry.path) for each in matches if not each.files],
        visited=listing.visited,
        truncated=listing.truncated,
        changed=ChangedRanges(picture=[], sound=[]) if updated is None else updated.changed,
        problems=view.problems if updated is None else updated.problems,
    )


def _relink(each: Match, base: Path | None) -> Relink:
    entry, path = each.lost.entry, each.files[0]
    shorter = written(path, entry.path, base)
    return Relink(
        id=entry.id,
        path=entry.path,
        to=shorter.as_posix() if path_text(path) == str(path) else path_text(path),
        file=path_text(path),
        by=each.way,
        clips=list(entry.clips),
    )


def _operations(each: Match, base: Path | None) -> list[dict[str, Any]]:
    if len(each.files) != 1:
        return []
    entry, to = each.lost.entry, _relink(each, base).to
    operations: list[dict[str, Any]] = [{"op": "replace", "path": pointer, "value": to} for pointer in entry.pointers]
    if entry.id is not None and each.content is not None:
        media = entry.pointers[0].removesuffix("/path")
        operations.append({"op": "replace", "path": f"{media}/fingerprint", "value": each.content})
    return operations
