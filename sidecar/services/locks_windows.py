"""The lock of a file descriptor on Windows: expected to work, not proved here."""

from __future__ import annotations

import sys

if sys.platform == "win32":
    import msvcrt

    def lock_descriptor(descriptor: int, *, shared: bool = False) -> bool:  # noqa: ARG001 - there is no shared form
        """Lock the first byte exclusively; False when another handle has it."""
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def unlock_descriptor(descriptor: int) -> None:
        """Leave the lock to the close that follows: no child gets a copy of the handle."""
