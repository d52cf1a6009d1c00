"""One scale of quality, 0–100, on the scales of many encoders."""

from __future__ import annotations

from itertools import pairwise

Anchors = tuple[tuple[int, float], ...]
"""An encoder's own value at some qualities, from 0 to 100; straight lines between."""


def on_scale(anchors: Anchors, quality: int) -> float:
    """Return the encoder's own value of a quality."""
    for (low, at_low), (high, at_high) in pairwise(anchors):
        if quality <= high:
            return at_low + (at_high - at_low) * (quality - low) / (high - low)
    return anchors[-1][1]


def decimal(value: float) -> str:
    """Write a value for an encoder, with at most three decimals."""
    return f"{value:.3f}".rstrip("0").rstrip(".")
