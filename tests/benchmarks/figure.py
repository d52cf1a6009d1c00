"""A figure, and the arithmetic behind it: medians, ratios, and intervals by bootstrap."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

DRAWS = 2_000
"""Bootstrap samples behind an interval."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure.

    `ours` and `peer` are medians in `unit`; `ratio` is the median of the pairs' ratios, null without a peer;
    `interval` is the 95 % interval of the ratio, or of `ours` without a peer. `target` bounds the ratio (or `ours`)
    by `bound`: it is met when the interval reaches into it.
    """

    figure: str
    unit: str
    ours: float
    peer: float | None
    ratio: float | None
    interval: tuple[float, float]
    pairs: int
    target: float
    bound: str
    met: bool
    conditions: str


def paired(
    figure: str, unit: str, ours: Sequence[float], peer: Sequence[float], *, target: float, bound: str, conditions: str
) -> Figure:
    """A figure of interleaved pairs against a peer."""
    ratios = [mine / theirs for mine, theirs in zip(ours, peer, strict=True)]
    interval = bootstrap(ratios)
    return Figure(
        figure,
        unit,
        median(ours),
        median(peer),
        median(ratios),
        interval,
        len(ratios),
        target,
        bound,
        _met(interval, target, bound),
        conditions,
    )


def alone(figure: str, unit: str, ours: Sequence[float], *, target: float, conditions: str) -> Figure:
    """A figure without a peer that must be at most `target`."""
    interval = bootstrap(ours)
    met = _met(interval, target, "at most")
    return Figure(figure, unit, median(ours), None, None, interval, len(ours), target, "at most", met, conditions)


def bootstrap(values: Sequence[float], seed: int = 1) -> tuple[float, float]:
    """Return the 95 % interval of the median, by resampling with a fixed seed."""
    draw = random.Random(seed)
    medians = sorted(median(draw.choices(values, k=len(values))) for _ in range(DRAWS))
    return medians[int(0.025 * DRAWS)], medians[int(0.975 * DRAWS) - 1]


def _met(interval: tuple[float, float], target: float, bound: str) -> bool:
    return interval[0] <= target if bound == "at most" else interval[1] >= target
