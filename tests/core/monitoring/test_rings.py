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


@pytest.mark.parametrize("newest", [7, 8, 10, 1_000_003])
def test_put_away_and_taken_in_again_at_another_place_it_holds_the_same(newest: int) -> None:
    ring, other = Ring(5), Ring(5)
    for slot in (3, 4, 6, 7):
        ring.add(slot, float(slot))
    other.restore(newest, ring.in_order())
    assert list(other.read(newest - 5, newest + 1)) == [None, *ring.read(3, 7), None]
    other.add(newest + 1, 8.0)
    assert list(other.read(newest - 4, newest + 1)) == [None, *ring.read(4, 7), Point(8.0, 8.0, 8.0)]


def test_columns_of_another_size_are_refused() -> None:
    means, least, most = Ring(5).in_order()
    for columns in ((means, least, most[:-8]), (means[:-3], least, most)):
        with pytest.raises(ValueError):
            Ring(5).restore(9, columns)


def test_the_finest_step_that_reaches_is_taken() -> None:
    assert [step_for(seconds) for seconds in (1, 600, 601, 7_200, 7_201, 86_400, 1e9)] == [1, 1, 10, 10, 60, 60, 60]
