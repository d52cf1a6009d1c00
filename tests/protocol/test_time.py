"""Exact time: docs/project.md §1, rule 3."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.time import (
    edit_frame,
    format_exact,
    format_rate,
    instant_frame,
    parse_rate,
    parse_seconds,
    sample_at_frame,
)

NTSC = Fraction(30_000, 1_001)
RATES = [Fraction(24_000, 1_001), Fraction(24), Fraction(25), NTSC, Fraction(30), Fraction(50), Fraction(60_000, 1_001)]


@pytest.mark.parametrize(
    ("value", "exact"),
    [
        (0, Fraction(0)),
        (-0.0, Fraction(0)),
        (0.1, Fraction(1, 10)),
        (2.4, Fraction(12, 5)),
        (1e-07, Fraction(1, 10**7)),
        (1e9, Fraction(10**9)),
        ("1001/30000", Fraction(1_001, 30_000)),
        ("-3/6", Fraction(-1, 2)),
        ("7", Fraction(7)),
    ],
)
def test_a_number_stands_for_the_decimal_it_prints(value: float | str, exact: Fraction) -> None:
    assert parse_seconds(value) == exact


@pytest.mark.parametrize(
    "value",
    [
        "",
        "a",
        "1/0",
        "1.5",
        "1/-2",
        "+1",
        " 1",
        "1/2/3",
        "1" * 25,
        "٣",
        float("nan"),
        float("inf"),
        1e10,
        10**400,
        "10000000000",
    ],
)
def test_what_is_no_time_raises_value_error(value: float | str) -> None:
    with pytest.raises(ValueError):
        parse_seconds(value)


@given(st.floats(-1e9, 1e9))
def test_reading_equals_the_reference_formula(value: float) -> None:
    assert parse_seconds(value) == Fraction(repr(value))


@pytest.mark.parametrize(
    ("text", "rate"),
    [("25", Fraction(25)), ("30000/1001", NTSC), ("1", Fraction(1)), ("240", Fraction(240)), ("50/2", Fraction(25))],
)
def test_rates(text: str, rate: Fraction) -> None:
    assert parse_rate(text) == rate
    assert parse_rate(format_rate(rate)) == rate


@pytest.mark.parametrize(
    "text", ["", "0", "241", "1/2", "-25", "25/0", "25.0", "2147483648/2147483647", "60000000000/2000000000", "x"]
)
def test_what_is_no_rate_raises_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        parse_rate(text)


def test_edit_points_snap_to_the_nearest_frame_halves_upward() -> None:
    assert [edit_frame(Fraction(n, 100), Fraction(25)) for n in (0, 1, 2, 3, 4, 5, 6)] == [0, 0, 1, 1, 1, 1, 2]
    assert edit_frame(Fraction(-1, 50), Fraction(25)) == 0


def test_instants_show_the_frame_that_began() -> None:
    assert instant_frame(Fraction(39, 1000), Fraction(25)) == 0
    assert instant_frame(Fraction(4, 100), Fraction(25)) == 1
    # what a client prints for frame 1 at 29.97 lies before it, by less than a thousandth of a frame
    assert instant_frame(parse_seconds(0.033366), NTSC) == 1
    assert instant_frame(parse_seconds(0.0333), NTSC) == 0


@pytest.mark.parametrize("rate", RATES)
@given(frame=st.integers(0, 24 * 3600 * 60))
def test_a_frame_is_found_again_by_its_time(rate: Fraction, frame: int) -> None:
    time = frame / rate
    assert edit_frame(time, rate) == frame
    assert instant_frame(time, rate) == frame
    # what JavaScript sends for it
    assert instant_frame(parse_seconds(float(time)), rate) == frame
    assert edit_frame(parse_seconds(float(time)), rate) == frame


def test_an_hour_of_ntsc_does_not_drift() -> None:
    frames = 107_892
    assert edit_frame(Fraction(3_600), NTSC) == frames
    assert sum(edit_frame(Fraction(n + 1), NTSC) - edit_frame(Fraction(n), NTSC) for n in range(3_600)) == frames


def test_exact_times_are_always_written_as_ratios() -> None:
    assert [format_exact(Fraction(n, 4)) for n in (0, 1, 2, 4)] == ["0/1", "1/4", "1/2", "1/1"]
    assert [format_rate(rate) for rate in (Fraction(25), NTSC)] == ["25", "30000/1001"]


def test_samples_at_frame_edges() -> None:
    assert [sample_at_frame(n, NTSC, 48_000) for n in (0, 1, 2, 5)] == [0, 1_602, 3_203, 8_008]
    assert sample_at_frame(1, Fraction(25), 44_100) == 1_764
