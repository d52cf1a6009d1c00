"""From a project to its timeline: files looked at, what effects name read, fonts gathered. Nothing is decided by it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import trio

from protocol.problem import Problem
from protocol.project import Project
from sidecar.core.timeline import Timeline, range_problems, resolve
from sidecar.effects import catalogue
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.services.fonts import FontService
from sidecar.services.projects.effects import effect_files
from sidecar.services.projects.world import CheckRead, MediaFacts, MediaFindings, look_at_media


@dataclass(frozen=True, slots=True)
class Resolved:
    """A project's timeline and what its pictures and sounds are made of; `problems`, errors too, are the world's."""

    timeline: Timeline
    resources: Resources
    found: MediaFindings
    problems: list[Problem]


async def resolved(
    project: Project, base: Path | None, *, media: MediaFacts, fonts: FontService, check_read: CheckRead
) -> Resolved:
    """Read all that a project that can be read asks of the world; files are opened as `check_read` allows."""
    found = await look_at_media(project, base, "probe", media, check_read)
    named = await effect_files(project, base, check_read)
    timeline = await trio.to_thread.run_sync(resolve, project, found.sources)
    drawn = await fonts.for_project(project, base, check_read)
    problems = [*found.problems, *named.problems, *range_problems(timeline), *drawn.problems]
    return Resolved(timeline, Resources(drawn.fonts, catalogue(), contents=named.contents), found, problems)
