"""The shape of a project: types, members, words, ranges, with exact pointers."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from protocol.project.check import check
from protocol.project.check.scalars import Number
from protocol.project.check.schema import compile_shape
from protocol.project.check.sink import Sink, shown
from protocol.project.check.walk import Walk
from protocol.time import Seconds
from tests.protocol.project.base import BASE, GONE, edited, faults, problem, reach

C1 = "/tracks/0/clips/0"


def test_the_base_is_valid() -> None:
    checked = check(BASE)
    assert checked.problems == []
    assert checked.valid
    assert checked.project is not None
    assert checked.migrated_from is None


@pytest.mark.parametrize(
    ("pointer", "value", "rule"),
    [
        # types
        ("/name", 5, "type"),
        ("/width", "1280", "type"),
        ("/width", 1280.0, "type"),
        ("/width", True, "type"),
        ("/frameRate", 25, "type"),
        ("/tracks", {}, "type"),
        ("/tracks/0", 5, "type"),
        ("/tracks/0/kind", 5, "type"),
        ("/metadata", [], "type"),
        ("/media", None, "type"),
        ("/export", None, "type"),
        ("/export/range", {"from": 0}, "type"),
        ("/masterVolume", "1", "type"),
        ("/masterVolume/keyframes", 5, "type"),
        ("/masterVolume/keyframes/0", 5, "type"),
        ("/masterVolume/keyframes/0/value", "x", "type"),
        ("/masterVolume/keyframes/0/time", None, "type"),
        ("/masterVolume/keyframes/0/easing", 5, "type"),
        (f"{C1}/start", None, "type"),
        (f"{C1}/start", True, "type"),
        (f"{C1}/enabled", 1, "type"),
        (f"{C1}/source", "a.mp4", "type"),
        (f"{C1}/effects", {}, "type"),
        (f"{C1}/effects/0/parameters", None, "type"),
        (f"{C1}/layout", 5, "type"),
        (f"{C1}/tags", [1], "type"),
        ("/channels", "2", "type"),
        ("/channels", 2.0, "type"),
        ("/tracks/0/clips/2/source/animations/0/parameters", {"period": "x"}, "type"),
        ("/tracks/0/clips/1/timeMap", 5, "type"),
        # words
        ("/tracks/0/kind", "vidio", "unknownWord"),
        (f"{C1}/fit", "fill", "unknownWord"),
        (f"{C1}/source/kind", "movie", "unknownWord"),
        ("/channels", 5, "unknownWord"),
        ("/colorSpace", "bt2020", "unknownWord"),
        ("/export/video", {"codec": "h265"}, "unknownWord"),
        ("/masterVolume/keyframes/0/easing", "ease", "unknownWord"),
        # reserved
        (f"{C1}/source/kind", "stream", "reserved"),
        (f"{C1}/source/kind", "multicam", "reserved"),
        ("/sequences", [{}], "reserved"),
        # ranges
        ("/width", 15, "outOfRange"),
        ("/width", 1281, "outOfRange"),
        ("/height", 16_386, "outOfRange"),
        ("/sampleRate", 7_999, "outOfRange"),
        ("/masterVolume", 4.5, "outOfRange"),
        ("/masterVolume/keyframes/1/value", -1, "outOfRange"),
        (f"{C1}/opacity", 2, "outOfRange"),
        (f"{C1}/speed", 0, "outOfRange"),
        (f"{C1}/start", 1e10, "outOfRange"),
        (f"{C1}/start", 10**400, "notFinite"),
        (f"{C1}/effects/0/mix", 1.5, "outOfRange"),
        # not finite
        (f"{C1}/opacity", float("nan"), "notFinite"),
        (f"{C1}/duration", float("inf"), "notFinite"),
        ("/masterVolume/keyframes/0/value", float("inf"), "notFinite"),
        ("/metadata", {"a": [float("nan")]}, "notFinite"),
        # formats
        ("/frameRate", "fast", "format"),
        ("/frameRate", "241", "format"),
        ("/frameRate", "1" * 100, "format"),
        (f"{C1}/start", "1/0", "format"),
        (f"{C1}/start", "1.5", "format"),
        ("/background", "black", "format"),
        ("/media/0/interpret/pixelAspect", "0", "format"),
        # lengths
        ("/id", "", "length"),
        ("/id", "x" * 129, "length"),
        ("/export/range", [0], "length"),
        ("/masterVolume/keyframes", [], "length"),
        ("/templates/0/cells", [], "length"),
        ("/tracks", [{"kind": "video"}] * 201, "limit"),
        ("/effects", [{"type": "blur"}] * 33, "limit"),
        (f"{C1}/effects", [{"type": "blur"}] * 33, "limit"),
        ("/tracks/0/clips/2/source/text", "é" * 5_121, "limit"),
    ],
)
def test_each_fault_is_found_where_it_is(pointer: str, value: Any, rule: str) -> None:
    found = faults((pointer, value))
    at = {
        "/export/video": "/export/video/codec",
        f"{C1}/tags": f"{C1}/tags/0",
        "/tracks/0/clips/2/source/animations/0/parameters": "/tracks/0/clips/2/source/animations/0/parameters/period",
    }.get(pointer, pointer)
    assert (rule, at) in found
    # a whole list put aside takes with it what refers into it
    assert {other for other, where in found if not where.startswith(at)} <= {"unknownReference"}


@pytest.mark.parametrize(
    ("pointer", "member"),
    [
        ("", "frameRate"),
        ("", "width"),
        ("", "tracks"),
        (C1, "source"),
        (C1, "start"),
        ("/media/0", "path"),
        ("/tracks/0", "kind"),
    ],
)
def test_missing_members(pointer: str, member: str) -> None:
    problems = check(edited((f"{pointer}/{member}", GONE))).problems
    missing = [p for p in problems if p.context["rule"] == "missing"]
    assert [(p.pointer, p.context["member"]) for p in missing] == [(pointer, member)]


@pytest.mark.parametrize(
    ("pointer", "nearest"),
    [
        ("/framerate", "frameRate"),
        ("/frame_rate", "frameRate"),
        (f"{C1}/opacty", "opacity"),
        (f"{C1}/source/pth", "path"),
        (f"{C1}/crop/lft", "left"),
        ("/zzzzz", None),
        (f"/{'x' * 200}", None),
    ],
)
def test_unknown_members_name_the_nearest(pointer: str, nearest: str | None) -> None:
    found = problem((pointer, 1))
    assert (found.context["rule"], found.pointer) == ("unknownMember", pointer)
    assert found.context["nearest"] == nearest
    assert found.suggestion is not None
    assert nearest is None or nearest in found.suggestion


def test_pointers_are_escaped() -> None:
    raw = edited()
    raw["a/b~c"] = 1
    assert [p.pointer for p in check(raw).problems] == ["/a~1b~0c"]


def test_ranges_say_the_nearest_value_and_hold_for_each_key() -> None:
    found = problem((f"{C1}/volume", {"keyframes": [{"time": 0, "value": 5}, {"time": 1, "value": 1}]}))
    assert found.pointer == f"{C1}/volume/keyframes/0/value"
    assert found.ids == ["c1"]
    assert (found.context["minimum"], found.context["maximum"], found.context["nearest"]) == (0, 4, 4)
    assert found.suggestion == "Use 4"
    assert problem(("/width", 1281)).context["nearest"] == 1280
    assert problem((f"{C1}/speed", 1000)).context["nearest"] == 100


def test_words_say_the_nearest() -> None:
    assert problem(("/export/video", {"codec": "h265"})).context["nearest"] == "hevc"
    assert problem((f"{C1}/fit", "contian")).suggestion == 'Use "contain"'
    assert problem(("/channels", 7)).context["nearest"] in (6, 8)
    assert problem((f"{C1}/source/kind", "stream")).code == "notSupported"
    assert problem(("/effects", [{"type": "blur"}] * 33)).code == "limitExceeded"


@pytest.mark.parametrize("easing", [{"cubicBezier": [0, -1, 1, 2]}, "hold"])
def test_keyframes_with_every_easing_are_sound(easing: Any) -> None:
    assert (
        faults((f"{C1}/pan", {"keyframes": [{"time": -1, "value": 0, "easing": easing}, {"time": 1, "value": 1}]}))
        == set()
    )


def test_the_x_of_a_bezier_stays_in_its_unit() -> None:
    pointer = "/masterVolume/keyframes/0/easing"
    assert faults((pointer, {"cubicBezier": [2, 0, 0, 1]})) == {("outOfRange", f"{pointer}/cubicBezier/0")}
    assert faults((pointer, {"cubicBezier": [0, 0, 1]})) == {("length", f"{pointer}/cubicBezier")}


@pytest.mark.parametrize(
    ("times", "wrong"),
    [([0, 0], [1]), ([1, "1/2", 2], [1]), (["1/3", 0.3, 0.2], [1, 2]), ([0, 1, 1, 0], [2, 3]), ([0, "x", 0], [2])],
)
def test_times_of_keys_rise_strictly(times: list[Any], wrong: list[int]) -> None:
    keys = [{"time": time, "value": 1} for time in times]
    found = {pointer for rule, pointer in faults((f"{C1}/opacity", {"keyframes": keys})) if rule == "keysNotRising"}
    assert found == {f"{C1}/opacity/keyframes/{index}/time" for index in wrong}
    ramp = [{"time": time, "source": 1} for time in times]
    found = {pointer for rule, pointer in faults((f"{C1}/timeMap", ramp)) if rule == "keysNotRising"}
    assert found == {f"{C1}/timeMap/{index}/time" for index in wrong}


def test_free_json_nests_so_far_and_no_farther() -> None:
    def nested(depth: int) -> Any:
        value: Any = 1
        for level in range(depth):
            value = [value] if level % 2 else {"a": value}
        return value

    assert faults(("/metadata", {"a": nested(60)})) == set()
    for pointer in (f"{C1}/effects/0/parameters", "/metadata", f"{C1}/metadata"):
        raw = edited((pointer, {}))
        mapping = reach(raw, pointer)
        mapping["a"] = nested(50_000)
        found = check(raw)
        assert [(p.code, p.pointer) for p in found.problems] == [("limitExceeded", pointer)]
        assert found.project is None


def test_text_that_utf_8_cannot_write_is_survived() -> None:
    assert (
        check(edited(("/metadata", {"a": "\ud800"}), ("/tracks/2/cues/0/text", "\ud800" * 5_000))).project is not None
    )


@pytest.mark.parametrize(("of", "value"), [(Seconds, 1.5), (type(None), None), (bool, False), (Literal["a"], "a")])
def test_a_visit_of_a_sound_value_notes_nothing(of: Any, value: Any) -> None:
    walk = Walk(Sink({}))
    compile_shape(of).visit(value, walk, trusted=False)
    assert walk.sink.problems == []
    compile_shape(of).visit([], walk, trusted=False)
    assert walk.broken == 1


def test_all_faults_are_reported_at_once_and_the_sound_parts_judged() -> None:
    found = faults(
        ("/background", "black"),
        ("/widht", 5),
        (f"{C1}/opacity", "x"),
        ("/tracks/0/clips/1/duration", 4),
        ("/tracks/1/volume", []),
        ("/tracks/1/clips/0/source/kind", "color"),
        ("/tracks/2/cues/0/words", []),
        ("/tracks/2/cues/0/end", 0),
        ("/groups/0/clips/0", "nobody"),
        ("/export/video", {"codec": "vp9", "pixelFormat": "yuva420p"}),
        ("/media/0/id", "c2"),
    )
    assert found == {
        ("format", "/background"),
        ("unknownMember", "/widht"),
        ("type", f"{C1}/opacity"),
        ("overlap", "/tracks/0/clips/2/start"),
        ("type", "/tracks/1/volume"),
        ("kindOnTrack", "/tracks/1/clips/0/source/kind"),
        ("endBeforeStart", "/tracks/2/cues/0/end"),
        ("unknownReference", "/groups/0/clips/0"),
        ("alpha", "/export/video/pixelFormat"),
        ("duplicateId", "/media/0/id"),
    }


def test_a_list_of_problems_ends_somewhere() -> None:
    raw = edited()
    raw["tracks"][0]["clips"][0]["effects"] = [5] * 30
    raw |= {f"wrong{n}": 1 for n in range(12_000)}
    checked = check(raw)
    assert len(checked.problems) == 10_001
    assert checked.project is None
    many = edited(("/fonts", [5] * 20_000))
    assert len(check(many).problems) == 10_001


def test_bounds_of_one_side_are_said_as_such() -> None:
    for number, value, words in (
        (Number(whole=True, low=1), 0, "at least 1"),
        (Number(whole=False, high=2), 3, "at most 2"),
    ):
        walk = Walk(Sink({}))
        number.visit(value, walk, trusted=False)
        assert words in walk.sink.problems[0].message


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        ([], "a list"),
        ({}, "an object"),
        (2**60, "a huge number"),
        (0.1, "0.1"),
        ("x" * 99, '"' + "x" * 80 + '…"'),
    ],
)
def test_values_in_messages_are_short(value: Any, text: str) -> None:
    assert shown(value) == text


def test_a_schema_that_validation_does_not_know_is_noticed_at_once() -> None:
    with pytest.raises(TypeError):
        compile_shape(bytes)
