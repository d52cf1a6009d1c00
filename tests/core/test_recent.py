"""Counts of the last minute and hour, against a list of everything that happened."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from sidecar.core.recent import Counts, Recent
from sidecar.core.sketch import ERROR, Sketch


@given(st.lists(st.tuples(st.floats(0, 400), st.integers(1, 5)), max_size=60))
def test_windows_hold_what_happened_in_them(steps: list[tuple[float, int]]) -> None:
    now = 1_000_000.0
    recent = Recent(lambda: now)
    happened: list[tuple[float, int]] = []
    for pause, count in steps:
        now += pause
        recent.add(count)
        happened.append((now, count))
        counts = recent.counts()
        assert counts.total == sum(each for _, each in happened)
        # A window falls out by the second, and by the minute: never earlier than one of them too soon.
        for width, found in ((1.0, counts.minute), (60.0, counts.hour)):
            least = sum(each for at, each in happened if at > now - 59 * width)
            most = sum(each for at, each in happened if at > now - 60 * width)
            assert least <= found <= most


def test_nothing_is_left_after_the_windows() -> None:
    now = 0.0
    recent = Recent(lambda: now)
    assert recent.counts() == Counts()
    recent.add()
    assert recent.counts() == Counts(1, 1, 1)
    now = 61.0
    assert recent.counts() == Counts(0, 1, 1)
    now = 3_700.0
    assert recent.counts() == Counts(0, 0, 1)


@given(st.lists(st.floats(1e-7, 9e4), min_size=1, max_size=300))
def test_quantiles_are_within_their_error(samples: list[float]) -> None:
    sketch = Sketch()
    for sample in samples:
        sketch.add(sample)
    spread = sketch.spread()
    assert spread is not None
    ordered = sorted(samples)
    assert (spread.max, spread.samples) == (ordered[-1], len(ordered))
    for share, found in ((0.5, spread.p50), (0.95, spread.p95), (0.99, spread.p99)):
        exact = ordered[max(1, math.ceil(share * len(ordered))) - 1]
        assert abs(found - exact) <= exact * ERROR * 1.001


def test_a_sketch_of_nothing_says_nothing_and_extremes_are_bounded() -> None:
    sketch = Sketch()
    assert sketch.spread() is None
    sketch.add(0.0)
    sketch.add(1e9)
    spread = sketch.spread()
    assert spread is not None
    assert spread.max == 1e9
    assert spread.p50 <= 1.03e-7
