"""From one state of an open project to the next: what the service does in threads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from protocol.commands.project import Recover, Recovery
from protocol.errors import InvalidProject, ProjectConflict, UnsupportedSchema
from protocol.events import ChangedRanges
from sidecar.services.projects.changes import changed_ranges
from sidecar.services.projects.journal import Journal
from sidecar.services.projects.patch import Operation, TestFailed, apply_patch
from sidecar.services.projects.reading import Content, ProjectFile, content_of
from sidecar.services.projects.session import Session


def edited(session: Session, patch: list[Operation] | None, project: dict[str, Any] | None) -> Content:
    """Return the content after an edit; the session is left as it is."""
    if patch is None:
        content = content_of(project)
    else:
        # Fresh values, so the patch may be applied to them in place and dropped with them if it fails. Through JSON:
        # to_builtins would leave tuples, which validation knows as little as patches do.
        values = msgspec.json.decode(msgspec.json.encode(session.content.project))
        try:
            content = content_of(apply_patch(values, patch))
        except TestFailed as error:
            raise ProjectConflict(
                detail=f"Operation {error.index} of the patch: {error}",
                suggestion="Fetch the project with project.get and make the edit again",
                project_id=session.project_id,
                base_revision=session.revision,
                current_revision=session.revision,
            ) from error
    return Content(content.project, content.problems, session.content.migrated_from)


def changes(old: Content, new: Content) -> ChangedRanges:
    """Return the frames that differ."""
    return changed_ranges(old.project, new.project, (old.frames, new.frames))


def of_file(content: Content, file: ProjectFile) -> Session:
    """Return the session of a project that was read from a file."""
    return Session(
        content,
        file.path.parent,
        file.path,
        file.fingerprint,
        saved_revision=1,
    )


def recovered(session: Session, left: Journal) -> None:
    """Put the edits that a crash left in place of what was opened; raises InvalidProject if they cannot be read.

    A later save still expects the file that the edits began from.
    """
    try:
        content = content_of(msgspec.json.decode(left.entry.project))
    except (ValueError, RecursionError, InvalidProject, UnsupportedSchema) as error:
        raise InvalidProject(
            detail=f"the unsaved edits of {left.entry.saved_at} cannot be read",
            suggestion="Load it with recover: ignore",
        ) from error
    session.content = Content(content.project, content.problems, session.content.migrated_from)
    session.fingerprint = left.head.fingerprint or session.fingerprint
    if session.base is None and left.head.base_path is not None:
        session.base = Path(left.head.base_path)
    session.saved_revision = session.clean = None


def recovery(left: Journal | None, recover: Recover) -> Recovery | None:
    """Say which edits are on offer, or in use."""
    if left is None or recover == "ignore":
        return None
    return Recovery(saved_at=left.entry.saved_at, revision=left.entry.revision)


def opened(session: Session) -> dict[str, Any]:
    """Return the members that project.open and project.load answer alike."""
    return {
        "project_id": session.project_id,
        "revision": session.revision,
        "project": session.content.project,
        "problems": session.content.problems,
        "duration": session.content.duration,
        "frames": session.content.frames,
    }
