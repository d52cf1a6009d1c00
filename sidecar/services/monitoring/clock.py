"""The clock of everything that is measured: it never goes back, and goes on while the machine sleeps, where it can."""

from __future__ import annotations

import time

BEFORE = 1e9
"""Seconds by which it is ahead: what was measured before the machine was started has a number too."""


def tick() -> float:
    """Return seconds since some moment long before this process began."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return BEFORE + time.clock_gettime(time.CLOCK_BOOTTIME)
    return BEFORE + time.monotonic()
