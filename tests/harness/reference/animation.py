"""Animated numbers and their easing (docs/project.md §1, rule 5)."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np

from tests.harness.reference.clock import seconds

LIMITS = {
    **dict.fromkeys(("volume", "masterVolume", "contrast", "saturation"), (0.0, 4.0)),
    **dict.fromkeys(("pan", "brightness", "highlights", "shadows", "whites", "blacks"), (-1.0, 1.0)),
    **dict.fromkeys(("temperature", "tint"), (-1.0, 1.0)),
    **dict.fromkeys(("left", "top", "right", "bottom"), (0.0, 0.99)),
    **dict.fromkeys(("x", "y", "anchorX", "anchorY"), (-10.0, 10.0)),
    **dict.fromkeys(("scaleX", "scaleY"), (-50.0, 50.0)),
    "rotation": (-36_000.0, 36_000.0),
    "hue": (-180.0, 180.0),
    "gamma": (0.1, 10.0),
    "opacity": (0.0, 1.0),
}
"""What a member's values are kept in where a curve passes its keys."""

Range = tuple[float, float]
NAMED = {"easeIn": (0.42, 0, 1, 1), "easeOut": (0, 0, 0.58, 1), "easeInOut": (0.42, 0, 0.58, 1)}


def ease(easing: Any, progress: float) -> float:
    """How far the value has come at a progress of 0–1."""
    if progress <= 0 or progress >= 1:
        return float(progress >= 1)
    if easing == "linear":
        return progress
    if easing == "hold":
        return 0.0
    x1, y1, x2, y2 = easing["cubicBezier"] if isinstance(easing, dict) else NAMED[easing]
    # x(u) = 3(1-u)²u·x1 + 3(1-u)u²·x2 + u³, and y alike: solve x(u) = progress, then read y(u).
    roots = np.roots([1 + 3 * x1 - 3 * x2, 3 * x2 - 6 * x1, 3 * x1, -progress])
    real = [root.real for root in roots if abs(root.imag) < 1e-5 and -1e-6 <= root.real <= 1 + 1e-6]
    u = min(real, key=lambda root: abs(bezier(x1, x2, root) - progress))
    return bezier(y1, y2, u)


def bezier(one: float, two: float, u: float) -> float:
    return float(3 * (1 - u) ** 2 * u * one + 3 * (1 - u) * u**2 * two + u**3)


def value_at(animated: Any, time: Fraction, limits: Range) -> float:
    """The value of a constant, or of keyframes at a time in the owner's clock, kept in the member's range."""
    if not isinstance(animated, dict):
        return float(animated)
    keys = [(seconds(key["time"]), key["value"], key.get("easing", "linear")) for key in animated["keyframes"]]
    return min(max(keyed(keys, time), limits[0]), limits[1])


def values_at(owner: dict[str, Any], time: Fraction) -> dict[str, float]:
    """The values of members of a project at a time in their owner's clock."""
    return {name: value_at(value, time, LIMITS[name]) for name, value in owner.items()}


def keyed(keys: list[tuple[Fraction, float, Any]], time: Fraction) -> float:
    """The value at a time of keys (time, value, easing of what follows)."""
    if time <= keys[0][0]:
        return float(keys[0][1])
    for (start, before, easing), (end, after, _) in itertools.pairwise(keys):
        if start <= time < end:
            return float(before + (after - before) * ease(easing, float((time - start) / (end - start))))
    return float(keys[-1][1])
