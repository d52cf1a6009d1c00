"""Counters of the last minute, against a list of everything that was counted."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from sidecar.core.monitoring.histogram import ANSWERS, Histogram
from sidecar.core.monitoring.outcomes import GROUPS, group_of, is_interactive, outcome_of
from sidecar.core.monitoring.trail import SECONDS, CountTrail, Part, SketchTrail
from sidecar.core.sketch import ERROR, Sketch


@given(st.lists(st.lists(st.floats(1e-4, 100), max_size=4), min_size=1, max_size=150))
def test_quantiles_are_those_of_the_last_minute(seconds: list[list[float]]) -> None:
    sketch = Sketch()
    trail = SketchTrail(sketch, 0.0)
    for now, samples in enumerate(seconds, 1):
        for sample in samples:
            sketch.add(sample)
        trail.mark(float(now))
    recent = sorted(sample for samples in seconds[-int(SECONDS) :] for sample in samples)
    found = trail.recent(float(len(seconds)))
    assert (found is None) == (not recent)
    if found is not None:
        assert found.samples == len(recent)
        p95 = recent[max(1, math.ceil(0.95 * len(recent))) - 1]
        assert abs(found.p95 - p95) <= p95 * ERROR * 1.001
        assert abs(found.max - recent[-1]) <= recent[-1] * ERROR * 1.001


def test_what_was_counted_before_it_was_first_looked_at_counts() -> None:
    sketch = Sketch()
    sketch.add(1.0)
    trail = SketchTrail(sketch, 5.0)
    found = trail.recent(5.5)
    assert found is not None
    assert found.samples == 1


def test_ends_fall_out_after_a_minute() -> None:
    trail = CountTrail(0.0)
    trail.mark(1.0, Part(10, 2))
    trail.mark(30.0, Part(15, 2))
    assert trail.recent(59.0, Part(20, 3)) == Part(20, 3)
    assert trail.recent(60.5, Part(20, 3)) == Part(10, 1)
    assert trail.recent(1_000.0, Part(20, 3)) == Part(5, 1)


@given(st.lists(st.floats(0, 100), max_size=50))
def test_a_histogram_counts_what_is_at_most_an_edge(samples: list[float]) -> None:
    histogram = Histogram(ANSWERS)
    for sample in [*samples, 1.0]:
        histogram.add(sample)
    assert histogram.cumulative() == [
        *(sum(sample <= edge for sample in [*samples, 1.0]) for edge in ANSWERS),
        len(samples) + 1,
    ]
    assert histogram.count == len(samples) + 1
    assert math.isclose(histogram.sum, sum([*samples, 1.0]))


def test_what_an_end_counts_as() -> None:
    assert [outcome_of(kind) for kind in (None, "stalled", "busy", "cancelled", "mediaNotFound")] == [
        "ok",
        "fault",
        "error",
        "cancelled",
        "error",
    ]


def test_every_command_has_a_group_and_those_that_people_wait_for_are_known() -> None:
    from protocol.commands import TABLE

    assert {group_of(name) for name in TABLE} <= set(GROUPS)
    assert group_of("preview.frame") == "preview.frame"
    assert group_of("preview.batch") == "preview"
    waited = {name for name in TABLE if is_interactive(name)}
    areas = {name for name, row in TABLE.items() if name.startswith(("project.", "cache.")) and row.load != "jobs"}
    assert waited == {"preview.frame", "media.probe"} | areas
