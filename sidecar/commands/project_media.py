"""project.media and project.relink."""

from __future__ import annotations

import trio

from protocol.commands.project_media import MediaEntry, ProjectMedia, ProjectMediaList, ProjectRelink, Relinked
from protocol.errors import MediaNotFound, SidecarError
from sidecar.commands.call import Call
from sidecar.commands.project import follow
from sidecar.commands.refs import readable
from sidecar.commands.registry import command
from sidecar.services.bin.entries import Entry, entries_of, path_text
from sidecar.services.bin.followed import GONE, Seen


@command("project.media")
async def media(params: ProjectMedia, call: Call) -> ProjectMediaList:
    """List the files of a project as they are now."""
    services, check_read = call.services, call.connection.grant.reading
    view = await services.projects.resolve_ref(readable(params.project, call))
    entries = None
    if params.project.id is not None:
        entries = await services.bin.ask(params.project.id, params.visible, check_read)
    if entries is None:
        entries = await trio.to_thread.run_sync(entries_of, view.project, view.base, check_read)
    files = [file for entry in entries if (file := entry.file) is not None]
    looked = await services.bin.look(files)
    return ProjectMediaList(
        revision=view.revision,
        media=[_entry(entry, looked[file] if (file := entry.file) is not None else None, call) for entry in entries],
        waiting=services.bin.waiting(files),
    )


@command("project.relink")
async def relink(params: ProjectRelink, call: Call) -> Relinked:
    """Find missing files."""
    from sidecar.services.bin.relinking import relink as find  # noqa: PLC0415 - start-up time

    services, report = call.services, call.report
    folders = await trio.to_thread.run_sync(lambda: [call.check_read(folder) for folder in params.folders])

    def progress(visited: int, message: str) -> None:
        if report is not None:
            report({"kind": "report", "done": visited, "total": None, "message": message or None})

    await call.progress({"kind": "begin", "title": "Looking for files", "total": None})
    found = await find(
        params,
        folders,
        projects=services.projects,
        files=services.bin,
        media=services.media,
        check_read=call.connection.grant.reading,
        by=call.client,
        progress=progress,
    )
    await call.progress({"kind": "end"})
    if found.applied:
        await follow(call, params.project_id)
    return found


def _entry(entry: Entry, seen: Seen | None, call: Call) -> MediaEntry:
    if seen is None:
        error = entry.location if isinstance(entry.location, SidecarError) else None
        seen = Seen("missing" if isinstance(error, MediaNotFound) else "failed", GONE, error=error)
    info = seen.info
    return MediaEntry(
        id=entry.id,
        path=entry.path,
        name=entry.name,
        file=None if entry.file is None else path_text(entry.file),
        state=seen.state_for([entry]),
        stored=entry.stored,
        fingerprint=seen.content,
        bytes=info.bytes if info is not None else None,
        duration=info.duration if info is not None else None,
        video=len(info.video) if info is not None else None,
        audio=len(info.audio) if info is not None else None,
        clips=list(entry.clips),
        error=None if seen.error is None else seen.error.data(call.trace_id),
    )
