"""Errors of projects."""

from __future__ import annotations

from typing import Any

from protocol.errors.base import SidecarError


class InvalidProject(SidecarError, code=1101, says="The project is not valid: {detail}"):
    """Text that is not a project, or a project with errors where a valid one is needed.

    `problems` are those of validation, at most 500.
    """

    detail: str
    problems: list[dict[str, Any]] = []


class ProjectNotFound(SidecarError, code=1102, says="There is no project file at {path}"):
    """The file is not there."""

    path: str


class UnsupportedSchema(
    SidecarError,
    code=1103,
    says="The project needs {needed}, this sidecar knows up to {known}",
    advice="Update the application",
):
    """Written by a newer version; the file is untouched."""

    needed: str
    known: str
    unknown_members: list[str] = []


class ProjectConflict(SidecarError, code=1104, says="{detail}"):
    """The caller's picture of the project is not the current one, or closing would lose edits."""

    detail: str
    project_id: str | None = None
    base_revision: int | None = None
    current_revision: int | None = None
    unsaved: bool = False
    path: str | None = None
    expected: str | None = None
    actual: str | None = None


class ProjectNotOpen(
    SidecarError, code=1105, says="Project {project_id!r} is not open", advice="project.open or project.load first"
):
    """No open project has this id."""

    project_id: str


class NothingToRender(
    SidecarError,
    code=1106,
    says="Nothing to render: no enabled clip on an enabled track",
    advice="Add a clip, or enable one",
):
    """The project has no duration."""


class LimitExceeded(SidecarError, code=1107, says="{what}: {value} is beyond the limit of {limit}"):
    """A stated limit is passed."""

    what: str
    value: float
    limit: float
    pointer: str = ""


class EffectUnknown(SidecarError, code=1108, says="There is no effect or transition {type!r}"):
    """The catalogue does not hold it."""

    type: str
    nearest: str | None = None


class EffectInvalid(SidecarError, code=1109, says="{type}: {detail}"):
    """An effect with parameters it cannot have."""

    type: str
    detail: str
    pointer: str = ""
