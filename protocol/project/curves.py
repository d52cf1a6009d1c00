"""Timing curves of CSS, and values of animated numbers between their keys (docs/project.md §1, rule 5)."""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction

from protocol.project.animated import Animated, CubicBezier, Easing, Keyframes
from protocol.time import parse_seconds

CURVES: dict[str, tuple[float, float, float, float]] = {
    "easeIn": (0.42, 0.0, 1.0, 1.0),
    "easeOut": (0.0, 0.0, 0.58, 1.0),
    "easeInOut": (0.42, 0.0, 0.58, 1.0),
}
_STEPS = 64


def ease(easing: Easing, progress: float) -> float:
    """Ease a progress in 0–1. `hold` stays at 0 until the end; a cubic Bézier may pass 0–1 on the way."""
    if progress <= 0:
        return 0.0
    if progress >= 1:
        return 1.0
    if isinstance(easing, CubicBezier):
        return _bezier(easing.cubic_bezier, progress)
    if easing in CURVES:
        return _bezier(CURVES[easing], progress)
    return progress if easing == "linear" else 0.0


def key_times(animated: Animated) -> list[Fraction]:
    """Return the times of the keys, in seconds of the owner's clock; none for a constant."""
    return [parse_seconds(key.time) for key in animated.keyframes] if isinstance(animated, Keyframes) else []


def value_at(animated: Animated, time: Fraction, times: list[Fraction]) -> float:
    """Return the value at a time, given the `key_times`, which must rise."""
    if not isinstance(animated, Keyframes):
        return animated
    keys = animated.keyframes
    after = bisect_right(times, time)
    if after == 0:
        return keys[0].value
    if after == len(keys):
        return keys[-1].value
    before = after - 1
    progress = ease(keys[before].easing, float((time - times[before]) / (times[after] - times[before])))
    return keys[before].value + (keys[after].value - keys[before].value) * progress


def _bezier(points: tuple[float, float, float, float], progress: float) -> float:
    """Value at x = `progress` of the curve through (0, 0), (x1, y1), (x2, y2), (1, 1); x never falls.

    Halving 64 times reaches the last bit of a double and, unlike Newton's method, needs no case for flat pieces.
    """
    x1, y1, x2, y2 = points
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if _polynomial(x1, x2, middle) < progress:
            low = middle
        else:
            high = middle
    return _polynomial(y1, y2, (low + high) / 2)


def _polynomial(a: float, b: float, u: float) -> float:
    v = 1 - u
    return 3 * v * v * u * a + 3 * v * u * u * b + u * u * u
