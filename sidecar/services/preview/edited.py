"""Projects with something else in them, for one preview: an effect, or cues. The project itself stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from protocol.commands.preview.subtitles import SampleCue
from protocol.errors import InvalidParams
from protocol.project import Effect, Position, Style

Raw = dict[str, Any]

LASTING = 86_400
"""Seconds for which cues of a sample are shown: all of any project."""


def with_effect(raw: Mapping[str, Any], owner: str | None, effect: Effect) -> tuple[Raw, Raw]:
    """Return a project without an effect and with it.

    `owner` is the id of a clip or a track, None the project. An effect with the id of one of its effects takes that
    one's place. Raises InvalidParams where there is no such owner.
    """
    written = msgspec.to_builtins(effect)

    def changed(given: list[Any]) -> tuple[list[Any], list[Any]]:
        place = next((at for at, each in enumerate(given) if effect.id is not None and each["id"] == effect.id), None)
        if place is None:
            return given, [*given, written]
        rest = [*given[:place], *given[place + 1 :]]
        return rest, [*rest[:place], written, *rest[place:]]

    before, after = dict(raw), dict(raw)
    if owner is None:
        before["effects"], after["effects"] = changed(raw["effects"])
        return before, after
    for at, track in enumerate(raw["tracks"]):
        for member, things in (("track", [track]), ("clip", track.get("clips", []))):
            for number, thing in enumerate(things):
                if thing["id"] != owner or "effects" not in thing:
                    continue
                pair = [{**thing, "effects": effects} for effects in changed(thing["effects"])]
                for project, made in zip((before, after), pair, strict=True):
                    whole = made if member == "track" else {**track, "clips": _put(things, number, made)}
                    project["tracks"] = _put(raw["tracks"], at, whole)
                return before, after
    raise InvalidParams(detail=f"there is no clip or track {owner!r}", path="/owner")


def with_cues(raw: Mapping[str, Any], cues: list[SampleCue], style: Style, position: Position | None) -> Raw:
    """Return a project that shows these cues in place of its own, all the time; without any, its own in this style.

    What the style leaves open stays as the tracks have it.
    """
    export = {**raw["export"], "subtitles": "burn"}
    given = {name: value for name, value in msgspec.to_builtins(style).items() if value is not None}
    placed = None if position is None else msgspec.to_builtins(position)
    if not cues:
        tracks = [
            {**track, "style": {**track["style"], **given}, "position": placed or track["position"]}
            if track["kind"] == "subtitle"
            else track
            for track in raw["tracks"]
        ]
        return {**raw, "tracks": tracks, "export": export}
    sample = {
        "kind": "subtitle",
        "style": given,
        "position": placed,
        "cues": [
            {
                "start": 0,
                "end": LASTING,
                "text": cue.text,
                "style": msgspec.to_builtins(cue.style),
                "position": msgspec.to_builtins(cue.position),
            }
            for cue in cues
        ],
    }
    tracks = [track for track in raw["tracks"] if track["kind"] != "subtitle"]
    return {**raw, "tracks": [*tracks, sample], "export": export}


def _put(things: list[Any], place: int, thing: Any) -> list[Any]:
    return [*things[:place], thing, *things[place + 1 :]]
