"""Paths inside a project: absolute, relative to its folder, or `file:` URLs for names that are not Unicode."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from protocol.project import AudioTrack, Clip, Effect, FileSource, Project, VideoTrack
from sidecar.services.media.paths import local_path

FILE_URL = "file:"


def media_path(written: str, base: Path | None) -> Path | None:
    """Return where a path of a project leads; None for a relative one of a project without a folder.

    Raises MediaUnsupported for what is no path of this machine.
    """
    path = local_path(written)
    if path.is_absolute():
        return path
    return None if base is None else base / path


def rebased(project: Project, base: Path | None, folder: Path, *, relative: bool) -> Project:
    """Return the project with paths that lead from `folder` to where they led from `base`.

    With `relative` they are written relative to `folder` where a relative path exists (on Windows not to another
    drive); without it only those that would lead elsewhere change, and become absolute.
    """

    def written(path: str) -> str:
        if path.lower().startswith(FILE_URL) or not path:
            return path
        leads_to = media_path(path, base)
        if leads_to is None or (not relative and (Path(path).is_absolute() or base == folder)):
            return path
        return _relative(leads_to, folder) if relative else leads_to.as_posix()

    return _with_paths(project, written)


def _relative(path: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return path.as_posix()


def _with_paths(project: Project, written: Callable[[str], str]) -> Project:
    tracks = [
        replace(
            track,
            clips=[_clip_with_path(clip, written) for clip in track.clips],
            effects=_effects_with_paths(track.effects, written),
        )
        if isinstance(track, VideoTrack | AudioTrack)
        else track
        for track in project.tracks
    ]
    return replace(
        project,
        effects=_effects_with_paths(project.effects, written),
        media=[replace(entry, path=written(entry.path)) for entry in project.media],
        fonts=[replace(font, path=written(font.path)) for font in project.fonts],
        tracks=tracks,
    )


def _clip_with_path(clip: Clip, written: Callable[[str], str]) -> Clip:
    source = clip.source
    if clip.effects:
        clip = replace(clip, effects=_effects_with_paths(clip.effects, written))
    if not isinstance(source, FileSource) or source.path is None:
        return clip
    return replace(clip, source=replace(source, path=written(source.path)))


def _effects_with_paths(effects: list[Effect], written: Callable[[str], str]) -> list[Effect]:
    """Rewrite the parameters that name files."""
    if not effects:
        return effects
    from sidecar.effects import catalogue  # noqa: PLC0415 - start-up time
    from sidecar.effects.declarations import parameters_of  # noqa: PLC0415 - start-up time

    found = []
    for effect in effects:
        kind = catalogue().effects.get(effect.type)
        named = {
            parameter.name: written(path)
            for parameter in (() if kind is None else parameters_of(kind.parameters))
            if parameter.kind == "file" and isinstance(path := effect.parameters.get(parameter.name), str)
        }
        found.append(replace(effect, parameters={**effect.parameters, **named}) if named else effect)
    return found
