"""project.validate and project.analyze: the check of the project, then what the world says of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from protocol.commands.ffmpeg import Capabilities
from protocol.commands.project import ProjectAnalysis, Validated
from protocol.errors import SidecarError
from protocol.problem import Problem
from protocol.time import format_rate
from sidecar.services.projects.analysis import analyze
from sidecar.services.projects.effects import effect_files
from sidecar.services.projects.reading import Content
from sidecar.services.projects.view import ProjectView
from sidecar.services.projects.world import (
    CheckRead,
    FontsOf,
    Look,
    MediaFacts,
    MediaFindings,
    export_problems,
    located,
    look_at_media,
    source_problems,
)

if TYPE_CHECKING:
    from protocol.project.check import Checked

EXPORT = "/export"


@dataclass(frozen=True, slots=True)
class Scope:
    """How far validation goes: whether files are looked at, whether the export counts, how many problems are listed."""

    media: Look = "probe"
    for_export: bool = True
    max_problems: int = 500


@dataclass(frozen=True, slots=True, eq=False)
class Inspector:
    """Judges projects with the help of other services. `capabilities` asks the FFmpeg in use."""

    media: MediaFacts
    fonts: Callable[[], FontsOf]
    capabilities: Callable[[], Awaitable[Capabilities]]

    async def validate(
        self, found: Checked, base: Path | None, revision: int | None, scope: Scope, check_read: CheckRead
    ) -> Validated:
        """List every problem of a project that has been checked; errors of the world are problems, never raised."""
        problems = list(found.problems)
        media = MediaFindings([], {}, 0, [])
        if found.project is not None:
            media = await look_at_media(found.project, base, scope.media, self.media, check_read)
            problems += media.problems
            problems += await self._of_the_world(found, base, media, scope, check_read)
        if not scope.for_export:
            problems = [each for each in problems if not each.pointer.startswith(EXPORT)]
        content = None if found.project is None else Content(found.project, [])
        return Validated(
            valid=all(each.severity != "error" for each in problems),
            problems=problems[: scope.max_problems],
            truncated=len(problems) > scope.max_problems,
            revision=revision,
            duration="0/1" if content is None else content.duration,
            frames=0 if content is None else content.frames,
            frame_rate="" if content is None else format_rate(content.rate),
            media_checked=media.checked,
            media_missing=media.missing,
        )

    async def analyze(self, view: ProjectView, check_read: CheckRead) -> ProjectAnalysis:
        """Count what a project holds and uses."""

        def exists(written: str) -> bool:
            try:
                return located(written, view.base, check_read).is_file()
            except (SidecarError, OSError):
                return False

        return await trio.to_thread.run_sync(analyze, view.content, exists)

    async def _of_the_world(
        self, found: Checked, base: Path | None, media: MediaFindings, scope: Scope, check_read: CheckRead
    ) -> list[Problem]:
        problems: list[Problem] = []
        project = found.project
        if project is None:
            return problems
        if scope.media != "none":
            problems += (await effect_files(project, base, check_read)).problems
        if found.valid:
            # Only a project without errors can be laid out in frames.
            problems += await trio.to_thread.run_sync(source_problems, project, media.sources)
        problems += (await self.fonts().for_project(project, base, check_read)).problems
        if scope.for_export:
            problems += await export_problems(project.export, self.capabilities)
        return problems


def checked_view(view: ProjectView) -> Checked:
    """Return the check of a project that is open already."""
    from protocol.project.check import Checked  # noqa: PLC0415 - start-up time

    return Checked(view.problems, view.project, view.content.migrated_from)
