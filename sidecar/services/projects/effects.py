"""What the catalogue says of a project, and the files that its effects name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from protocol.errors import EffectInvalid, MediaNotFound, MediaUnreadable, SidecarError
from protocol.problem import Problem
from protocol.project import Effect, Project, SubtitleTrack, VideoTrack
from sidecar.services.projects.world import CheckRead, located, of_error

if TYPE_CHECKING:
    from sidecar.effects.validation import NamedFile

MOST_BYTES = 64 * 2**20
"""Of a file that an effect names; what it may hold is for its effect to say."""


@dataclass(frozen=True, slots=True)
class EffectFiles:
    """What was found of the files that effects name: contents by the path as it is written, and problems."""

    contents: dict[str, bytes]
    problems: list[Problem]


def effect_problems(project: Project) -> list[Problem]:
    """List what of a project's effects and transitions cannot be."""
    if not any(_effects_of(project)) and not any(
        track.transitions for track in project.tracks if isinstance(track, VideoTrack)
    ):
        return []
    from sidecar.effects import catalogue  # noqa: PLC0415 - start-up time
    from sidecar.effects.validation import catalogue_problems  # noqa: PLC0415

    return catalogue_problems(project, catalogue())


async def effect_files(project: Project, base: Path | None, check_read: CheckRead) -> EffectFiles:
    """Read the files that effects name, under the rules of media; what is wrong with them are problems."""
    found = EffectFiles({}, [])
    if not any(_effects_of(project)):
        return found
    from sidecar.effects import catalogue  # noqa: PLC0415 - start-up time
    from sidecar.effects.validation import named_files  # noqa: PLC0415

    for named in named_files(project, catalogue()):
        if named.written in found.contents:
            continue
        try:
            found.contents[named.written] = await effect_file(named, base, check_read)
        except SidecarError as error:
            found.problems.append(of_error(error, named.pointer, _ids(named)))
    return found


async def effect_file(named: NamedFile, base: Path | None, check_read: CheckRead) -> bytes:
    """Read a file that an effect names, and look at what is in it.

    Raises MediaNotFound, MediaUnreadable, MediaUnsupported, PermissionDenied, and EffectInvalid for a file of which
    the effect can make nothing.
    """
    content = await trio.to_thread.run_sync(_read, named, base, check_read)
    try:
        if named.parameter.check is not None:
            await trio.to_thread.run_sync(named.parameter.check, content)
    except ValueError as error:
        detail = f"{named.written}: {error}"
        raise EffectInvalid(type=named.effect.type, detail=detail, pointer=named.pointer) from error
    return content


def _read(named: NamedFile, base: Path | None, check_read: CheckRead) -> bytes:
    path = located(named.written, base, check_read)
    if not path.is_file():
        raise MediaNotFound(path=str(path))
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise MediaUnreadable(path=str(path), detail=error.strerror or str(error)) from error
    if len(content) > MOST_BYTES:
        raise MediaUnreadable(path=str(path), detail=f"more than {MOST_BYTES} bytes")
    return content


def _ids(named: NamedFile) -> list[str]:
    return [] if named.effect.id is None else [named.effect.id]


def _effects_of(project: Project) -> Iterator[list[Effect]]:
    yield project.effects
    for track in project.tracks:
        if not isinstance(track, SubtitleTrack):
            yield track.effects
            yield from (clip.effects for clip in track.clips)
