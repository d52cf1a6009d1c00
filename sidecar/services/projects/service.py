"""Projects: opened once, edited by revisions, saved without losing anybody's work."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio

from protocol.commands.ffmpeg import Capabilities
from protocol.commands.project import (
    FileState,
    Loaded,
    Opened,
    ProjectAnalysis,
    ProjectState,
    Recover,
    Saved,
    Updated,
    Validated,
)
from protocol.commands.session import OPEN_PROJECTS
from protocol.commands.shared import ProjectRef
from protocol.errors import InvalidParams, LimitExceeded, ProjectConflict, ProjectNotOpen
from protocol.events import ChangedRanges, ProjectChanged
from sidecar.services.events import EventHub
from sidecar.services.folders import Folders
from sidecar.services.logs import Log
from sidecar.services.projects.autosave import Autosave
from sidecar.services.projects.editing import changes, edited, of_file, opened, recovered, recovery
from sidecar.services.projects.journal import Journal
from sidecar.services.projects.patch import Operation
from sidecar.services.projects.reading import content_of, parse, read_file
from sidecar.services.projects.refs import check_ref, check_revision, check_values, folder_of, read_ref
from sidecar.services.projects.saving import SaveOptions, write_view
from sidecar.services.projects.session import Session
from sidecar.services.projects.unsaved import Unsaved
from sidecar.services.projects.validation import Inspector, Scope, checked_view
from sidecar.services.projects.view import ProjectView
from sidecar.services.projects.world import CheckRead, FontsOf, MediaFacts
from sidecar.services.settings import SettingsStore

MAX_ID = 128


@asynccontextmanager
async def open_project_service(
    *,
    folders: Folders,
    media: MediaFacts,
    fonts: Callable[[], FontsOf],
    capabilities: Callable[[], Awaitable[Capabilities]],
    settings: SettingsStore,
    events: EventHub,
    log: Log,
) -> AsyncIterator[ProjectService]:
    """Run the service while the block lasts; unsaved edits are in the journal when it ends."""
    unsaved = await trio.to_thread.run_sync(Unsaved, folders.data, folders.adopted, log.logger)
    autosave = Autosave(unsaved, lambda: settings.current.autosave_seconds, log.logger)
    service = ProjectService(unsaved, autosave, Inspector(media, fonts, capabilities), events)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(autosave.run, service.sessions)
        try:
            yield service
        finally:
            nursery.cancel_scope.cancel()


class ProjectService:
    """Open projects by id. Work that grows with a project is done in threads; edits of one project wait in line."""

    def __init__(self, unsaved: Unsaved, autosave: Autosave, inspector: Inspector, events: EventHub) -> None:
        self._unsaved = unsaved
        self._autosave = autosave
        self._inspector = inspector
        self._events = events
        self._sessions: dict[str, Session] = {}

    def sessions(self) -> list[Session]:
        """Return the open projects."""
        return list(self._sessions.values())

    async def open(self, project: dict[str, Any], *, base_path: str | None = None, recover: Recover = "ask") -> Opened:
        """Open a project that the client holds. Raises InvalidProject, UnsupportedSchema, LimitExceeded."""
        self._check_room()
        content = await trio.to_thread.run_sync(content_of, project)
        left = self._unsaved.of_id(content.project.id)
        session = await self._start(Session(content, folder_of(base_path)), left, recover)
        return Opened(**opened(session), recovery=recovery(left, recover))

    async def load(self, path: Path, *, recover: Recover = "ask") -> Loaded:
        """Open a project file. Raises ProjectNotFound, PermissionDenied and what `open` raises."""
        self._check_room()
        file = await trio.to_thread.run_sync(read_file, path)
        content = await trio.to_thread.run_sync(lambda: content_of(parse(file.data)))
        left = self._unsaved.of_path(str(path)) or self._unsaved.of_id(content.project.id)
        session = await self._start(of_file(content, file), left, recover)
        return Loaded(
            **opened(session),
            recovery=recovery(left, recover),
            migrated_from=content.migrated_from,
            file=FileState(path=str(path), bytes=len(file.data), fingerprint=file.fingerprint),
        )

    async def update(
        self,
        project_id: str,
        base_revision: int,
        *,
        patch: list[Operation] | None = None,
        project: dict[str, Any] | None = None,
        label: str = "",
        by: str = "",
    ) -> Updated:
        """Make the next revision, or leave everything as it was.

        Raises ProjectNotOpen; ProjectConflict when `base_revision` is not the current one or a `test` failed;
        InvalidParams for a patch that cannot be applied; InvalidProject when the result cannot be read as a project.
        """
        if (patch is None) == (project is None):
            raise InvalidParams(detail="exactly one of patch and project", path="/patch")
        session = self._session(project_id)
        async with session.lock:
            self._check_open(session)
            check_revision(session, base_revision)
            old = session.content
            content = await trio.to_thread.run_sync(edited, session, patch, project)
            changed = await trio.to_thread.run_sync(changes, old, content)
            session.content = content
            session.revision, session.label = session.revision + 1, label
            self._publish(session, changed, by)
            await self._autosave.edited(session)
            return Updated(
                revision=session.revision,
                problems=content.problems,
                changed=changed,
                duration=content.duration,
                frames=content.frames,
            )

    def get(self, project_id: str) -> ProjectState:
        """Return an open project; raises ProjectNotOpen."""
        session = self._session(project_id)
        return ProjectState(
            revision=session.revision, saved_revision=session.saved_revision, project=session.content.project
        )

    async def close(self, project_id: str, *, discard: bool = False) -> None:
        """Close a project; raises ProjectNotOpen, and ProjectConflict for unsaved edits without `discard`."""
        session = self._session(project_id)
        async with session.lock:
            self._check_open(session)
            if session.unsaved and not discard:
                raise ProjectConflict(
                    detail=f"Project {project_id!r} has unsaved edits",
                    suggestion="Save it, or close it with discard",
                    project_id=project_id,
                    current_revision=session.revision,
                    unsaved=True,
                )
            session.clean = session.revision
            del self._sessions[project_id]
            await self._autosave.drop(session)

    async def save(
        self,
        ref: ProjectRef,
        *,
        path: Path | None = None,
        expect: str | None = None,
        backups: int = 5,
        relative_paths: bool = True,
        contents: Mapping[str, str] | None = None,
        by: str = "",
    ) -> Saved:
        """Write a project to `path`, or to where it was loaded; `contents` as in SaveOptions.

        Raises ProjectConflict when the file is not the one that was loaded, saved or expected; OutputUnwritable and
        DiskFull, with the old file untouched; and what `resolve_ref` raises.
        """
        options = SaveOptions(expect=expect, backups=backups, relative_paths=relative_paths, contents=contents or {})
        if ref.id is None:
            return await trio.to_thread.run_sync(write_view, await self.resolve_ref(ref), path, options)
        session = self._session(ref.id)
        async with session.lock:
            self._check_open(session)
            view = await self.resolve_ref(ref)
            known = session.fingerprint if path in (None, session.path) else None
            saved = await trio.to_thread.run_sync(write_view, view, path, options, known)
            await self._saved(session, saved, by)
            return saved

    async def resolve_ref(self, ref: ProjectRef) -> ProjectView:
        """Return the project that a request names by exactly one of id, path and inline.

        Raises InvalidParams, ProjectNotOpen, ProjectConflict for a revision that is not current, ProjectNotFound,
        PermissionDenied, InvalidProject and UnsupportedSchema. A project with errors that leave it readable is
        returned with them among its problems.
        """
        check_ref(ref)
        if ref.id is not None:
            session = self._session(ref.id)
            if ref.revision is not None:
                check_revision(session, ref.revision)
            return session.view()
        return await trio.to_thread.run_sync(read_ref, ref)

    def path_of(self, ref: ProjectRef) -> Path | None:
        """Return the file of the project that a request names, None where it has none; raises ProjectNotOpen."""
        if ref.id is not None:
            return self._session(ref.id).path
        return None if ref.path is None else Path(ref.path)

    async def validate(self, ref: ProjectRef, scope: Scope, *, check_read: CheckRead) -> Validated:
        """List every problem of a project, also of one that cannot be read; files are opened as `check_read` allows.

        Raises what `resolve_ref` raises; InvalidProject only for what is no project at all.
        """
        check_ref(ref)
        if ref.id is not None:
            view = await self.resolve_ref(ref)
            return await self._inspector.validate(checked_view(view), view.base, view.revision, scope, check_read)
        found, base = await trio.to_thread.run_sync(check_values, ref)
        return await self._inspector.validate(found, base, None, scope, check_read)

    async def analyze(self, ref: ProjectRef, *, check_read: CheckRead) -> ProjectAnalysis:
        """Count what a project holds and uses; raises what `resolve_ref` raises."""
        return await self._inspector.analyze(await self.resolve_ref(ref), check_read)

    async def _start(self, session: Session, left: Journal | None, recover: Recover) -> Session:
        if left is not None and recover == "use":
            await trio.to_thread.run_sync(recovered, session, left)
        self._check_room()
        self._register(session)
        if left is not None and recover != "ask":
            async with session.lock:
                # Written before what it was recovered from goes.
                await self._autosave.now(session)
            await self._forget(left)
        return session

    def _register(self, session: Session) -> None:
        own = session.own_id or "project"
        name, number = own, 1
        while name in self._sessions:
            number += 1
            name = f"{own[: MAX_ID - 1 - len(str(number))]}-{number}"
        session.named(name)
        self._sessions[name] = session

    async def _forget(self, left: Journal | None) -> None:
        if left is not None:
            with trio.CancelScope(shield=True):
                await trio.to_thread.run_sync(self._unsaved.drop, left)

    async def _saved(self, session: Session, saved: Saved, by: str) -> None:
        """Take note that the current revision is in a file; not to be cancelled, for it is there."""
        if session.path is None:
            await self._forget(self._unsaved.of_id(session.own_id))
        await self._forget(self._unsaved.of_path(saved.path))
        session.saved_to(Path(saved.path), saved.fingerprint)
        await self._autosave.drop(session)
        self._publish(session, ChangedRanges(picture=[], sound=[]), by)

    def _publish(self, session: Session, changed: ChangedRanges, by: str) -> None:
        payload = ProjectChanged(
            project_id=session.project_id,
            revision=session.revision,
            by=by,
            changed=changed,
            saved=session.saved_revision == session.revision,
        )
        self._events.publish("project.changed", payload, project_id=session.project_id)

    def _session(self, project_id: str) -> Session:
        session = self._sessions.get(project_id)
        if session is None:
            raise ProjectNotOpen(project_id=project_id)
        return session

    def _check_open(self, session: Session) -> None:
        """Raise ProjectNotOpen when the project was closed while the caller waited in line."""
        if self._sessions.get(session.project_id) is not session:
            raise ProjectNotOpen(project_id=session.project_id)

    def _check_room(self) -> None:
        if len(self._sessions) >= OPEN_PROJECTS:
            raise LimitExceeded(
                what="open projects",
                value=OPEN_PROJECTS + 1,
                limit=OPEN_PROJECTS,
                suggestion="Close one with project.close",
            )
