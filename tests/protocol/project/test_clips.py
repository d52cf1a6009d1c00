"""Rules of a single clip."""

from __future__ import annotations

from typing import Any

import pytest

from tests.protocol.project.base import faults, problem

C1, C2, C3 = (f"/tracks/0/clips/{n}" for n in range(3))
TONE = "/tracks/1/clips/0"


def keys(*pairs: tuple[float, float]) -> dict[str, Any]:
    return {"keyframes": [{"time": time, "value": value} for time, value in pairs]}


@pytest.mark.parametrize(
    ("first", "last", "wrong"),
    [
        (0.5, 1.5, None),
        (2, 0, None),
        (0, 2, None),
        (2.001, 0, "In"),
        (0, 2.001, "Out"),
        (1, 1.001, "Out"),
        ("4/3", "2/3", None),
        ("4/3", 0.67, "Out"),
        (5, 5, "In"),
    ],
)
@pytest.mark.parametrize("kind", ["fade", "audioFade"])
def test_fades_fit_the_clip(kind: str, first: Any, last: Any, wrong: str | None) -> None:
    clip = C3 if kind == "fade" else "/tracks/1/clips/-"
    at = C3
    edits: list[tuple[str, Any]] = [(f"{C3}/{kind}In", first), (f"{C3}/{kind}Out", last)]
    if kind == "audioFade":
        at = "/tracks/1/clips/2"
        edits = [
            (clip, {"source": {"kind": "tone"}, "start": 5, "duration": 2, f"{kind}In": first, f"{kind}Out": last})
        ]
    assert faults(*edits) == (set() if wrong is None else {("fadeTooLong", f"{at}/{kind}{wrong}")})


def test_a_fade_too_long_says_what_fits() -> None:
    assert problem((f"{C3}/fadeIn", 1), (f"{C3}/fadeOut", 1.5)).context["nearest"] == "1/1"
    assert problem((f"{C3}/fadeIn", 3)).context["nearest"] == "2/1"


def test_fades_are_not_negative() -> None:
    assert faults((f"{C3}/fadeIn", -1)) == {("negativeTime", f"{C3}/fadeIn")}
    assert faults((f"{TONE}/audioFadeOut", "-1/2")) == {("negativeTime", f"{TONE}/audioFadeOut")}


@pytest.mark.parametrize(
    ("crop", "wrong"),
    [
        ({"left": 0.5, "right": 0.49}, None),
        ({"left": 0.5, "right": 0.5}, "right"),
        ({"top": 0.99}, None),
        ({"top": 0.6, "bottom": 0.6}, "bottom"),
        ({"left": 0.9, "top": 0.9}, None),
        ({"left": keys((0, 0), (1, 0.9)), "right": 0.2}, "left/keyframes/1"),
        ({"left": 0.2, "right": keys((0, 0.9), (1, 0))}, "right/keyframes/0"),
        # they cross: 0.45 + 0.45 in the middle
        ({"left": keys((0, 0), (2, 0.9)), "right": keys((0, 0.9), (2, 0))}, None),
        # a key of one in the middle of the other
        ({"left": keys((0, 0), (2, 0.9)), "right": keys((0, 0), (1, 0.6), (2, 0))}, "right/keyframes/1"),
        ({"left": keys((0, 0), (2, 0.9)), "right": keys((0, 0), (1, 0.5), (2, 0))}, None),
    ],
)
def test_crops_leave_something(crop: dict[str, Any], wrong: str | None) -> None:
    assert faults((f"{C1}/crop", crop)) == (set() if wrong is None else {("cropTooMuch", f"{C1}/crop/{wrong}")})


def test_crops_with_keys_out_of_order_are_judged_by_that_alone() -> None:
    found = faults((f"{C1}/crop", {"left": keys((1, 0.9), (0, 0.9)), "right": 0.9}))
    assert found == {("keysNotRising", f"{C1}/crop/left/keyframes/1/time")}


@pytest.mark.parametrize(("member", "value"), [("sourceStart", 1), ("speed", 2), ("reverse", True), ("freeze", True)])
def test_a_time_map_stands_alone(member: str, value: Any) -> None:
    assert faults((f"{C2}/{member}", value)) == {("timeMapConflict", f"{C2}/{member}")}


def test_defaults_beside_a_time_map_are_fine() -> None:
    assert faults((f"{C2}/sourceStart", "0/1"), (f"{C2}/speed", 1), (f"{C2}/freeze", False)) == set()


def test_the_source_begins_at_zero() -> None:
    assert faults((f"{C1}/sourceStart", -0.5)) == {("negativeTime", f"{C1}/sourceStart")}
    assert faults((f"{C1}/sourceStart", "-1/2")) == {("negativeTime", f"{C1}/sourceStart")}
    assert faults((f"{C1}/sourceStart", "1/2")) == set()
    assert faults((f"{C2}/timeMap/1/source", -1)) == {("negativeTime", f"{C2}/timeMap/1/source")}


def test_a_time_map_has_two_keys() -> None:
    assert faults((f"{C2}/timeMap", [{"time": 0, "source": 0}])) == {("length", f"{C2}/timeMap")}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        (f"{C3}/sourceStart", 1),
        (f"{C3}/speed", 2),
        (f"{C3}/reverse", True),
        (f"{C3}/freeze", True),
        (f"{C3}/retime", "blend"),
        (f"{C3}/pitch", "varispeed"),
        (f"{C3}/timeMap", [{"time": 0, "source": 0}, {"time": 1, "source": 0}]),
        (f"{C3}/volume", 0.5),
        (f"{C3}/pan", 0.5),
        (f"{C3}/muted", True),
        (f"{C3}/audioFadeIn", 1),
        (f"{TONE}/speed", 2),
        (f"{TONE}/pitch", "varispeed"),
    ],
)
def test_what_changes_nothing_is_a_warning(pointer: str, value: Any) -> None:
    found = problem((pointer, value))
    assert (found.severity, found.code, found.pointer) == ("warning", "noEffect", pointer)


def test_sound_members_of_a_tone_are_heard() -> None:
    assert (
        faults((f"{TONE}/volume", 0.5), (f"{TONE}/pan", -1), (f"{TONE}/muted", True), (f"{TONE}/audioFadeIn", 0.1))
        == set()
    )


@pytest.mark.parametrize(
    ("member", "value"),
    [("fit", "cover"), ("crop", {"top": 0.1}), ("transform", {"x": 0}), ("color", {"hue": 1}), ("blend", "screen")],
)
def test_an_adjustment_has_no_picture_of_its_own(member: str, value: Any) -> None:
    assert faults((f"{C3}/source", {"kind": "adjustment"}), (f"{C3}/{member}", value)) == {
        ("noEffect", f"{C3}/{member}")
    }
    assert faults((f"{C3}/source", {"kind": "adjustment"}), (f"{C3}/opacity", 0.5), (f"{C3}/fadeIn", 1)) == set()


def test_a_frozen_clip_has_no_speed() -> None:
    assert faults((f"{C1}/freeze", True)) == set()
    assert faults((f"{C1}/freeze", True), (f"{C1}/speed", 2)) == {("noEffect", f"{C1}/speed")}


@pytest.mark.parametrize("owner", [f"{C1}/effects/0", "/tracks/0/effects/0", "/effects/0"])
def test_effects_end_after_they_start(owner: str) -> None:
    assert faults((f"{owner}/start", 1), (f"{owner}/end", 1)) == {("endBeforeStart", f"{owner}/end")}
    assert faults((f"{owner}/start", -1), (f"{owner}/end", "1/2")) == set()


@pytest.mark.parametrize("name", ["time", "duration"])
def test_markers_lie_at_zero_or_later(name: str) -> None:
    assert faults((f"/markers/0/{name}", -1)) == {("negativeTime", f"/markers/0/{name}")}
