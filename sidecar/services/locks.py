"""Locks between processes that end with their holder, however it ends."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

if sys.platform == "win32":
    from sidecar.services.locks_windows import lock_descriptor, unlock_descriptor
else:
    from sidecar.services.locks_posix import lock_descriptor, unlock_descriptor


@dataclass(frozen=True, slots=True)
class FileLock:
    """A held lock. The system releases it when the process dies; `release` does before."""

    path: Path
    descriptor: int

    def release(self, *, remove: bool = False) -> None:
        """Give the lock back; with `remove` its file goes first, while nobody else can hold it."""
        if remove:
            with suppress(OSError):
                self.path.unlink()
        unlock_descriptor(self.descriptor)
        os.close(self.descriptor)


def try_lock(path: Path, *, shared: bool = False, mode: int = 0o600) -> FileLock | None:
    """Take the lock of a file, made if missing, or return None at once when another process or handle has it.

    `shared` locks hold beside each other where the system has such (not on Windows). A file that is made has the rights
    `mode`, less the umask. Raises OSError when it cannot be made.
    """
    while True:
        # Not inheritable: a child that outlived us would otherwise keep the lock.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), mode)
        if not lock_descriptor(descriptor, shared=shared):
            os.close(descriptor)
            return None
        if _is_still(descriptor, path):
            return FileLock(path, descriptor)
        # Its last holder removed the file between our open and our lock: what we hold is nobody's any more.
        os.close(descriptor)


def _is_still(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
