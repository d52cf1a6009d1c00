"""Animated numbers frame by frame (docs/project.md §1, rule 5)."""

from __future__ import annotations

from fractions import Fraction

from protocol.project import Animated, Keyframes
from protocol.project.curves import key_times, value_at


def constant(animated: Animated) -> float | None:
    """Return the value of a number that never changes; None for one that does."""
    if not isinstance(animated, Keyframes):
        return float(animated)
    values = {key.value for key in animated.keyframes}
    return float(values.pop()) if len(values) == 1 else None


def largest(animated: Animated) -> float:
    """Return what the keys reach at most. A cubic Bézier may pass it on its way."""
    return max((key.value for key in animated.keyframes), default=0.0) if isinstance(animated, Keyframes) else animated


def sampled(animated: Animated, first: int, frames: int, rate: Fraction) -> list[float]:
    """Return the values at frames first, first + 1, ... of the owner's clock: frame k is the instant k / rate."""
    steady = constant(animated)
    if steady is not None:
        return [steady] * frames
    times = key_times(animated)
    return [value_at(animated, Fraction(frame) / rate, times) for frame in range(first, first + frames)]
