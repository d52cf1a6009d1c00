"""Generated sources: what they show, in fractions of the frame (docs/project.md §2)."""

from __future__ import annotations

from math import cos, radians, sin
from typing import Any

import numpy as np

from tests.harness.reference.footage import Floats


def rgba(color: str) -> Floats:
    """Straight R′G′B′A of #RRGGBB or #RRGGBBAA."""
    digits = color[1:] if len(color) == 9 else color[1:] + "FF"
    return np.array([int(digits[place : place + 2], 16) / 255 for place in range(0, 8, 2)])


def ramp(colors: list[str], place: Floats) -> Floats:
    """Colours at even distances over 0–1, mixed straight."""
    stops = np.linspace(0, 1, len(colors))
    table = np.array([rgba(color) for color in colors])
    return np.stack([np.interp(place, stops, table[:, channel]) for channel in range(4)], axis=-1)


def generated(source: dict[str, Any], x: Floats, y: Floats, size: tuple[int, int]) -> Floats | None:
    """Straight R′G′B′A at places of a frame of this size (x and y are fractions); None where there is no model."""
    if source["kind"] == "color":
        return np.broadcast_to(rgba(source.get("color", "#000000")), (*x.shape, 4)).copy()
    if source["kind"] == "gradient":
        return _gradient(source, x, y, size)
    return None


def _gradient(source: dict[str, Any], x: Floats, y: Floats, size: tuple[int, int]) -> Floats:
    colors = source.get("colors", ["#000000", "#FFFFFF"])
    width, height = size
    right, down = (x - 0.5) * width, (y - 0.5) * height
    if source.get("shape", "linear") == "radial":
        return ramp(colors, np.hypot(right, down) / (np.hypot(width, height) / 2))
    angle = radians(source.get("angle", 0.0))
    across, along = cos(angle), sin(angle)
    reach = abs(width * across) + abs(height * along)
    return ramp(colors, (right * across + down * along) / reach + 0.5)
