"""Cues, words, positions, languages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.protocol.project.base import faults, problem

CUE = "/tracks/2/cues/0"
TITLE = "/tracks/0/clips/2/source"


def test_a_cue_ends_after_it_starts() -> None:
    assert faults((f"{CUE}/words", []), (f"{CUE}/end", 0.5)) == {("endBeforeStart", f"{CUE}/end")}
    assert faults((f"{CUE}/words", []), (f"{CUE}/end", "1/4")) == {("endBeforeStart", f"{CUE}/end")}
    assert faults((f"{CUE}/words", []), (f"{CUE}/end", 0.501)) == set()


def test_a_cue_starts_at_zero_or_later() -> None:
    assert faults((f"{CUE}/start", -0.1)) == {("negativeTime", f"{CUE}/start")}


@pytest.mark.parametrize(
    ("pointer", "value", "found"),
    [
        ("words/0/start", 0.4, {("wordOutside", f"{CUE}/words/0/start")}),
        ("words/1/end", 3.1, {("wordOutside", f"{CUE}/words/1/end")}),
        ("words/1/end", 3, set()),
        ("words/1/start", 0.4, {("wordOutside", f"{CUE}/words/1/start")}),
        ("words/0/start", 1, set()),
        ("words/0/end", 0.4, {("endBeforeStart", f"{CUE}/words/0/end")}),
        ("words/0/end", 0.5, set()),
        ("words/0", {"start": 1.5, "end": 1.6, "text": "Hello"}, {("wordOutside", f"{CUE}/words/1/start")}),
        ("words/0/text", 5, {("type", f"{CUE}/words/0/text")}),
    ],
)
def test_words_lie_inside_their_cue_in_order(pointer: str, value: Any, found: set[tuple[str, str]]) -> None:
    assert faults((f"{CUE}/{pointer}", value)) == found


@pytest.mark.parametrize("owner", [CUE, TITLE, "/tracks/2"])
@pytest.mark.parametrize(
    ("position", "fine"),
    [
        ({}, True),
        (None, True),
        ({"alignX": "left", "alignY": "top", "marginX": 1, "marginY": 0}, True),
        ({"x": 0, "y": 1}, True),
        ({"x": 0}, False),
        ({"y": 0}, False),
        ({"x": 0, "y": 0, "alignX": "left"}, False),
        ({"x": 0, "marginY": 3}, False),
    ],
)
def test_a_position_is_aligned_or_a_point(owner: str, position: Any, fine: bool) -> None:  # noqa: FBT001
    pointer = f"{owner}/position"
    assert faults((pointer, position)) == (set() if fine else {("positionChoice", pointer)})


def test_a_half_point_says_what_it_lacks() -> None:
    assert problem((f"{CUE}/position", {"y": 0.5})).suggestion == "Write x"


@pytest.mark.parametrize("name", ["duration", "delay"])
def test_animations_take_no_negative_time(name: str) -> None:
    animation = {"type": "fadeIn", name: -1}
    assert faults((f"{CUE}/animations", [animation])) == {("negativeTime", f"{CUE}/animations/0/{name}")}
    assert faults((f"{TITLE}/animations/0", animation)) == {("negativeTime", f"{TITLE}/animations/0/{name}")}


@pytest.mark.parametrize(
    ("language", "fine"), [("", True), ("en", True), ("zh-Hant-TW", True), ("e", False), ("en_US", False), ("-", False)]
)
def test_languages_are_bcp_47(language: str, fine: bool) -> None:  # noqa: FBT001
    assert faults(("/tracks/2/language", language)) == (set() if fine else {("format", "/tracks/2/language")})
