"""Which project a request means."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from protocol.commands.shared import ProjectRef
from protocol.errors import InvalidParams, ProjectConflict
from protocol.project.normalise import normalise
from sidecar.services.projects.reading import checked, content_of, parse, read_file
from sidecar.services.projects.session import Session
from sidecar.services.projects.view import ProjectView

if TYPE_CHECKING:
    from protocol.project.check import Checked


def check_ref(ref: ProjectRef) -> None:
    """Raise InvalidParams unless a reference names a project in exactly one way."""
    if sum(each is not None for each in (ref.id, ref.path, ref.inline)) != 1:
        raise InvalidParams(detail="exactly one of id, path and inline", path="/project")
    if ref.revision is not None and ref.id is None:
        raise InvalidParams(detail="only an open project has revisions", path="/project/revision")
    if ref.base_path is not None and ref.inline is None:
        raise InvalidParams(detail="only an inline project needs a base path", path="/project/basePath")


def folder_of(base_path: str | None) -> Path | None:
    """Return the folder that relative paths of an inline project start from."""
    return None if base_path is None else Path(base_path).absolute()


def check_revision(session: Session, revision: int) -> None:
    """Raise ProjectConflict unless `revision` is the current one."""
    if revision != session.revision:
        raise ProjectConflict(
            detail=f"Revision {revision} is not the current one, {session.revision}",
            suggestion="Fetch the project with project.get and make the edit again",
            project_id=session.project_id,
            base_revision=revision,
            current_revision=session.revision,
        )


def read_ref(ref: ProjectRef) -> ProjectView:
    """Read a project that is named by path or inline; reads the disk."""
    values, base, path = _values(ref)
    return ProjectView(content_of(values), revision=None, base=base, path=path)


def check_values(ref: ProjectRef) -> tuple[Checked, Path | None]:
    """Check a project that is named by path or inline, readable or not, and return the folder of its paths."""
    from protocol.project.check import Checked  # noqa: PLC0415 - start-up time

    values, base, _ = _values(ref)
    found = checked(values)
    project = None if found.project is None else normalise(found.project)
    return Checked(found.problems, project, found.migrated_from), base


def _values(ref: ProjectRef) -> tuple[Any, Path | None, Path | None]:
    if ref.path is not None:
        path = Path(ref.path).absolute()
        return parse(read_file(path).data), path.parent, path
    return ref.inline, folder_of(ref.base_path), None
