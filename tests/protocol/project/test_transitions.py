"""Transitions: what they join and how long they may be."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests.harness.work import statements
from tests.protocol.project.base import GONE, faults, problem

T = "/tracks/0/transitions"
V = "/tracks/0/clips"
NO_FADE = (f"{V}/0/fadeIn", 0)


def transition(**members: Any) -> dict[str, Any]:
    return {"type": "fade", "duration": 1, **members}


def test_clips_that_do_not_touch_have_no_transition() -> None:
    found = problem((f"{T}/0/from", "c2"), (f"{T}/0/to", "c3"))
    assert (found.context["rule"], found.pointer, found.ids) == ("notTouching", f"{T}/0", ["t1", "c2", "c3"])
    assert found.context["frames"] == 25
    assert faults((f"{T}/0/from", "c2"), (f"{T}/0/to", "c1")) == {("notTouching", f"{T}/0")}


def test_touching_is_meant_in_frames() -> None:
    short = (f"{V}/0/audioFadeOut", 1)
    assert faults((f"{V}/0/duration", 1.99), short) == set()
    assert faults((f"{V}/0/duration", 1.97), short) == {("notTouching", f"{T}/0")}


@pytest.mark.parametrize(("duration", "frames"), [(0.05, 1), (0.01, 0), (0, 0), (-1, -25)])
def test_two_frames_at_least(duration: float, frames: int) -> None:
    found = problem((f"{T}/0/duration", duration))
    assert (found.context["rule"], found.pointer) == ("shortTransition", f"{T}/0/duration")
    assert (found.context["frames"], found.context["nearest"]) == (frames, "2/25")
    assert faults((f"{T}/0/duration", 0.06)) == set()


def test_some_clip_is_named_and_not_the_same_twice() -> None:
    assert faults((f"{T}/0/from", None), (f"{T}/0/to", None)) == {("transitionEnds", f"{T}/0")}
    assert faults((f"{T}/0/to", "c1")) == {("transitionEnds", f"{T}/0/to")}


@pytest.mark.parametrize(
    ("added", "rule"),
    [
        (transition(to="c1"), None),
        (transition(to="c3"), None),
        (transition(**{"from": "c3"}), None),
        (transition(**{"from": "c2"}), None),
        (transition(**{"from": "c1"}), ("edgeTaken", f"{T}/1/to")),
        (transition(to="c2"), ("edgeTaken", f"{T}/1/from")),
    ],
)
def test_free_ends(added: dict[str, Any], rule: tuple[str, str] | None) -> None:
    assert faults(NO_FADE, (f"{T}/-", added)) == (set() if rule is None else {rule})


def test_an_edge_has_one_transition() -> None:
    again = transition(**{"from": "c1", "to": "c2"})
    assert faults((f"{T}/-", again)) == {("edgeTaken", f"{T}/1/from"), ("edgeTaken", f"{T}/1/to")}
    twice = transition(to="c3"), transition(to="c3")
    assert faults((f"{T}/-", twice[0]), (f"{T}/-", twice[1])) == {("edgeTaken", f"{T}/2/to")}


@pytest.mark.parametrize(
    ("align", "duration", "fine"),
    [
        ("center", 4, True),
        ("center", 4.04, False),
        ("start", 2, True),
        ("start", 2.04, False),
        ("end", 2, True),
        ("end", 2.04, False),
    ],
)
def test_a_clip_has_the_frames_its_transition_covers(align: str, duration: float, fine: bool) -> None:  # noqa: FBT001
    found = faults((f"{T}/0/align", align), (f"{T}/0/duration", duration))
    assert found == (set() if fine else {("transitionTooLong", f"{T}/0/duration")})


def test_both_ends_count_together() -> None:
    head = transition(to="c1", duration=1.5)
    assert faults(NO_FADE, (f"{T}/-", head)) == set()
    found = problem(NO_FADE, (f"{T}/-", {**head, "duration": 1.54, "id": "t9"}))
    assert (found.context["rule"], found.pointer) == ("transitionTooLong", f"{T}/0/duration")
    assert found.ids == ["t9", "t1", "c1"]
    # 25 frames around the cut: 12 of them in the clip before
    assert (found.context["frames"], found.context["limit"]) == (39 + 12, 50)


def test_a_fade_under_a_transition_is_a_warning() -> None:
    found = problem((f"{V}/0/fadeOut", 0.5))
    assert (found.severity, found.code, found.pointer) == ("warning", "fadeUnderTransition", f"{V}/0/fadeOut")
    assert found.ids == ["c1", "t1"]
    assert faults((f"{V}/1/fadeIn", "1/2")) == {("fadeUnderTransition", f"{V}/1/fadeIn")}
    assert faults((f"{V}/1/fadeOut", 0.5)) == set()


def test_sound_keeps_its_fades() -> None:
    assert faults(("/tracks/1/clips/0/audioFadeOut", 0.1)) == set()


def test_audio_tracks_cross_fade() -> None:
    pointer = "/tracks/1/transitions/0"
    assert faults((f"{pointer}/type", "fade")) == {("transitionType", f"{pointer}/type")}
    assert problem((f"{pointer}/type", "dissolve")).suggestion == 'Use "crossfade"'


def test_clips_of_other_tracks_are_out_of_reach() -> None:
    found = problem((f"{T}/0/to", "c4"))
    assert (found.context["rule"], found.pointer) == ("unknownReference", f"{T}/0/to")
    assert "another" in found.message


def test_a_transition_of_a_clip_without_frames_is_left_alone() -> None:
    assert faults((f"{V}/2/duration", 0), (f"{T}/-", transition(to="c3"))) == {("shortClip", f"{V}/2/duration")}
    assert faults((f"{V}/2/duration", GONE), (f"{T}/-", transition(to="c3"))) == {("missing", f"{V}/2")}


def test_the_second_of_two_clips_with_one_id_changes_nothing() -> None:
    assert faults((f"{V}/2/id", "c1")) == {("duplicateId", f"{V}/2/id")}


def many(count: int) -> None:
    clips = [{"id": f"x{n}", "source": {"kind": "color"}, "start": n * 2, "duration": 1} for n in range(count)]
    ends = [transition(to=f"x{n}", duration=0.4) for n in range(count)]
    assert faults(("/tracks/0/clips", clips), (T, ends), ("/groups", [])) == set()


def test_many_transitions_cost_no_more_each_than_few() -> None:
    many(5_000)
    assert statements(partial(many, 2_000)) < 4.2 * statements(partial(many, 500))
