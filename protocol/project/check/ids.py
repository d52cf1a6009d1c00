"""The one space of ids: every id as sent, also of parts that are broken otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from protocol.project.check.sink import Sink

_CLIP_OWNERS = ("effects", "markers")
_TRACK_OWNERS = ("transitions", "effects", "cues")
_PROJECT_OWNERS = ("effects", "media", "templates", "groups", "markers")


@dataclass(frozen=True, slots=True)
class Ids:
    """What ids a project has: the clips of each track by its pointer, all clips, media, templates."""

    track_clips: dict[str, set[str]]
    clips: set[str]
    media: set[str]
    templates: set[str]


def read_ids(raw: dict[str, Any], sink: Sink) -> Ids:
    """Collect every id and note those that stand twice; cells have a space of their own in each template."""
    first: dict[str, str] = {}
    ids = Ids({}, set(), set(), set())
    for kind, track, id, pointer in _written(raw):
        if kind == "clips":
            ids.track_clips.setdefault(track, set()).add(id)
            ids.clips.add(id)
        elif kind == "media":
            ids.media.add(id)
        elif kind == "templates":
            ids.templates.add(id)
        if id in first:
            sink.add("duplicateId", f"{pointer}/id", f'The id "{id}" stands twice', ids=[id], first=first[id])
        else:
            first[id] = f"{pointer}/id"
    _cells(raw, sink)
    return ids


def _written(raw: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Yield (list, pointer of the track or "", id, pointer of the owner) in the order of the schema."""
    for index, track in _objects(raw, "tracks"):
        at = f"/tracks/{index}"
        yield from _own("tracks", at, track, at)
        for number, clip in _objects(track, "clips"):
            clip_at = f"{at}/clips/{number}"
            yield from _own("clips", at, clip, clip_at)
            yield from _owned(clip, _CLIP_OWNERS, at, clip_at)
        yield from _owned(track, _TRACK_OWNERS, at, at)
    yield from _owned(raw, _PROJECT_OWNERS, "", "")


def _owned(owner: dict[str, Any], names: tuple[str, ...], track: str, at: str) -> Iterator[tuple[str, str, str, str]]:
    for name in names:
        if owner.get(name):
            for index, item in _objects(owner, name):
                yield from _own(name, track, item, f"{at}/{name}/{index}")


def _own(kind: str, track: str, owner: dict[str, Any], at: str) -> Iterator[tuple[str, str, str, str]]:
    id = owner.get("id")
    if isinstance(id, str):
        yield kind, track, id, at


def _objects(owner: dict[str, Any], name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    items = owner.get(name)
    if isinstance(items, list):
        yield from ((index, item) for index, item in enumerate(items) if isinstance(item, dict))


def _cells(raw: dict[str, Any], sink: Sink) -> None:
    for index, template in _objects(raw, "templates"):
        seen: set[str] = set()
        for number, cell in _objects(template, "cells"):
            id = cell.get("id")
            if isinstance(id, str) and id in seen:
                pointer = f"/templates/{index}/cells/{number}/id"
                sink.add("duplicateId", pointer, f'The id "{id}" stands twice in this template')
            elif isinstance(id, str):
                seen.add(id)
