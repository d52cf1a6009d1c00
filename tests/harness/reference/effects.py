"""Effects with a model that is one line: what they make of straight R′G′B′ (steps 9, 13 and 15)."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from tests.harness.reference.animation import value_at
from tests.harness.reference.clock import seconds
from tests.harness.reference.footage import Floats
from tests.harness.reference.grading import saturated

Json = dict[str, Any]


def _adjusted(rgb: Floats, values: dict[str, float]) -> Floats:
    v = (rgb - 0.5) * values.get("contrast", 1.0) + 0.5 + values.get("brightness", 0.0)
    return saturated(v.clip(0, 1), values.get("saturation", 1.0))


POINT: dict[str, Callable[[Floats, dict[str, float]], Floats]] = {}
"""Effects that look at one pixel alone: type → (straight R′G′B′, parameters) → R′G′B′."""


def applied(layer: Floats, effects: list[Json], time: Fraction) -> Floats:
    """Apply a list to premultiplied R′G′B′A at a time of the owner's clock; each is mixed with its input."""
    for effect in effects:
        end = effect.get("end")
        if not effect.get("enabled", True) or time < seconds(effect.get("start", 0)):
            continue
        if end is not None and time >= seconds(end):
            continue
        values = {name: value_at(value, time) for name, value in effect.get("parameters", {}).items()}
        alpha = layer[..., 3:]
        straight = (layer[..., :3] / np.maximum(alpha, 1e-9)).clip(0, 1)
        made = POINT[effect["type"]](straight, values).clip(0, 1) * alpha
        mix = effect.get("mix", 1.0)
        layer = np.concatenate([layer[..., :3] * (1 - mix) + made * mix, alpha], axis=-1)
    return layer
