"""The clock of everything that is measured: it never goes back, and goes on while the machine sleeps, where it can."""

from __future__ import annotations

import time


def tick() -> float:
    """Return seconds since some moment before this process began."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()
