"""Where clips lie, and what may lie where."""

from __future__ import annotations

from typing import Any

import pytest

from tests.protocol.project.base import GONE, edited, faults, problem

V = "/tracks/0/clips"
A = "/tracks/1/clips"


def test_clips_of_a_track_do_not_overlap() -> None:
    found = problem((f"{V}/2/start", 3.5))
    assert (found.context["rule"], found.pointer, found.ids) == ("overlap", f"{V}/2/start", ["c2", "c3"])
    assert (found.context["frames"], found.context["nearest"]) == (12, "4/1")


def test_a_clip_under_a_long_one_is_found_past_others() -> None:
    clips = [
        {"source": {"kind": "color"}, "start": start, "duration": length} for start, length in ((0, 9), (1, 1), (3, 1))
    ]
    assert faults(("/tracks/0/clips", clips), ("/tracks/0/transitions", []), ("/groups", [])) == {
        ("overlap", f"{V}/1/start"),
        ("overlap", f"{V}/2/start"),
    }


@pytest.mark.parametrize(
    ("start", "touches"), [(4.0, True), (3.99, True), (3.981, True), (3.979, False), ("1198/300", True)]
)
def test_clips_touch_by_frames_whatever_their_decimals(start: Any, touches: bool) -> None:  # noqa: FBT001
    assert faults((f"{V}/2/start", start)) == (set() if touches else {("overlap", f"{V}/2/start")})


def test_disabled_clips_take_their_place_too() -> None:
    assert faults((f"{V}/2/start", 3), (f"{V}/2/enabled", False)) == {("overlap", f"{V}/2/start")}


def test_a_clip_starts_at_zero_or_later() -> None:
    assert faults((f"{A}/0/start", -0.001)) == {("negativeTime", f"{A}/0/start")}
    assert faults((f"{A}/0/start", -1), (f"{A}/0/duration", 2)) == {("negativeTime", f"{A}/0/start")}


@pytest.mark.parametrize(
    ("duration", "fine"), [(0.04, True), (0.02, True), (0.019, False), (0, False), (-1, False), ("1/25", True)]
)
def test_a_clip_lasts_a_frame(duration: Any, fine: bool) -> None:  # noqa: FBT001
    found = faults((f"{V}/2/duration", duration))
    assert found == (set() if fine else {("shortClip", f"{V}/2/duration")})


def test_without_a_frame_rate_the_rest_is_judged() -> None:
    found = faults(("/frameRate", "x"), (f"{V}/2/start", 1), (f"{V}/2/fadeIn", 9))
    assert found == {("format", "/frameRate"), ("fadeTooLong", f"{V}/2/fadeIn")}


@pytest.mark.parametrize(
    ("track", "source", "fine"),
    [
        (V, {"kind": "tone"}, False),
        (V, {"kind": "silence"}, False),
        (V, {"kind": "noise"}, True),
        (V, {"kind": "color"}, True),
        (V, {"kind": "graphic", "name": "lower-third"}, True),
        (V, {"kind": "adjustment"}, True),
        (A, {"kind": "tone"}, True),
        (A, {"kind": "silence"}, True),
        (A, {"kind": "noise"}, True),
        (A, {"kind": "color"}, False),
        (A, {"kind": "title", "text": "x"}, False),
        (A, {"kind": "adjustment"}, False),
    ],
)
def test_kinds_have_their_tracks(track: str, source: dict[str, Any], fine: bool) -> None:  # noqa: FBT001
    clip = {"source": source, "start": 9, "duration": 1}
    index = 3 if track == V else 2
    found = faults((f"{track}/-", clip))
    assert found == (set() if fine else {("kindOnTrack", f"{track}/{index}/source/kind")})


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("fit", "cover"),
        ("crop", {"left": 0.1}),
        ("transform", {"x": 0}),
        ("opacity", 0.5),
        ("blend", "screen"),
        ("color", {"hue": 1}),
        ("retime", "blend"),
        ("layout", {"template": "mine", "cell": 0}),
        ("fadeIn", 0.1),
        ("fadeOut", "1/10"),
    ],
)
def test_picture_members_stay_at_their_defaults_on_audio_tracks(member: str, value: Any) -> None:
    assert faults((f"{A}/1/{member}", value)) == {("pictureOnAudioTrack", f"{A}/1/{member}")}


def test_defaults_written_out_are_fine_on_audio_tracks() -> None:
    assert faults((f"{A}/1/opacity", 1), (f"{A}/1/fadeIn", "0/1"), (f"{A}/1/crop", {"left": 0})) == set()


def test_a_track_needs_the_stream_it_plays() -> None:
    assert faults((f"{A}/1/source/audioStream", None)) == {("streamMissing", f"{A}/1/source/audioStream")}
    assert faults((f"{V}/0/source/videoStream", None)) == {("streamMissing", f"{V}/0/source/videoStream")}
    assert faults((f"{V}/0/source/audioStream", None)) == set()
    assert faults((f"{A}/1/source/videoStream", 2)) == {("pictureOnAudioTrack", f"{A}/1/source/videoStream")}


def test_cues_on_video_tracks_and_clips_on_subtitle_tracks_are_unknown() -> None:
    assert faults(("/tracks/0/cues", [])) == {("unknownMember", "/tracks/0/cues")}
    assert faults(("/tracks/2/clips", [])) == {("unknownMember", "/tracks/2/clips")}


def test_a_track_of_unknown_kind_is_set_aside_with_what_it_holds() -> None:
    assert faults(("/tracks/1/kind", GONE), (f"{A}/0/start", "x")) == {("missing", "/tracks/1")}


def test_a_track_with_a_broken_member_is_judged_by_its_kind() -> None:
    found = faults(("/tracks/1/solo", 1), (f"{A}/1/opacity", 0.5))
    assert found == {("type", "/tracks/1/solo"), ("pictureOnAudioTrack", f"{A}/1/opacity")}
    assert edited()["tracks"][1]["kind"] == "audio"
