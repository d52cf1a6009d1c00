"""From bytes or JSON values to a project: parsed, migrated, checked, with ids everywhere."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from protocol.errors import InvalidProject, LimitExceeded, PermissionDenied, ProjectNotFound
from protocol.problem import Problem
from protocol.project import Project
from protocol.project.normalise import normalise
from protocol.project.timing import duration_frames, project_rate
from protocol.time import format_exact
from sidecar.services.migrations.schema import migrate_project

if TYPE_CHECKING:
    from protocol.project.check import Checked

MAX_FILE_BYTES = 256 * 2**20
MAX_PROBLEMS = 500


@dataclass(frozen=True)
class Content:
    """A project and what its validation says; nothing in it ever changes."""

    project: Project
    problems: list[Problem]
    migrated_from: str | None = None

    @cached_property
    def frames(self) -> int:
        """Duration in frames."""
        return duration_frames(self.project)

    @property
    def rate(self) -> Fraction:
        """Frames a second."""
        return project_rate(self.project)

    @property
    def duration(self) -> str:
        """Duration in seconds, "num/den"."""
        return format_exact(self.frames / self.rate)


@dataclass(frozen=True, slots=True)
class ProjectFile:
    """Bytes of a project file and what identifies them."""

    path: Path
    data: bytes

    @property
    def fingerprint(self) -> str:
        """Size and hash of the content: a file that was only touched is the same."""
        return fingerprint(self.data)


def fingerprint(data: bytes) -> str:
    """Return the fingerprint of a project file with this content."""
    return f"{len(data)}-{hashlib.blake2b(data, digest_size=12).hexdigest()}"


def read_file(path: Path) -> ProjectFile:
    """Read a project file; raises ProjectNotFound, PermissionDenied, LimitExceeded or InvalidProject."""
    try:
        if not path.is_file():
            raise ProjectNotFound(path=str(path))
        if (size := path.stat().st_size) > MAX_FILE_BYTES:
            raise LimitExceeded(what="bytes of a project file", value=size, limit=MAX_FILE_BYTES)
        return ProjectFile(path, path.read_bytes())
    except FileNotFoundError as error:
        raise ProjectNotFound(path=str(path)) from error
    except PermissionError as error:
        raise PermissionDenied(path=str(path), access="read") from error
    except OSError as error:
        raise InvalidProject(detail=f"{path} cannot be read: {error.strerror or error}") from error


def parse(data: bytes) -> Any:
    """Decode JSON text; raises InvalidProject."""
    try:
        return msgspec.json.decode(data)
    except (ValueError, RecursionError) as error:
        raise InvalidProject(detail=f"it is not JSON: {error}") from error


def checked(raw: Any) -> Checked:
    """Migrate and validate JSON values; raises InvalidProject and UnsupportedSchema for what is no project."""
    from protocol.project.check import Checked, check  # noqa: PLC0415 - start-up time
    from sidecar.core.timeline import unsupported  # noqa: PLC0415
    from sidecar.services.projects.effects import effect_problems  # noqa: PLC0415

    migrated, from_version = migrate_project(raw)
    found = check(migrated, migrated_from=from_version)
    if found.project is None:
        return found
    problems = [*found.problems, *unsupported(found.project), *effect_problems(found.project)]
    return Checked(problems, found.project, found.migrated_from)


def content_of(raw: Any) -> Content:
    """Return the normalised project of JSON values.

    Errors that leave it readable are among its problems; others raise InvalidProject with the problems found.
    """
    found = checked(raw)
    if found.project is None:
        raise invalid(found.problems)
    return Content(normalise(found.project), found.problems, found.migrated_from)


def invalid(problems: list[Problem]) -> InvalidProject:
    """Return the error of a project with these problems, errors among them: it names the first and holds them all."""
    errors = [problem for problem in problems if problem.severity == "error"]
    first = errors[0]
    where = f"{first.pointer}: " if first.pointer else ""
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return InvalidProject(
        detail=f"{where}{first.message}{more}",
        suggestion=first.suggestion,
        problems=[msgspec.to_builtins(problem) for problem in errors[:MAX_PROBLEMS]],
    )
