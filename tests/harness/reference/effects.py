"""Effects with a model that is one line: what they make of straight R′G′B′ (steps 9, 13 and 15)."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from tests.harness.reference.animation import value_at
from tests.harness.reference.clock import seconds
from tests.harness.reference.footage import Floats
from tests.harness.reference.grading import saturated, turned

Json = dict[str, Any]


def _basic(rgb: Floats, values: dict[str, float]) -> Floats:
    v = (rgb - 0.5) * values.get("contrast", 1.0) + 0.5 + values.get("brightness", 0.0)
    return saturated(v.clip(0, 1), values.get("saturation", 1.0))


def _hue(rgb: Floats, values: dict[str, float]) -> Floats:
    return turned(rgb, values.get("angle", 90.0))


def _pixelate(picture: Floats, values: dict[str, float]) -> Floats:
    """Squares of the mean of what they cover, from the left top corner."""
    side = round(values.get("size", 16.0))
    made = picture.copy()
    for top in range(0, picture.shape[0], side):
        for left in range(0, picture.shape[1], side):
            block = (slice(top, top + side), slice(left, left + side))
            made[block] = picture[block].mean(axis=(0, 1))
    return made


POINT: dict[str, Callable[[Floats, dict[str, float]], Floats]] = {"basic": _basic, "hue": _hue}
"""Effects that look at one pixel alone: type → (straight R′G′B′, parameters) → R′G′B′."""

RANGES: dict[str, dict[str, tuple[float, float]]] = {
    "basic": {"brightness": (-1, 1), "contrast": (0, 4), "saturation": (0, 2)},
    "hue": {"angle": (-180, 180)},
    "pixelate": {"size": (1, 200)},
}

AREA: dict[str, Callable[[Floats, dict[str, float]], Floats]] = {"pixelate": _pixelate}
"""Effects of the whole frame at its own size: type → (premultiplied R′G′B′A, parameters) → the same."""


def applied(layer: Floats, effects: list[Json], time: Fraction) -> Floats:
    """Apply a list to premultiplied R′G′B′A at a time of the owner's clock; each is mixed with its input."""
    for effect in effects:
        end = effect.get("end")
        # What starts at 0 or has no end acts in the handles too.
        start = seconds(effect.get("start", 0))
        if not effect.get("enabled", True) or (start > 0 and time < start):
            continue
        if end is not None and time >= seconds(end):
            continue
        limits = RANGES[effect["type"]]
        values = {name: value_at(value, time, limits[name]) for name, value in effect.get("parameters", {}).items()}
        if effect["type"] in AREA:
            made = AREA[effect["type"]](layer, values)
        else:
            alpha = layer[..., 3:]
            straight = (layer[..., :3] / np.maximum(alpha, 1e-9)).clip(0, 1)
            changed = POINT[effect["type"]](straight, values).clip(0, 1) * alpha
            made = np.concatenate([changed, alpha], axis=-1)
        mix = effect.get("mix", 1.0)
        layer = layer * (1 - mix) + made * mix
    return layer
