"""The past of a number, against a list of everything that was measured."""

from __future__ import annotations

from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.core.monitoring.rings import STEPS, Point, Ring, Rings, step_for

STARTS = 7_000.0


@given(st.lists(st.tuples(st.floats(0, 3_000), st.floats(-1e6, 1e6)), min_size=1, max_size=40))
def test_each_width_holds_its_slots_and_no_others(steps: list[tuple[float, float]]) -> None:
    rings, tick = Rings(), STARTS
    measured: list[tuple[float, float]] = []
    for pause, value in steps:
        tick += pause
        rings.add(tick, value)
        measured.append((tick, value))
    for step, slots in STEPS.items():
        last = int(tick // step)
        found = list(rings.by_step[step].read(last - slots - 2, last + 2))
        for slot, point in enumerate(found, last - slots - 2):
            there = [value for at, value in measured if int(at // step) == slot]
            if not there or not last - slots < slot <= last:
                assert point is None
            else:
                assert point is not None
                assert (point.least, point.most) == (min(there), max(there))
                assert point.mean == pytest.approx(fmean(there), abs=1e-6)


def test_a_gap_is_a_hole_and_what_comes_late_is_left_out() -> None:
    ring = Ring(5)
    for slot, value in ((10, 1.0), (13, 2.0), (12, 9.0), (13, 4.0)):
        ring.add(slot, value)
    assert list(ring.read(10, 13)) == [Point(1.0, 1.0, 1.0), None, None, Point(3.0, 2.0, 4.0)]


@pytest.mark.parametrize("by", [-2, 0, 3, 40])
def test_numbered_anew_it_holds_the_same(by: int) -> None:
    ring = Ring(5)
    for slot in (3, 4, 6, 7):
        ring.add(slot, float(slot))
    before = list(ring.read(3, 7))
    ring.shift(by)
    assert list(ring.read(3 + by, 7 + by)) == before
    ring.add(8 + by, 8.0)
    assert list(ring.read(4 + by, 8 + by)) == [*before[1:], Point(8.0, 8.0, 8.0)]


def test_what_would_lie_before_the_beginning_of_the_clock_is_let_go() -> None:
    ring = Ring(5)
    ring.add(1, 1.0)
    ring.add(4, 4.0)
    ring.shift(-3)
    assert list(ring.read(-2, 1)) == [None, None, None, Point(4.0, 4.0, 4.0)]
    ring.shift(-9)
    assert list(ring.read(-9, 9)) == [None] * 19


def test_the_finest_step_that_reaches_is_taken() -> None:
    assert [step_for(seconds) for seconds in (1, 600, 601, 7_200, 7_201, 86_400, 1e9)] == [1, 1, 10, 10, 60, 60, 60]
