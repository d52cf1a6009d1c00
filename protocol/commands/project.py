"""Projects: open, edit, validate, load, save."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta

from protocol.commands.command import Command, Example, Nothing, Params
from protocol.commands.shared import ProjectJson, ProjectRef
from protocol.errors import (
    DiskFull,
    InvalidProject,
    LimitExceeded,
    OutputUnwritable,
    PermissionDenied,
    ProjectConflict,
    ProjectNotFound,
    ProjectNotOpen,
    UnsupportedSchema,
)
from protocol.events import ChangedRanges
from protocol.model import Model, Result
from protocol.problem import Problem
from protocol.project import Project
from protocol.time import ExactTime

Recover = Literal["ask", "use", "ignore"]
"""What to do with edits that a crash left unsaved: report them, use them, or drop them."""


class ProjectOpen(Params, kw_only=True):
    """A project as JSON; relative paths start from `base_path`. Edits left unsaved are found by the project's id."""

    project: ProjectJson
    base_path: str | None = None
    recover: Recover = "ask"


class Recovery(Result):
    """Edits that a crash left unsaved: on offer with `recover` "ask", in use with "use"."""

    saved_at: str
    revision: int


class Opened(Result):
    """The live project, normalised: every member and every id is written."""

    project_id: str
    revision: int
    project: Project
    problems: list[Problem]
    duration: ExactTime
    frames: int
    recovery: Recovery | None


class ProjectLoad(Params, kw_only=True):
    """`recover`: what to do with edits that a crash left unsaved."""

    path: str
    recover: Recover = "ask"


class FileState(Result):
    """A project file on disk."""

    path: str
    bytes: int
    fingerprint: str


class Loaded(Opened):
    """An opened project file."""

    migrated_from: str | None
    file: FileState


class PatchOperation(Model):
    """One operation of RFC 6902."""

    op: Literal["add", "remove", "replace", "move", "copy", "test"]
    path: str
    from_: str | None = None
    value: Any = None


class ProjectUpdate(Params, kw_only=True):
    """An edit on top of `base_revision`: a patch (RFC 6902, all or nothing) or a whole project; one of the two."""

    project_id: str
    base_revision: int
    patch: (
        Annotated[list[Annotated[dict[str, Any], Meta(extra={"shape": "PatchOperation"})]], Meta(max_length=100_000)]
        | None
    ) = None
    project: ProjectJson | None = None
    label: str = ""


class Updated(Result):
    """The new revision and what it changed."""

    revision: int
    problems: list[Problem]
    changed: ChangedRanges
    duration: ExactTime
    frames: int


class ProjectId(Params, kw_only=True):
    """An open project."""

    project_id: str


class ProjectState(Result):
    """`saved_revision` is null while the project has never been saved."""

    revision: int
    saved_revision: int | None
    project: Project


class ProjectClose(Params, kw_only=True):
    """Unsaved edits are lost only with `discard`."""

    project_id: str
    discard: bool = False


class ProjectSave(Params, kw_only=True):
    """`path` null: where it was loaded. `expect`: the fingerprint that the file must still have."""

    project: ProjectRef
    path: str | None = None
    expect: str | None = None
    backups: Annotated[int, Meta(ge=0, le=100)] = 5
    relative_paths: bool = True


class Saved(Result):
    """The written file, and the backup made of what stood there."""

    path: str
    bytes: int
    fingerprint: str
    revision: int | None
    backup: str | None


class ProjectValidate(Params, kw_only=True):
    """`media`: whether the files are looked at; `for_export`: whether the export settings are."""

    project: ProjectRef
    media: Literal["none", "cached", "probe"] = "probe"
    for_export: bool = True
    max_problems: Annotated[int, Meta(ge=1, le=10_000)] = 500


class Validated(Result):
    """`valid` means no problem is an error."""

    valid: bool
    problems: list[Problem]
    truncated: bool
    revision: int | None
    duration: ExactTime
    frames: int
    frame_rate: str
    media_checked: int
    media_missing: list[str]


class ProjectAnalyze(Params, kw_only=True):
    """A project to count."""

    project: ProjectRef


class TrackSummary(Result):
    """What a track holds; `frames` counts those with something on them."""

    id: str
    kind: str
    name: str
    enabled: bool
    items: int
    transitions: int
    effects: int
    frames: int


class MediaUse(Result):
    """A file, and the clips that use it."""

    path: str
    clips: list[str]
    exists: bool


class ProjectAnalysis(Result):
    """Counts of a project: what it holds, what it uses, how deep it is."""

    duration: ExactTime
    frames: int
    frame_rate: str
    width: int
    height: int
    tracks: list[TrackSummary]
    clips: int
    cues: int
    transitions: int
    effects: dict[str, int]
    sources: dict[str, int]
    media: list[MediaUse]
    most_layers: int
    gaps: int


DEMO = {
    "schema": "timeline/1",
    "id": "demo",
    "frameRate": "25",
    "width": 320,
    "height": 180,
    "tracks": [
        {
            "id": "v1",
            "kind": "video",
            "clips": [{"id": "c1", "source": {"kind": "color", "color": "#204080"}, "start": 0, "duration": 1}],
        }
    ],
}

_BAD = (InvalidProject, UnsupportedSchema, LimitExceeded)
_REF = (*_BAD, ProjectNotFound, ProjectNotOpen, ProjectConflict, PermissionDenied)

COMMANDS = (
    Command(
        "project.open",
        ProjectOpen,
        Opened,
        "Open a project that the client holds, and edit it from here on.",
        Example({"project": DEMO}),
        raises=_BAD,
    ),
    Command(
        "project.load",
        ProjectLoad,
        Loaded,
        "Open a project file.",
        Example({"path": "project.json"}),
        raises=(*_BAD, ProjectNotFound, PermissionDenied),
    ),
    Command(
        "project.update",
        ProjectUpdate,
        Updated,
        "Edit an open project and learn which frames changed.",
        Example(
            {
                "projectId": "demo",
                "baseRevision": 1,
                "patch": [{"op": "replace", "path": "/tracks/0/clips/0/duration", "value": 2}],
                "label": "Trim",
            },
            after=("project.open",),
        ),
        raises=(*_BAD, ProjectNotOpen, ProjectConflict),
    ),
    Command(
        "project.get",
        ProjectId,
        ProjectState,
        "Return an open project.",
        Example({"projectId": "demo"}, after=("project.open",)),
        raises=(ProjectNotOpen,),
    ),
    Command(
        "project.close",
        ProjectClose,
        Nothing,
        "Close an open project.",
        Example({"projectId": "demo", "discard": True}, after=("project.open",)),
        raises=(ProjectNotOpen, ProjectConflict),
    ),
    Command(
        "project.save",
        ProjectSave,
        Saved,
        "Write a project to its file: whole or not at all.",
        Example({"project": {"id": "demo"}, "path": "saved.json"}, after=("project.open",)),
        raises=(*_REF, OutputUnwritable, DiskFull),
    ),
    Command(
        "project.validate",
        ProjectValidate,
        Validated,
        "List every problem of a project.",
        Example({"project": {"path": "project.json"}}),
        raises=_REF,
    ),
    Command(
        "project.analyze",
        ProjectAnalyze,
        ProjectAnalysis,
        "Count what a project holds and uses.",
        Example({"project": {"path": "project.json"}}),
        raises=_REF,
    ),
)
