"""Alerts on a clock of the test's own: what fires, when, how often, and what ends it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sidecar.core.alerts.engine import AlertState, Change, Reading, step
from sidecar.core.alerts.named import NAMED, SCALES
from sidecar.core.alerts.rule import Rule
from sidecar.core.monitoring.series import SERIES

CPU = Rule("cpu", "system.cpu", above=True, enter=0.9, exit=0.8, for_seconds=10, keep_seconds=30)


def run(
    values: Iterable[float | None], rule: Rule = CPU, state: AlertState | None = None, gaps: Iterable[int] = ()
) -> tuple[AlertState, list[tuple[int, Change]]]:
    """Look once a second; looks whose numbers are in `gaps` come after a time that nobody saw."""
    changes: list[tuple[int, Change]] = []
    state = state or AlertState()
    for number, value in enumerate(values):
        state, change = step(state, rule, Reading(value), 0.0 if number in gaps else 1.0, float(number))
        if change is not None:
            changes.append((number, change))
    return state, changes


def test_it_pends_fires_and_is_resolved_at_its_own_values() -> None:
    state, changes = run([0.5, 0.9, *[0.95] * 10, *[0.81] * 5, *[0.8] * 31])
    assert changes == [(1, "pending"), (11, "firing"), (47, "resolved")]
    assert state == AlertState(value=0.8)


def test_just_below_the_threshold_nothing_happens_and_a_moment_above_fires_nothing() -> None:
    assert run([0.8999] * 100)[1] == []
    assert run([0.95] * 10 + [0.5])[1] == [(0, "pending"), (10, "cancelled")]


def test_flapping_around_the_threshold_is_one_alert() -> None:
    values = [0.95] * 11 + [0.85, 0.95] * 200 + [0.7] * 40
    assert [change for _, change in run(values)[1]] == ["pending", "firing", "resolved"]
    deep = [0.95] * 11 + [0.1, 0.95] * 200 + [0.1] * 40
    assert [change for _, change in run(deep)[1]] == ["pending", "firing", "resolved"]


def test_what_is_unknown_neither_fires_nor_ends_anything() -> None:
    assert run([0.95] * 5 + [None] * 500 + [0.95] * 5)[1] == [(0, "pending")]
    state, changes = run([0.95] * 11 + [0.5] * 10 + [None] * 500)
    assert changes == [(0, "pending"), (10, "firing")]
    assert (state.phase, state.value, state.back) == ("firing", 0.5, 9.0)


def test_a_gap_makes_nothing_due_and_ends_nothing() -> None:
    assert run([0.95] * 15, gaps={5, 6, 7})[1] == [(0, "pending"), (13, "firing")]
    firing, _ = run([0.95] * 11)
    assert run([0.1] * 32, state=firing, gaps={1})[1] == [(31, "resolved")]


def test_few_samples_are_no_value() -> None:
    rule = replace(CPU, min_samples=20, for_seconds=0)
    assert step(AlertState(), rule, Reading(1.0, 19), 1.0, 0.0) == (AlertState(), None)
    assert step(AlertState(), rule, Reading(1.0, 20), 1.0, 0.0)[1] == "firing"


def test_below_is_the_other_way_round() -> None:
    rule = Rule("disk", "system.diskFreeRatio", above=False, enter=0.05, exit=0.07, for_seconds=0, keep_seconds=0)
    assert run([0.06, 0.05, 0.06, 0.0699, 0.07], rule)[1] == [(1, "firing"), (4, "resolved")]


def test_a_way_out_of_nothing_and_one_that_is_the_way_in_can_be_taken() -> None:
    crashes = Rule("crashes", "children.crashes", above=True, enter=3, exit=0, for_seconds=0, keep_seconds=0)
    assert run([3, 1, 0], crashes)[1] == [(0, "firing"), (2, "resolved")]
    same = replace(crashes, exit=3)
    assert run([3, 3, 2], same)[1] == [(0, "firing"), (2, "resolved")]


def test_a_rule_that_is_disabled_ends_what_it_began() -> None:
    off = replace(CPU, enabled=False)
    assert run([0.95], off, run([0.95] * 11)[0])[1] == [(0, "resolved")]
    assert run([0.95], off, run([0.95] * 3)[0])[1] == [(0, "cancelled")]
    assert run([0.95] * 50, off)[1] == []


@given(st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=120), st.integers(0, 20), st.integers(0, 20))
def test_never_before_its_time_and_always_in_turn(values: list[float | None], wait: int, keep: int) -> None:
    rule = replace(CPU, for_seconds=wait, keep_seconds=keep)
    _, changes = run(values, rule)
    allowed: dict[str, set[str]] = {
        "inactive": {"pending", "firing"},
        "pending": {"firing", "cancelled"},
        "firing": {"resolved"},
    }
    last: str = "inactive"
    for number, change in changes:
        assert change in allowed[last]
        if change == "firing":
            known = [value for value in values[: number + 1] if value is not None]
            assert all(value >= 0.9 for value in known[-wait - 1 :])
            assert len(known) >= wait + 1
        last = "inactive" if change in {"resolved", "cancelled"} else change


def test_every_threshold_is_of_a_metric_and_its_way_out_on_the_good_side() -> None:
    for named in NAMED.values():
        assert named.metric in SERIES
        rule = named.rule(named.limits)
        assert (rule.exit < rule.enter) == named.above
        assert not rule.entered(rule.exit)
    asked = ("cpu", "memory", "gpuMemory", "errorRate", "responseTime")
    found = [(NAMED[name].limits.enter, NAMED[name].unit) for name in asked]
    assert found == [(90, "percent"), (85, "percent"), (95, "percent"), (5, "percent"), (1_000, "ms")]
    assert NAMED["responseTime"].rule(NAMED["responseTime"].limits).enter == 1_000 * SCALES["ms"]
