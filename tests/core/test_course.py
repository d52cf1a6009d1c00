"""Courses: which frame of the project each frame of a play shows."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.time import sample_at_frame
from sidecar.core.course import MOST_RATE, Course, play_rate

RATES = [Fraction(24), Fraction(25), Fraction(30_000, 1001), Fraction(60), Fraction(120), Fraction(240)]


def course(start: int, first: int, end: int, speed: str = "1", *, loops: bool = False, rate: str = "25") -> Course:
    exact = Fraction(rate)
    return Course(start, first, end, exact, play_rate(exact), Fraction(speed), loops)


def shown(played: Course, count: int) -> list[int]:
    length = count if played.length is None else min(count, played.length)
    return [played.frame(played.gone(number)) for number in range(length)]


@pytest.mark.parametrize(
    ("played", "frames"),
    [
        (course(3, 0, 6), [3, 4, 5]),
        (course(3, 0, 6, "-1"), [3, 2, 1, 0]),
        (course(3, 2, 6, "-1"), [3, 2]),
        (course(0, 0, 5, "2"), [0, 2, 4]),
        (course(4, 0, 5, "-2"), [4, 2, 0]),
        (course(0, 0, 3, "0.5"), [0, 0, 1, 1, 2, 2]),
        (course(4, 3, 6, loops=True), [4, 5, 3, 4, 5, 3, 4]),
        (course(4, 3, 6, "-1", loops=True), [4, 3, 5, 4, 3, 5, 4]),
        (course(5, 3, 6, "2", loops=True), [5, 4, 3, 5, 4, 3, 5]),
        (course(0, 0, 8, rate="120"), [0, 2, 4, 6]),
    ],
)
def test_the_frames_that_are_shown(played: Course, frames: list[int]) -> None:
    assert shown(played, 7) == frames


@st.composite
def courses(draw: st.DrawFn) -> Course:
    rate, first, length = draw(st.sampled_from(RATES)), draw(st.integers(0, 50)), draw(st.integers(1, 60))
    start = first + draw(st.integers(0, length - 1))
    speed = draw(st.fractions(Fraction(1, 20), 4, max_denominator=40)) * draw(st.sampled_from((1, -1)))
    return Course(start, first, first + length, rate, play_rate(rate), speed, draw(st.booleans()))


@given(courses())
def test_a_course_shows_what_was_on_screen_at_that_instant(played: Course) -> None:
    assert played.pace <= MOST_RATE
    for number, frame in enumerate(shown(played, 200)):
        # How far on the way it is by the clock; a whole number of laps makes no difference.
        gone = floor(number / played.pace * played.rate * abs(played.speed))
        newest = played.start + (gone if played.forward else -gone)
        assert played.first <= frame < played.end
        assert (frame - newest) % (played.end - played.first) == 0
        assert played.loops or frame == newest


@given(st.sampled_from(RATES), st.integers(1, 40), st.integers(0, 39), st.booleans(), st.booleans())
def test_laps_are_the_whole_way(rate: Fraction, length: int, start: int, backwards: bool, loops: bool) -> None:  # noqa: FBT001
    start %= length
    played = Course(start, 0, length, rate, play_rate(rate), Fraction(-1 if backwards else 1), loops)
    way: list[int] = []
    while len(way) < 3 * length and (played.way is None or len(way) < played.way):
        lap = list(range(*played.lap(len(way))))
        way += lap[::-1] if backwards else lap
    assert way == [played.frame(gone) for gone in range(len(way))]
    assert loops or len(way) == played.way


def test_samples_go_with_frames() -> None:
    played = course(0, 0, 300, rate="30000/1001")
    for number in (0, 1, 2, 100, 299):
        assert abs(played.sample(number, 48_000) - sample_at_frame(number, played.rate, 48_000)) <= 1
    fast = course(0, 0, 300, "2", rate="25")
    assert fast.sample(25, 48_000) == 2 * 48_000
