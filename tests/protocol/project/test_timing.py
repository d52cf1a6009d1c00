"""Where things lie, in frames."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.project import Clip, Cue, Export, Project, Transition
from protocol.project.source import ColorSource
from protocol.project.timing import (
    clip_frames,
    cue_frames,
    duration_frames,
    export_frames,
    project_rate,
    transition_frames,
)
from tests.protocol.project.base import BASE, edited

NTSC = Fraction(30_000, 1_001)


def project(raw: dict[str, Any]) -> Project:
    return msgspec.convert(raw, Project)


def clip(start: float | str, duration: float | str) -> Clip:
    return Clip(source=ColorSource(), start=start, duration=duration)


def test_the_rate() -> None:
    assert project_rate(project(edited(("/frameRate", "30000/1001")))) == NTSC


def test_a_clip_ends_where_its_end_snaps_not_where_its_length_does() -> None:
    assert clip_frames(clip(0.03, 0.03), Fraction(25)) == (1, 2)
    assert clip_frames(clip(1, 1), NTSC) == (30, 60)
    assert clip_frames(clip("1001/30000", "1001/30000"), NTSC) == (1, 2)


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=20))
def test_clips_laid_end_to_end_touch(milliseconds: list[int]) -> None:
    at, before = 0, None
    for length in milliseconds:
        frames = clip_frames(clip(at / 1000, f"{length}/1000"), NTSC)
        assert before in (None, frames[0])
        before, at = frames[1], at + length


def test_the_duration_is_that_of_what_is_enabled() -> None:
    assert duration_frames(project(BASE)) == 175
    assert duration_frames(project(edited(("/tracks/0/clips/2/enabled", False)))) == 100
    assert duration_frames(project(edited(("/tracks/0/enabled", False)))) == 50
    assert duration_frames(project(edited(("/tracks", [])))) == 0
    assert duration_frames(project(edited(("/markers/0/time", 99), ("/tracks/2/cues/0/end", 99)))) == 175


@pytest.mark.parametrize(("align", "frames"), [("center", (45, 56)), ("start", (50, 61)), ("end", (39, 50))])
def test_a_transition_lies_around_its_cut(align: Any, frames: tuple[int, int]) -> None:
    transition = Transition(type="fade", duration=0.44, from_="a", to="b", align=align)
    assert transition_frames(transition, Fraction(25), outgoing=(0, 50), incoming=(50, 90)) == frames


def test_free_ends_ignore_the_alignment() -> None:
    head = Transition(type="fade", duration=0.4, to="a", align="end")
    assert transition_frames(head, Fraction(25), outgoing=None, incoming=(50, 90)) == (50, 60)
    tail = Transition(type="fade", duration=0.4, from_="a", align="start")
    assert transition_frames(tail, Fraction(25), outgoing=(50, 90), incoming=None) == (80, 90)
    with pytest.raises(ValueError, match="at least one"):
        transition_frames(tail, Fraction(25), outgoing=None, incoming=None)


@given(st.integers(0, 10_000), st.integers(1, 5_000), st.sampled_from([Fraction(25), NTSC, Fraction(24_000, 1_001)]))
def test_a_cue_is_shown_by_the_frames_that_begin_within(start: int, length: int, rate: Fraction) -> None:
    cue = Cue(start=f"{start}/1000", end=f"{start + length}/1000", text="x")
    first, end = cue_frames(cue, rate)
    for frame in {first - 1, first, end - 1, end}:
        shown = Fraction(start, 1000) <= frame / rate < Fraction(start + length, 1000)
        assert shown == (first <= frame < end)


def test_the_range_of_an_export() -> None:
    assert export_frames(Export(), NTSC, 90) == (0, 90)
    assert export_frames(Export(range=(1, "2")), NTSC, 90) == (30, 60)
