"""Ids for everything that can have one."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from protocol.project import Project
from protocol.project.check import check
from protocol.project.normalise import normalise, written_ids
from tests.protocol.project.base import BASE

REFERENCES = {"from", "to", "media", "template", "cell", "link", "clips"}


def project(raw: dict[str, Any]) -> Project:
    return msgspec.convert(raw, Project)


def without_ids(value: Any) -> Any:
    """Copy JSON without any id, and without what refers to one."""
    if isinstance(value, list):
        return [without_ids(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {name: item for name, item in value.items() if name != "id" and not (name in REFERENCES and _refers(item))}
    return {name: without_ids(item) for name, item in kept.items()}


def _refers(item: Any) -> bool:
    return not isinstance(item, list) or all(isinstance(each, str) for each in item)


def bare() -> dict[str, Any]:
    raw: dict[str, Any] = without_ids(BASE)
    raw["media"] = BASE["media"]
    raw["templates"][0]["id"] = "mine"
    raw["tracks"][0]["clips"][1]["layout"] = {"template": "mine"}
    return raw


def test_everything_gets_an_id_of_its_own() -> None:
    named = normalise(project(bare()))
    ids = list(written_ids(named))
    assert len(set(ids)) == len(ids)
    assert [track.id for track in named.tracks] == ["track-1", "track-2", "track-3"]
    assert [clip.id for track in named.tracks[:2] for clip in track.clips] == [f"clip-{n}" for n in range(1, 6)]  # type: ignore[union-attr]
    # 3 tracks, 5 clips, 2 transitions, 3 effects, 1 clip marker, 1 cue, 1 medium, 1 template, 1 cell, 1 group, 1 marker
    assert len(ids) == 20
    assert set(ids) >= {"effect-3", "cue-1", "marker-2", "group-1", "cell-1", "transition-2", "m1", "mine"}


def test_nothing_else_changes() -> None:
    raw = bare()
    named = msgspec.to_builtins(normalise(project(raw)))
    assert without_ids(named) == without_ids(msgspec.to_builtins(project(raw)))
    assert named["id"] is None


def test_done_twice_is_done_once() -> None:
    named = normalise(project(bare()))
    assert normalise(named) == named


def test_what_is_written_stays() -> None:
    assert normalise(project(BASE)) == project(BASE)


def test_no_id_collides_with_one_written_later() -> None:
    raw = bare()
    raw["markers"][0]["id"] = "track-1"
    raw["groups"][0]["id"] = "clip-2"
    raw["media"] = [{"id": "cue-1", "path": "x"}]
    named = normalise(project(raw))
    ids = list(written_ids(named))
    assert len(set(ids)) == len(ids)
    assert named.tracks[0].id == "track-2"
    assert named.markers[0].id == "track-1"
    assert [p.context["rule"] for p in check(msgspec.to_builtins(named)).problems].count("duplicateId") == 0


@given(st.lists(st.sampled_from([None, "clip-1", "clip-2", "clip-3", "x"]), max_size=6))
def test_any_mixture_of_ids(ids: list[str | None]) -> None:
    written = [id for n, id in enumerate(ids) if id is None or id not in ids[:n]]
    clips = [{"source": {"kind": "color"}, "start": n, "duration": 1, "id": id} for n, id in enumerate(written)]
    raw = {
        "schema": "timeline/1",
        "frameRate": "25",
        "width": 16,
        "height": 16,
        "tracks": [{"kind": "video", "clips": clips}],
    }
    track = normalise(project(raw)).tracks[0]
    found = [clip.id for clip in track.clips]  # type: ignore[union-attr]
    assert len(set(found)) == len(written)
    assert all(id is None or id == new for id, new in zip(written, found, strict=True))
    assert normalise(project(raw)) == normalise(project(raw))
