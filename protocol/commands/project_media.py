"""The bin of a project: where its files are, what they hold, and finding those that have moved."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from protocol.commands.command import Command, Example, Params
from protocol.commands.media import MediaInfo
from protocol.commands.project import DEMO
from protocol.commands.shared import ProjectRef
from protocol.errors import (
    InvalidParams,
    InvalidProject,
    LimitExceeded,
    PermissionDenied,
    ProjectConflict,
    ProjectNotFound,
    ProjectNotOpen,
    UnsupportedSchema,
)
from protocol.errors.base import ErrorData
from protocol.events import ChangedRanges
from protocol.model import Result
from protocol.problem import Problem
from protocol.time import ExactTime

MOST_VISIBLE = 1_000
MOST_FOLDERS = 100
MOST_CANDIDATES = 100

MediaState = Literal["unknown", "probing", "ready", "changed", "missing", "failed"]
"""`unknown`: there, and not read yet; `changed`: not the content that the project was made with."""


class ProjectMedia(Params, kw_only=True):
    """`visible` names entries in sight, by id or by path, the first ones first: of an open project they are read first.

    Then come those that clips use, then the others.
    """

    project: ProjectRef
    visible: Annotated[list[str], Meta(max_length=MOST_VISIBLE)] | None = None


class MediaEntry(Result):
    """A file of the bin; or, with `id` null, one that only clips name.

    `path` is as it is written, `file` where it leads (null: nowhere on this machine). `fingerprint` is of the file as
    it was last read, `stored` is the project's own. The rest is null while it has not been read.
    """

    id: str | None
    path: str
    name: str
    file: str | None
    state: MediaState
    stored: str | None
    fingerprint: str | None
    bytes: int | None
    duration: ExactTime | None
    video: int | None
    audio: int | None
    clips: list[str]
    error: ErrorData | None


class ProjectMediaList(Result):
    """The files of a project; `waiting` are still to be read."""

    revision: int | None
    media: list[MediaEntry]
    waiting: int


class MediaChanged(Result):
    """Payload of media.changed: what has become of a file of an open project.

    `path` is the file of the entries `ids` of its bin. `info` is there when it is ready, or changed and read again.
    """

    path: str
    state: MediaState
    info: MediaInfo | None
    error: ErrorData | None
    project_id: str
    ids: list[str]


class ProjectRelink(Params, kw_only=True):
    """Looks below `folders` for the missing files (of these `ids` and paths, if given), links to folders aside.

    A file is found by its fingerprint, whatever it is called now; else by its name and duration. `dry_run`: only say
    what would be done.
    """

    project_id: str
    base_revision: int
    folders: Annotated[list[str], Meta(min_length=1, max_length=MOST_FOLDERS)]
    ids: list[str] | None = None
    dry_run: bool = False


class Relink(Result):
    """A missing file that was found; `path` is what is written now, `to` what is written instead.

    `by` "name": nothing tells how long the missing one was.
    """

    id: str | None
    path: str
    to: str
    file: str
    by: Literal["fingerprint", "nameAndDuration", "name"]
    clips: list[str]


class Candidates(Result):
    """A missing file that several others could be; nothing tells which, so it is left as it is."""

    id: str | None
    path: str
    files: list[str]


class Unfound(Result):
    """A file that is still missing."""

    id: str | None
    path: str


class Relinked(Result):
    """What was found. `revision` is the new one, or the current one where nothing was changed.

    `truncated`: the folders hold more files than are looked at (`visited`).
    """

    revision: int
    applied: bool
    relinked: list[Relink]
    ambiguous: list[Candidates]
    missing: list[Unfound]
    visited: int
    truncated: bool
    changed: ChangedRanges
    problems: list[Problem]


_REF = (
    InvalidProject,
    UnsupportedSchema,
    LimitExceeded,
    ProjectNotFound,
    ProjectNotOpen,
    ProjectConflict,
    PermissionDenied,
)

COMMANDS = (
    Command(
        "project.media",
        ProjectMedia,
        ProjectMediaList,
        "List the files of a project, and say which are to be read first.",
        Example({"project": {"path": "project.json"}}),
        raises=_REF,
    ),
    Command(
        "project.relink",
        ProjectRelink,
        Relinked,
        "Find missing files of an open project in folders, and make them a revision.",
        Example({"projectId": str(DEMO["id"]), "baseRevision": 1, "folders": ["."]}, after=("project.open",)),
        raises=(ProjectNotOpen, ProjectConflict, PermissionDenied, InvalidParams, InvalidProject),
        load="jobs",
        progress=True,
    ),
)
