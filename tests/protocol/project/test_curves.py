"""Timing curves, and values between keys."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.project import CubicBezier, Easing
from protocol.project.animated import Key, Keyframes
from protocol.project.curves import ease, key_times, value_at

NAMED: tuple[Easing, ...] = ("linear", "hold", "easeIn", "easeOut", "easeInOut")


@pytest.mark.parametrize("easing", NAMED)
def test_ends_are_exact(easing: Easing) -> None:
    assert [ease(easing, progress) for progress in (-1, 0, 1, 2)] == [0, 0, 1, 1]


def test_known_values() -> None:
    assert ease("linear", 0.3) == 0.3
    assert ease("hold", 0.999) == 0
    # CSS: the values that browsers compute.
    assert ease("easeIn", 0.5) == pytest.approx(0.31535681, abs=1e-7)
    assert ease("easeOut", 0.5) == pytest.approx(0.68464319, abs=1e-7)
    assert ease("easeInOut", 0.25) == pytest.approx(0.12916193, abs=1e-6)
    assert ease(CubicBezier(cubic_bezier=(0.0, 0.0, 1.0, 1.0)), 0.3) == pytest.approx(0.3)
    assert ease(CubicBezier(cubic_bezier=(0.25, 0.1, 0.25, 1.0)), 0.5) == pytest.approx(0.80240339, abs=1e-6)
    assert ease(CubicBezier(cubic_bezier=(0.5, 2.0, 0.5, -1.0)), 0.5) == pytest.approx(0.5)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_curves_within_the_square_rise(x1: float, x2: float, low: float, high: float) -> None:
    curve = CubicBezier(cubic_bezier=(x1, 0.1, x2, 0.9))
    low, high = sorted((low, high))
    assert ease(curve, low) <= ease(curve, high) + 1e-9


KEYS = Keyframes(
    keyframes=[
        Key(time=1, value=2),
        Key(time=2, value=4, easing="hold"),
        Key(time="7/2", value=0, easing="easeIn"),
        Key(time=4, value=1),
    ]
)


@pytest.mark.parametrize(
    ("time", "value"), [("0", 2), ("1", 2), ("5/4", 2.5), ("2", 4), ("3", 4), ("7/2", 0), ("4", 1), ("9", 1)]
)
def test_values_between_keys(time: str, value: float) -> None:
    assert value_at(KEYS, Fraction(time), key_times(KEYS)) == pytest.approx(value)
    assert value_at(0.5, Fraction(time), key_times(0.5)) == 0.5
