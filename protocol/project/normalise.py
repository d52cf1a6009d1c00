"""Ids for everything that can have one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from protocol.project.clip import Clip
from protocol.project.layout import Template
from protocol.project.timeline import Project
from protocol.project.track import AudioTrack, SubtitleTrack, Track, VideoTrack

T = TypeVar("T", bound=Struct)


def normalise(project: Project) -> Project:
    """Give an id to every track, clip, transition, effect, cue, marker, group and cell that has none.

    The ids are words and numbers in the order of the project ("clip-1", "clip-2", ...) and depend on nothing else;
    one that is written anywhere is passed over. Nothing else changes, the project's own id included: whoever opens
    projects knows which are free. Done twice is done once.
    """
    return _Namer(project).project()


def written_ids(project: Project) -> Iterator[str]:
    """Yield every id that is written in the one space of a project, and those of cells."""
    owners: list[Any] = [*project.effects, *project.media, *project.templates, *project.groups, *project.markers]
    owners += [cell for template in project.templates for cell in template.cells]
    for track in project.tracks:
        owners.append(track)
        if isinstance(track, SubtitleTrack):
            owners += track.cues
            continue
        owners += [*track.effects, *track.transitions, *track.clips]
        for clip in track.clips:
            owners += [*clip.effects, *clip.markers]
    return (owner.id for owner in owners if owner.id is not None)


class _Namer:
    def __init__(self, project: Project) -> None:
        self._source = project
        self._taken = set(written_ids(project))
        self._numbers: dict[str, Iterator[int]] = {}

    def project(self) -> Project:
        return replace(
            self._source,
            effects=self._all("effect", self._source.effects),
            templates=[self._template(template) for template in self._source.templates],
            groups=self._all("group", self._source.groups),
            markers=self._all("marker", self._source.markers),
            tracks=[self._track(track) for track in self._source.tracks],
        )

    def _track(self, track: Track) -> Track:
        named: Track = self._one("track", track)
        if isinstance(named, SubtitleTrack):
            return replace(named, cues=self._all("cue", named.cues))
        return self._media_track(named)

    def _media_track(self, track: VideoTrack | AudioTrack) -> VideoTrack | AudioTrack:
        return replace(
            track,
            effects=self._all("effect", track.effects),
            clips=[self._clip(clip) for clip in track.clips],
            transitions=self._all("transition", track.transitions),
        )

    def _clip(self, clip: Clip) -> Clip:
        named = self._one("clip", clip)
        effects = self._all("effect", named.effects)
        markers = self._all("marker", named.markers)
        if effects is named.effects and markers is named.markers:
            return named
        return replace(named, effects=effects, markers=markers)

    def _template(self, template: Template) -> Template:
        return replace(template, cells=self._all("cell", template.cells))

    def _all(self, word: str, owners: list[T]) -> list[T]:
        if _complete(owners):
            return owners
        return [self._one(word, owner) for owner in owners]

    def _one(self, word: str, owner: T) -> T:
        if getattr(owner, "id") is not None:  # noqa: B009 - T is any struct with an id
            return owner
        return replace(owner, id=self._next(word))

    def _next(self, word: str) -> str:
        numbers = self._numbers.setdefault(word, count(1))
        name = next(name for number in numbers if (name := f"{word}-{number}") not in self._taken)
        self._taken.add(name)
        return name


def _complete(owners: Sequence[Any]) -> bool:
    return all(owner.id is not None for owner in owners)
