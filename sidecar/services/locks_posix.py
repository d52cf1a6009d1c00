"""The lock of a file descriptor on Linux and macOS."""

from __future__ import annotations

import fcntl


def lock_descriptor(descriptor: int, *, shared: bool = False) -> bool:
    """Lock the open file; False when another open file has the lock. It ends with the last descriptor."""
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def unlock_descriptor(descriptor: int) -> None:
    """Give the lock back, also where a child that is being started has a copy of the descriptor yet."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)
