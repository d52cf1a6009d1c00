"""Which cells a project is cut into, and that edits leave the keys of what they do not change."""

from __future__ import annotations

import copy
import difflib
from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from protocol.project import Export, VideoExport
from sidecar.core.source import SourceAudio
from sidecar.services.render import cells as cells_module
from sidecar.services.render.cells import in_cells
from tests.harness.rendering import clip, project
from tests.services.render.drafting import SOURCES, Drawn, compiled, facts, frames_of, pictures

Json = dict[str, Any]
EXPORT = {"audio": None}
SHORT = 20
"""Frames of a cell in tests of many edits."""


def film(*tracks: Json, **members: Any) -> Json:
    return project(*tracks, **{"size": (64, 36), "export": EXPORT, **members})


def shape(drawn: Drawn) -> list[tuple[int, int, bool]]:
    return [(cell.first, cell.end, cell.still) for cell in drawn.cells]


def title(start: float, duration: float, **members: Any) -> Json:
    return clip({"kind": "title", "text": "Hello", **members}, start, duration)


def test_clips_are_cut_by_their_source_and_black_is_one_file() -> None:
    raw = film({"clips": [clip("a.mp4", 2, 10, sourceStart=3), clip("b.mp4", 20, 6)]})
    drawn = compiled(raw)
    assert shape(drawn) == [
        (0, 50, True),
        (50, 175, False),
        (175, 300, False),
        (300, 400, True),
        (400, 500, True),
        (500, 600, False),
        (600, 650, False),
    ]
    black = [cell for cell in drawn.cells if cell.still]
    assert len({cell.key for cell in black}) == 1
    assert {cell.encoded for cell in black} == {100}
    assert all(cell.encoded == cell.frames for cell in drawn.cells if not cell.still)


def test_a_part_in_other_colours_sounds_as_before() -> None:
    sounding = replace(SOURCES["a.mp4"], audio=(SourceAudio(0, 1, "aac", 48_000, 2, "stereo", Fraction(0), None),))

    def drawn(**odd: Any) -> tuple[set[str], str]:
        clips = [clip("a.mp4", 8 * n, 8, sourceStart=8 * n, **(odd if n == 1 else {})) for n in range(3)]
        made = compiled(film({"clips": clips}, export={"audio": {}}), {"a.mp4": sounding})
        assert made.compiled.sound is not None
        return made.keys, made.compiled.sound.key

    plain, dark, quiet = drawn(), drawn(color={"brightness": -0.2}), drawn(volume=0.5)
    assert dark[0] != plain[0]
    assert dark[1] == plain[1]
    assert quiet[1] != plain[1]


MOVES: dict[str, Any] = {
    "a file over black": lambda at: film(
        {"clips": [clip("a.mp4", at, 9, sourceStart=1.24)]}, {"clips": [clip("b.mp4", 30, 3)]}
    ),
    "a file over a colour": lambda at: film({"clips": [clip("#336699", 0, 40)]}, {"clips": [clip("a.mp4", at, 9)]}),
    "a file over a picture": lambda at: film({"clips": [clip("still.png", 0, 40)]}, {"clips": [clip("a.mp4", at, 9)]}),
    "a small file over a colour": lambda at: film(
        {"clips": [clip("#336699", 0, 40)]}, {"clips": [clip("a.mp4", at, 9, transform={"scaleX": 0.5, "scaleY": 0.5})]}
    ),
    "a file that fades and is keyed": lambda at: film(
        {
            "clips": [
                clip(
                    "a.mp4",
                    at,
                    9,
                    fadeIn=1,
                    fadeOut=1,
                    opacity={"keyframes": [{"time": 0, "value": 0.2}, {"time": 4, "value": 1}]},
                )
            ]
        },
        {"clips": [clip("b.mp4", 30, 3)]},
    ),
    "a title that moves": lambda at: film(
        {"clips": [clip("#336699", 0, 40)]}, {"clips": [title(at, 9, animations=[{"type": "slideIn", "duration": 1}])]}
    ),
    "a file in reverse": lambda at: film(
        {"clips": [clip("a.mp4", at, 9, reverse=True, speed=1.5)]}, {"clips": [clip("b.mp4", 30, 3)]}
    ),
    "a ramp": lambda at: film(
        {"clips": [clip("a.mp4", at, 9, timeMap=[{"time": 0, "source": 2}, {"time": 9, "source": 5}])]},
        {"clips": [clip("b.mp4", 30, 3)]},
    ),
    "static with grain": lambda at: film(
        {"clips": [clip({"kind": "noise", "seed": 3}, at, 9, effects=[{"type": "grain"}])]},
        {"clips": [clip("b.mp4", 30, 3)]},
    ),
    "a stabilised file": lambda at: film(
        {"clips": [clip("a.mp4", at, 9, effects=[{"type": "stabilize"}])]}, {"clips": [clip("b.mp4", 30, 3)]}
    ),
    "two files and what leads from one to the other": lambda at: film(
        {
            "clips": [clip("a.mp4", at, 5, id="a", sourceStart=2), clip("b.mp4", at + 5, 4, id="b", sourceStart=2)],
            "transitions": [{"type": "wipeleft", "from": "a", "to": "b", "duration": 0.8}],
        },
        {"clips": [clip("b.mp4", 30, 3)]},
    ),
    "a file with an effect in its middle": lambda at: film(
        {
            "clips": [
                clip("a.mp4", at, 9, effects=[{"type": "blur", "parameters": {"radius": 3}, "start": 2, "end": 5}])
            ]
        },
        {"clips": [clip("b.mp4", 30, 3)]},
    ),
    "a file on a track with effects": lambda at: film(
        {"clips": [clip("a.mp4", at, 9)], "effects": [{"type": "hue", "parameters": {"angle": 40}}]},
        {"clips": [clip("b.mp4", 30, 3)]},
    ),
}


@pytest.mark.parametrize("name", MOVES)
def test_a_move_by_whole_frames_over_an_unchanged_ground_encodes_nothing(name: str) -> None:
    before = compiled(MOVES[name](10))
    for at in (10.04, 4, 17.6):
        assert frames_of(compiled(MOVES[name](at)).cells, before.keys) == 0


def test_undo_names_notes_and_another_folder_encode_nothing() -> None:
    raw = film({"name": "one", "clips": [clip("a.mp4", 1, 8, id="x", sourceStart=2)]}, {"clips": [title(3, 2)]})
    before = compiled(raw)
    renamed = film(
        {
            "name": "two",
            "id": "track",
            "clips": [clip("a.mp4", 1, 8, id="y", name="n", notes="n", tags=["t"], sourceStart=2)],
        },
        {"clips": [title(3, 2)]},
        name="other",
        description="d",
        markers=[{"time": 2, "name": "m"}],
    )
    assert [cell.key for cell in compiled(renamed).cells] == [cell.key for cell in before.cells]
    moved = {name: replace(each, path=each.path.replace("/media", "/other")) for name, each in SOURCES.items()}
    assert [cell.key for cell in compiled(raw, moved).cells] == [cell.key for cell in before.cells]
    assert compiled(raw).compiled.key == compiled(raw, moved).compiled.key == before.compiled.key


@pytest.mark.parametrize(
    "members",
    [{"speed": 2}, {"reverse": True}, {"timeMap": [{"time": 0, "source": 0}, {"time": 1, "source": 3}]}],
    ids=str,
)
def test_how_fast_and_which_way_a_still_goes_changes_nothing(members: Json) -> None:
    before = compiled(film({"clips": [clip("still.png", 1, 8)]}))
    assert [cell.key for cell in compiled(film({"clips": [clip("still.png", 1, 8, **members)]})).cells] == [
        cell.key for cell in before.cells
    ]


def test_a_cut_alone_encodes_nothing() -> None:
    before = compiled(film({"clips": [clip("a.mp4", 1, 12, sourceStart=2, fadeIn=1)]}))
    first, second = clip("a.mp4", 1, 5, sourceStart=2, fadeIn=1, id="a"), clip("a.mp4", 6, 7, sourceStart=7, id="b")
    assert [cell.key for cell in compiled(film({"clips": [first, second]})).cells] == [
        cell.key for cell in before.cells
    ]


def test_another_file_is_other_cells() -> None:
    raw = film({"clips": [clip("a.mp4", 1, 8)]})
    changed = {**SOURCES, "a.mp4": facts("/media/a.mp4", "changed")}
    before, after = compiled(raw), compiled(raw, changed)
    assert before.compiled.key != after.compiled.key
    assert {cell.key for cell in after.cells if not cell.still}.isdisjoint(before.keys)


def test_what_is_hidden_counts_for_nothing() -> None:
    def raw(start: float, color: str) -> Json:
        return film({"clips": [clip(color, start, 3)]}, {"clips": [clip("a.mp4", 0, 12, fit="cover")]})

    before = compiled(raw(2, "#FF0000"))
    for start, color in ((2, "#00FF00"), (5, "#FF0000"), (0, "#FF0000")):
        assert [cell.key for cell in compiled(raw(start, color)).cells] == [cell.key for cell in before.cells]


def test_what_comes_and_goes_over_a_file_changes_only_the_cells_that_show_it() -> None:
    def raw(start: float) -> Json:
        return film({"clips": [clip("a.mp4", 0, 40)]}, {"clips": [title(start, 30)]})

    before, after = compiled(raw(5)), compiled(raw(5.04))
    assert shape(before) == shape(after)
    assert [cell.first for cell in after.cells if cell.key not in before.keys] == [100, 800]


def test_a_range_shares_the_cells_of_the_whole() -> None:
    tracks = {"clips": [clip("a.mp4", 0, 30)]}
    whole = compiled(film(tracks))
    part = compiled(film(tracks, export={**EXPORT, "range": [5.2, 21.4]}))
    assert [cell.key in whole.keys for cell in part.cells] == [False, *[True] * (len(part.cells) - 2), False]


def test_another_rate_shares_cells_too() -> None:
    def raw(at: float) -> Json:
        return film(
            {"clips": [clip("a.mp4", at, 30)]}, {"clips": [clip("b.mp4", 50, 1)]}, export={**EXPORT, "frameRate": "50"}
        )

    before, after = compiled(raw(1)), compiled(raw(4.2))
    assert before.cells[-1].end == 51 * 50
    assert frames_of(after.cells, before.keys) == 0


@pytest.mark.parametrize(
    ("members", "cells"),
    [
        ({}, True),
        ({"video": {"rateControl": "lossless"}}, True),
        ({"video": {"rateControl": "bitrate", "bitrate": 1_000_000}}, False),
        ({"video": {"maxBitrate": 1_000_000}}, False),
        ({"video": {"hardware": "auto"}}, False),
        ({"video": None}, False),
        ({"container": "gif", "video": {"codec": "gif"}}, False),
    ],
)
def test_only_what_frames_alone_decide_is_cut(members: Json, cells: bool) -> None:  # noqa: FBT001 - a parameter
    video = members.pop("video", {})
    names = {"rateControl": "rate_control", "maxBitrate": "max_bitrate"}
    made = None if video is None else VideoExport(**{names.get(name, name): value for name, value in video.items()})
    assert in_cells(Export(**members, video=made)) == cells


def edited(raw: Json, random: Random) -> Json:
    """Make one small edit, as people do."""
    raw = copy.deepcopy(raw)
    clips = raw["tracks"][0]["clips"]
    each = random.choice(clips)
    frame, kind = 0.04, random.choice(("trim", "grade", "shift", "slip", "title", "fade", "drop", "speed", "swap"))
    if kind == "trim":
        each["duration"] = round(each["duration"] - 3 * frame, 2)
    elif kind == "grade":
        each["color"] = {"brightness": random.randrange(1, 40) / 100}
    elif kind == "shift":
        for later in clips[clips.index(each) :]:
            later["start"] = round(later["start"] + 2 * frame, 2)
    elif kind == "slip":
        each["sourceStart"] = round(each["sourceStart"] + frame, 2)
    elif kind == "title":
        raw["tracks"][1]["clips"][0]["start"] = round(random.uniform(0, 5), 1)
    elif kind == "fade":
        each["fadeOut"] = 0.4
    elif kind == "drop" and len(clips) > 2:
        clips.remove(each)
    elif kind == "speed":
        each["speed"] = 2.0
    else:
        each["source"]["path"] = "b.mp4"
    return raw


def edits(count: int, seed: int) -> list[tuple[int, int, int]]:
    """Edit a project over and over: of each edit frames to encode, frames with a new picture, and changed spans."""
    random = Random(seed)
    clips = [clip("a.mp4", 3 * n, 2.6 + 0.4 * (n % 2), sourceStart=7 * n + 0.36) for n in range(4)]
    raw = film({"clips": clips}, {"clips": [title(2, 4)]})
    drawn = compiled(raw)
    before = pictures(drawn.timeline)
    keys, seen = set(drawn.keys), set(before)
    found = []
    for _ in range(count):
        raw = edited(raw, random)
        drawn = compiled(raw)
        after = pictures(drawn.timeline)
        changed = difflib.SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes()
        spans = sum(kind != "equal" for kind, *_ in changed)
        found.append((frames_of(drawn.cells, keys), sum(picture not in seen for picture in after), spans))
        keys |= drawn.keys
        seen |= set(after)
        before = after
    return found


def test_edits_encode_what_is_new_and_two_cells_at_each_end_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells_module, "cell_frames", lambda _rate, _distance: SHORT)
    for encoded, new, spans in edits(8, 1):
        assert encoded <= new + 4 * SHORT * spans, (encoded, new, spans)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 22))
def test_many_edits_encode_what_is_new(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr(cells_module, "cell_frames", lambda _rate, _distance: SHORT)
    for encoded, new, spans in edits(25, seed):
        assert encoded <= new + 4 * SHORT * spans, (encoded, new, spans)
