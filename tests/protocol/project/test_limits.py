"""The limits of docs/project.md §3, at them and past them."""

from __future__ import annotations

from typing import Any

import pytest

from protocol.problem import Problem
from protocol.project.check import check
from tests.protocol.project.base import BASE, edited, problem

SMALL: dict[str, Any] = {key: BASE[key] for key in ("schema", "frameRate", "width", "height")}


def limits(raw: dict[str, Any]) -> list[Problem]:
    found = check(raw).problems
    assert {p.code for p in found} <= {"limitExceeded"}
    return found


def clips(count: int, first: int = 0) -> list[dict[str, Any]]:
    return [{"source": {"kind": "color"}, "start": n, "duration": 1} for n in range(first, first + count)]


def test_ten_thousand_clips() -> None:
    tracks = [{"kind": "video", "clips": clips(6_000)}, {"kind": "video", "clips": clips(4_000)}]
    assert limits({**SMALL, "tracks": tracks}) == []
    tracks += [{"kind": "video", "clips": clips(1)}, {"kind": "video", "clips": clips(1)}]
    (found,) = limits({**SMALL, "tracks": tracks})
    assert (found.pointer, found.context["value"], found.context["limit"]) == ("/tracks/2/clips", 10_001, 10_000)


def test_fifty_thousand_cues() -> None:
    cue = {"start": 0, "end": 1, "text": ""}
    track = {"kind": "subtitle", "cues": [cue] * 50_000}
    assert limits({**SMALL, "tracks": [track]}) == []
    (found,) = limits({**SMALL, "tracks": [track, {"kind": "subtitle", "cues": [cue]}]})
    assert found.pointer == "/tracks/1/cues"


def test_keyframes_of_a_member_and_of_a_project() -> None:
    keys = [{"time": n, "value": 1} for n in range(10_001)]
    (found,) = limits({**SMALL, "tracks": [], "masterVolume": {"keyframes": keys}})
    assert (found.pointer, found.context["limit"]) == ("/masterVolume/keyframes", 10_000)
    member = {"keyframes": keys[:10_000]}
    tracks = [{"kind": "audio", "volume": member, "pan": {"keyframes": keys[:10_000]}} for _ in range(50)]
    assert limits({**SMALL, "tracks": tracks}) == []
    (found,) = limits({**SMALL, "tracks": tracks, "masterVolume": member})
    assert (found.pointer, found.context["value"]) == ("/tracks", 1_010_000)


@pytest.mark.parametrize(
    ("edits", "pointer"),
    [
        ([("/width", 8_000), ("/height", 8_000)], None),
        ([("/width", 8_002), ("/height", 8_000)], "/width"),
        ([("/export/width", 16_384), ("/height", 3_908)], "/export/width"),
        ([("/export/height", 16_384), ("/export/width", 3_906)], None),
        ([("/width", 16_384), ("/height", 3_900), ("/export/height", 4_000)], "/export/height"),
    ],
)
def test_sixty_four_megapixels(edits: list[tuple[str, Any]], pointer: str | None) -> None:
    assert [p.pointer for p in limits(edited(*edits))] == ([] if pointer is None else [pointer])


@pytest.mark.parametrize(
    ("start", "duration", "fine"),
    [(0, 86_400, True), (0, 86_400.5, False), (86_399, 1, True), (86_399, "3/2", False), (1e8, 1, False)],
)
def test_a_day(start: Any, duration: Any, fine: bool) -> None:  # noqa: FBT001
    clip = {"source": {"kind": "color"}, "start": start, "duration": duration}
    found = limits({**SMALL, "tracks": [{"kind": "video", "clips": [clip]}]})
    assert [p.pointer for p in found] == ([] if fine else ["/tracks/0/clips/0/duration"])


@pytest.mark.parametrize(
    "owner",
    [
        "",
        "/media/0",
        "/markers/0",
        "/tracks/0",
        "/tracks/0/clips/0",
        "/tracks/0/clips/0/markers/0",
        "/tracks/0/transitions/0",
        "/tracks/2/cues/0",
    ],
)
def test_metadata_of_64_kb_an_object(owner: str) -> None:
    fits = {"a": "x" * (65_536 - 8)}
    assert limits(edited((f"{owner}/metadata", fits))) == []
    found = problem((f"{owner}/metadata", {"a": "x" * (65_536 - 7)}))
    assert (found.code, found.pointer, found.context["value"]) == ("limitExceeded", f"{owner}/metadata", 65_537)


def test_metadata_of_a_megabyte_a_project() -> None:
    tracks = [{"kind": "video", "metadata": {"a": "x" * 65_000}} for _ in range(17)]
    assert limits({**SMALL, "tracks": tracks[:16]}) == []
    (found,) = limits({**SMALL, "tracks": tracks})
    assert (found.pointer, found.context["limit"]) == ("", 1_048_576)


def test_text_of_ten_kilobytes() -> None:
    pointer = "/tracks/2/cues/0/text"
    wordless: tuple[str, list[object]] = ("/tracks/2/cues/0/words", [])
    assert limits(edited((pointer, "é" * 5_120), wordless)) == []
    found = problem((pointer, "é" * 5_120 + "x"), wordless)
    assert (found.code, found.pointer, found.context["value"]) == ("limitExceeded", pointer, 10_241)


def test_the_project_is_kept_where_a_limit_does_not_break_it() -> None:
    assert check(edited(("/tracks/2/cues/0/text", "x" * 20_000))).project is not None
    assert check(edited(("/effects", [{"type": "blur"}] * 33))).project is None


def test_numbers_that_json_cannot_write_are_no_metadata_to_measure() -> None:
    assert check(edited(("/metadata", {"a": 10**400}))).project is not None
