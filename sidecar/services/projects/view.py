"""What other services are given when a request names a project."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from protocol.problem import Problem
from protocol.project import Project
from sidecar.services.projects.reading import Content


@dataclass(frozen=True)
class ProjectView:
    """A project as it was when it was asked for.

    `revision` is null for a file or an inline project; `base` is the folder that relative paths start from, `path`
    the file it was loaded from.
    """

    content: Content
    revision: int | None
    base: Path | None
    project_id: str | None = None
    path: Path | None = None

    @property
    def project(self) -> Project:
        """The project, with ids everywhere."""
        return self.content.project

    @property
    def problems(self) -> list[Problem]:
        """Problems of its check, errors among them."""
        return self.content.problems

    @cached_property
    def raw(self) -> dict[str, Any]:
        """The project as JSON values, every member written."""
        # Through JSON: to_builtins would leave tuples, which no JSON text holds.
        values: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(self.project))
        return values
