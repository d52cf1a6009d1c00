"""How long a render still takes, by what is told of it: on drawn timelines, and on real ones that were written down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import log
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sidecar.services.render.forecast import Forecast
from sidecar.services.render.pace import SHORTEST, Pace
from sidecar.services.render.progress import END_BYTE_SECONDS, END_FRAME_SECONDS, END_SECONDS
from tests.services.render.pool import simulate
from tests.services.render.tracing import NEAR_SECONDS, Trace, outside, play

EASY, HARD = 0.5, 3.0
"""Seconds of a cell of 100 frames: a flat and a busy picture, six times apart."""

TIMELINES = ("even", "easy, then hard", "hard, then easy", "half cached", "hard in the midst", "hard at the end")

TRACES = Path(__file__).parent / "traces"
"""Renders that `test_eta_real.py` has written down."""


def timeline(kind: str, count: int, easy: float = EASY, hard: float = HARD) -> list[float | None]:
    """Return what cells cost, ± a tenth; None: it is cached."""
    random = Random(count)
    spans = {
        "easy, then hard": (0.5, 1.0),
        "hard, then easy": (0.0, 0.5),
        "hard in the midst": (0.45, 0.55),
        "hard at the end": (0.8, 1.0),
    }
    low, high = spans.get(kind, (0.0, 0.0))
    costs = [random.uniform(0.9, 1.1) * (hard if low <= at / count < high else easy) for at in range(count)]
    return [None if kind == "half cached" and at < count // 2 else cost for at, cost in enumerate(costs)]


def bitrates(costs: Sequence[float | None], power: float) -> list[float]:
    """Return how busy sources would be by their bitrates, if costs followed them by this power, and not quite."""
    random = Random(7)
    logs = [log(cost or EASY) / power + random.uniform(-0.3, 0.3) for cost in costs]
    middle = sum(logs) / len(logs)
    return [max(-3.0, min(3.0, each - middle)) for each in logs]


def told(
    costs: Sequence[float | None],
    kinds: Sequence[bool] = (),
    *,
    workers: int = 2,
    busyness: Sequence[float] = (),
    share: Callable[[float], float] = lambda _: 1.0,
    tick: float = 0.1,
) -> tuple[list[tuple[float, float | None]], float]:
    """Go through a timeline; return what is told, by the clock, and when it ends."""
    shown = list(simulate(costs, kinds, workers=workers, busyness=busyness, share=share, tick=tick))
    assert [each.fraction for _, each in shown] == sorted(each.fraction for _, each in shown)
    last, progress = shown[-1]
    closing = END_SECONDS + END_FRAME_SECONDS * progress.frames + END_BYTE_SECONDS * progress.bytes
    end = last + closing / share(last)
    return [(now, each.eta) for now, each in shown], end


def wrong(costs: Sequence[float | None], kinds: Sequence[bool] = (), **members: Any) -> float:
    """Return the share of estimates that are wrong; of what takes less than a minute, by so much less than 3 s."""
    estimates, end = told(costs, kinds, **members)
    return outside(estimates, end, NEAR_SECONDS * min(1.0, end / 60))


@pytest.mark.parametrize("kind", TIMELINES)
@pytest.mark.parametrize(("count", "workers"), [(80, 1), (80, 2), (150, 8)])
def test_nine_of_ten_estimates_are_right(kind: str, workers: int, count: int) -> None:
    costs = timeline(kind, count)
    clips = [cost is not None and cost > (EASY + HARD) / 2 for cost in costs]
    assert wrong(costs, clips, workers=workers) <= 0.1


@pytest.mark.parametrize("kind", TIMELINES)
@pytest.mark.parametrize("busy", [0.3, 0.05])
def test_a_machine_that_is_as_busy_all_the_time_is_only_slower(kind: str, busy: float) -> None:
    costs = timeline(kind, 40)
    clips = [cost is not None and cost > (EASY + HARD) / 2 for cost in costs]
    # As many looks as where nothing else runs: ten times the work would tell no more.
    assert wrong(costs, clips, share=lambda _: busy, tick=0.1 / busy) <= 0.1


@pytest.mark.parametrize("kind", TIMELINES)
@pytest.mark.parametrize(
    ("power", "count", "easy", "hard"),
    [(0.25, 16, 3.0, 9.0), (0.25, 40, 1.5, 6.0), (1.0, 40, 1.5, 6.0), (0.5, 150, EASY, HARD)],
)
def test_one_clip_that_becomes_hard_is_foreseen_by_its_bitrate(
    kind: str, power: float, count: int, easy: float, hard: float
) -> None:
    costs = timeline(kind, count, easy, hard)
    assert wrong(costs, busyness=bitrates(costs, power)) <= 0.1


@pytest.mark.parametrize("kind", TIMELINES)
def test_bitrates_that_tell_nothing_do_no_harm(kind: str) -> None:
    random = Random(3)
    costs = timeline(kind, 150)
    clips = [cost is not None and cost > (EASY + HARD) / 2 for cost in costs]
    assert wrong(costs, clips, busyness=[random.uniform(-1, 1) for _ in costs]) <= 0.1


def test_what_else_the_machine_does_is_followed_and_nothing_swings() -> None:
    costs = timeline("even", 150)
    estimates, end = told(costs, share=lambda now: 1.0 if now < 15 else 0.5)
    later = [(now, eta) for now, eta in estimates if now > 15 + 0.4 * (end - 15)]
    assert outside(later, end) == 0.0
    jumps = [
        (after - before) + (late - early)
        for (early, before), (late, after) in pairwise(estimates)
        if before is not None and after is not None and early > end / 4
    ]
    assert max(map(abs, jumps)) < 0.05 * end


def test_ups_and_downs_of_the_machine_are_not_taken_for_its_course() -> None:
    share = lambda now: 0.9 if int(now) % 6 < 3 else 0.3  # noqa: E731 - a function of time, said in a line
    assert wrong(timeline("even", 150), share=share) <= 0.1


@pytest.mark.parametrize("name", ["even", "easy-then-hard", "one-clip-that-turns", "half-cached"])
@pytest.mark.parametrize("busy", [1.0, 0.2])
def test_renders_that_were_written_down(name: str, busy: float) -> None:
    random = Random(1)
    uneven = [busy * random.uniform(0.75, 1.0) for _ in range(1_000)]
    shown = list(play(Trace.read(TRACES / f"{name}.json.gz"), lambda now: uneven[int(now)], tick=0.1 / busy**0.5))
    fractions = [each.fraction for _, each in shown]
    assert fractions == sorted(fractions)
    assert outside([(now, each.eta) for now, each in shown], shown[-1][0]) <= 0.1


def test_steepness_is_learnt_of_cells_of_one_kind() -> None:
    busy = [log(each) for each in (0.5, 2.0, 0.5, 2.0)]
    forecast = Forecast([1.0] * 4, ["a", "a", "b", "b"], steepness=0.3)
    forecast.foresee(busy)
    forecast.learn(0, 1.0)
    assert forecast.of(1) == pytest.approx(4.0**0.3)
    forecast.learn(1, 4.0)
    assert forecast.of(1) == pytest.approx(4.0, rel=0.1)
    forecast.learn(2, 10.0)
    grown = forecast.of(3)
    assert grown is not None
    assert 10 * 4**0.3 < grown < 40.0


def paced(pace: Pace, work: float) -> float:
    """Let a process do so much a tenth of a second for as long as is remembered at least; return the pace then."""
    for _ in range(int(SHORTEST * 10)):
        pace.note(0.1, work, 1)
    return pace.value or 0.0


def test_a_pace_forgets() -> None:
    pace = Pace()
    assert pace.value is None
    assert paced(pace, 0.1) == pytest.approx(1.0)
    for _ in range(10):
        paced(pace, 0.1)
    assert 0.55 < paced(pace, 0.05) < 0.75
    pace.look_back(1_000.0)
    assert 0.65 < paced(pace, 0.1) < 0.9
