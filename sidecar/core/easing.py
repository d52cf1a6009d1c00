"""Timing curves (PROJECT.md §1, rule 5): progress in 0–1 to eased progress, as CSS defines them."""

from __future__ import annotations

from protocol.project import CubicBezier, Easing

CURVES: dict[str, tuple[float, float, float, float]] = {
    "easeIn": (0.42, 0.0, 1.0, 1.0),
    "easeOut": (0.0, 0.0, 0.58, 1.0),
    "easeInOut": (0.42, 0.0, 0.58, 1.0),
}
_STEPS = 64


def ease(easing: Easing, progress: float) -> float:
    """Ease a progress, clamped to 0–1. `hold` stays at 0 until the end. Values may pass 0–1 for cubic Béziers."""
    if progress <= 0:
        return 0.0
    if progress >= 1:
        return 1.0
    if isinstance(easing, CubicBezier):
        return bezier(easing.cubic_bezier, progress)
    if easing == "linear":
        return progress
    if easing == "hold":
        return 0.0
    return bezier(CURVES[easing], progress)


def bezier(points: tuple[float, float, float, float], progress: float) -> float:
    """Value at `progress` (0–1) of the curve through (0, 0), (x1, y1), (x2, y2), (1, 1); x never falls.

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
