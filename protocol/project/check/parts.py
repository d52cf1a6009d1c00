"""The sound parts of a project, each with its pointer into the project as sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Generic, TypeVar

import msgspec

from protocol.project import (
    AudioTrack,
    Clip,
    Cue,
    Effect,
    Export,
    Group,
    Marker,
    Media,
    Project,
    SubtitleTrack,
    Template,
    Track,
    Transition,
    VideoTrack,
)
from protocol.project.check.schema import project_shape
from protocol.project.check.sink import Sink, escaped
from protocol.project.check.walk import Walk
from protocol.time import parse_rate
from protocol.typed import ready

T = TypeVar("T")

_CHILDREN = ("tracks", "effects", "media", "templates", "groups", "markers", "export")
_TRACK_CHILDREN = ("clips", "transitions", "effects", "cues")
_BARE: dict[str, Any] = {"schema": "timeline/1", "frameRate": "25", "width": 16, "height": 16, "tracks": []}
_TRACKS: dict[Any, type[Track]] = {"video": VideoTrack, "audio": AudioTrack, "subtitle": SubtitleTrack}


@dataclass(frozen=True, slots=True)
class Placed(Generic[T]):
    """A sound part and where it was sent."""

    pointer: str
    value: T


@dataclass(frozen=True, slots=True)
class TrackParts:
    """A track without its contents (defaults where its own members are broken), and its sound contents."""

    pointer: str
    track: Track
    clips: list[Placed[Clip]]
    transitions: list[Placed[Transition]]
    cues: list[Placed[Cue]]
    effects: list[Placed[Effect]]


@dataclass(frozen=True, slots=True)
class Parts:
    """What of a project can be judged.

    `header` is the project without its contents, with stand-ins for the members named in `broken`; `rate` is None
    where the frame rate is among them. `export` is None where it is broken. `project` is the whole, where all of it
    is sound.
    """

    raw: dict[str, Any]
    project: Project | None
    header: Project
    broken: frozenset[str]
    rate: Fraction | None
    tracks: list[TrackParts]
    effects: list[Placed[Effect]]
    media: list[Placed[Media]]
    templates: list[Placed[Template]]
    groups: list[Placed[Group]]
    markers: list[Placed[Marker]]
    export: Placed[Export] | None = field(default=None)


def read_parts(raw: dict[str, Any], sink: Sink) -> Parts:
    """Walk over the shape of a project, note every fault of it, and return what is sound."""
    walk = Walk(sink)
    project_shape().visit(raw, walk, trusted=False)
    header, broken = _header(raw)
    rate = None if "frameRate" in broken else parse_rate(header.frame_rate)
    export = walk.decoded.get("/export") if "export" in raw else Export()
    tracks = raw.get("tracks")
    return Parts(
        raw=raw,
        project=msgspec.convert(raw, ready(Project)) if walk.broken == 0 else None,
        header=header,
        broken=broken,
        rate=rate,
        tracks=list(_tracks(tracks if isinstance(tracks, list) else [], walk)),
        effects=_placed(raw, "", "effects", Effect, walk),
        media=_placed(raw, "", "media", Media, walk),
        templates=_placed(raw, "", "templates", Template, walk),
        groups=_placed(raw, "", "groups", Group, walk),
        markers=_placed(raw, "", "markers", Marker, walk),
        export=Placed("/export", export) if isinstance(export, Export) else None,
    )


def _header(raw: dict[str, Any]) -> tuple[Project, frozenset[str]]:
    own = {name: value for name, value in raw.items() if name not in _CHILDREN}
    broken = {name for name, value in own.items() if not _sound_member(name, value)}
    broken |= {name for name in _BARE if name not in raw}
    sound = {name: value for name, value in own.items() if name not in broken}
    return msgspec.convert({**_BARE, **sound}, ready(Project)), frozenset(broken)


def _sound_member(name: str, value: Any) -> bool:
    """Whether one member of the project is sound by itself."""
    node = project_shape().members.get(name)
    if node is None:
        return False
    walk = Walk(Sink({}))
    node.visit(value, walk, trusted=False)
    return walk.broken == 0


def _tracks(raws: list[Any], walk: Walk) -> Iterator[TrackParts]:
    for index, raw in enumerate(raws):
        kind = raw.get("kind") if isinstance(raw, dict) else None
        to = _TRACKS.get(kind) if isinstance(kind, str) else None
        if to is None:
            continue
        pointer = f"/tracks/{index}"
        yield TrackParts(
            pointer=pointer,
            track=_track(raw, to),
            clips=_placed(raw, pointer, "clips", Clip, walk),
            transitions=_placed(raw, pointer, "transitions", Transition, walk),
            cues=_placed(raw, pointer, "cues", Cue, walk),
            effects=_placed(raw, pointer, "effects", Effect, walk),
        )


def _track(raw: dict[str, Any], to: type[Track]) -> Track:
    own = {name: value for name, value in raw.items() if name not in _TRACK_CHILDREN}
    try:
        return msgspec.convert(own, ready(to))
    except (msgspec.ValidationError, RecursionError):
        return to()


def _placed(raw: dict[str, Any], owner: str, name: str, to: type[T], walk: Walk) -> list[Placed[T]]:
    items = raw.get(name)
    if not isinstance(items, list):
        return []
    base = f"{owner}/{escaped(name)}"
    found = ((f"{base}/{index}", walk.decoded.get(f"{base}/{index}")) for index in range(len(items)))
    return [Placed(pointer, value) for pointer, value in found if isinstance(value, to)]
