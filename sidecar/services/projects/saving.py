"""Writing a project file: never over somebody else's change, never half, and with what stood there kept."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from protocol.commands.project import Saved
from protocol.errors import InvalidParams, ProjectConflict, ProjectNotFound, SidecarError
from protocol.project import Project
from protocol.project.timeline import SCHEMA
from sidecar.services.files import write_atomic, write_error
from sidecar.services.projects.paths import rebased
from sidecar.services.projects.reading import fingerprint, read_file
from sidecar.services.projects.sparse import sparse
from sidecar.services.projects.view import ProjectView

_BACKUP = re.compile(r"\d{8}T\d{12}Z\.bak")


@dataclass(frozen=True, slots=True)
class SaveOptions:
    """How to write. `expect` is the fingerprint that the file must have; a missing one is a conflict then.

    `contents` are the fingerprints of media files as they were last read, by the paths that the project writes.
    """

    expect: str | None = None
    backups: int = 5
    relative_paths: bool = True
    contents: Mapping[str, str] = field(default_factory=dict)


def write_view(view: ProjectView, path: Path | None, options: SaveOptions, known: str | None = None) -> Saved:
    """Write a project to `path`, or to the file it came from; `known` is what that file was when it was last seen.

    Raises InvalidParams where there is no path, ProjectConflict, OutputUnwritable or DiskFull, and leaves what was
    there as it was.
    """
    target = path or view.path
    if target is None:
        raise InvalidParams(detail="a project that was not loaded from a file needs a path", path="/path")
    there = _check_unchanged(target, options.expect, known)
    data = encode(
        rebased(
            _with_contents(view.project, options.contents), view.base, target.parent, relative=options.relative_paths
        )
    )
    backup = None
    if there:
        if view.content.migrated_from is not None and target == view.path:
            _keep(target, target.with_name(f"{target.name}.{_version(view.content.migrated_from)}.bak"))
        if options.backups:
            backup = target.with_name(f"{target.name}.{datetime.now(UTC):%Y%m%dT%H%M%S%f}Z.bak")
            _keep(target, backup)
    try:
        write_atomic(target, data)
    except SidecarError:
        if backup is not None:
            with suppress(OSError):
                backup.unlink()
        raise
    _rotate(target, options.backups)
    return Saved(
        path=str(target),
        bytes=len(data),
        fingerprint=fingerprint(data),
        revision=view.revision,
        backup=None if backup is None else str(backup),
    )


def _with_contents(project: Project, contents: Mapping[str, str]) -> Project:
    """Write down of the bin's files what they were, so that they are found again when they have moved."""
    media = [
        msgspec.structs.replace(each, fingerprint=contents.get(each.path, each.fingerprint)) for each in project.media
    ]
    return msgspec.structs.replace(project, media=media)


def encode(project: Project) -> bytes:
    """Return the text of a project file: members with their defaults left out, at the lowest version that holds it."""
    values = {"schema": SCHEMA, **{key: value for key, value in sparse(project).items() if key != "schema"}}
    return msgspec.json.format(msgspec.json.encode(values), indent=2) + b"\n"


def _check_unchanged(target: Path, expect: str | None, known: str | None) -> bool:
    """Return whether the file is there; raise ProjectConflict when it is not the one that is expected."""
    try:
        actual = read_file(target).fingerprint
    except ProjectNotFound:
        actual = None
    # A file that is gone since it was loaded holds nothing that could be lost.
    expected = expect or (known if actual is not None else None)
    if expected in (None, actual):
        return actual is not None
    raise ProjectConflict(
        detail=f"{target} changed on disk" if actual is not None else f"{target} is gone",
        suggestion="Load it again, save under another name, or name the fingerprint it has now to write over it",
        path=str(target),
        expected=expected,
        actual=actual,
    )


def _version(schema: str) -> str:
    return "v" + schema.removeprefix("timeline/")


def _keep(target: Path, backup: Path) -> None:
    """Give the present file a second name: nothing is copied, and the rename that follows leaves it alone."""
    try:
        if backup.exists():
            return
        try:
            os.link(target, backup)
        except OSError:
            # A file system without hard links.
            shutil.copy2(target, backup)
    except OSError as error:
        with suppress(OSError):
            backup.unlink()
        raise write_error(backup, error) from error


def _rotate(target: Path, keep: int) -> None:
    if not keep:
        return
    prefix = f"{target.name}."
    names = [path.name for path in target.parent.iterdir() if path.name.startswith(prefix)]
    backups = sorted(name for name in names if _BACKUP.fullmatch(name.removeprefix(prefix)))
    for name in backups[:-keep]:
        with suppress(OSError):
            (target.parent / name).unlink()
