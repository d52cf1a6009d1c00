"""What all effects on loudness share."""

from __future__ import annotations


def amplitude(decibels: float) -> float:
    """Return the factor of decibels."""
    return float(10 ** (decibels / 20))


def milliseconds(seconds: float) -> float:
    return seconds * 1_000
