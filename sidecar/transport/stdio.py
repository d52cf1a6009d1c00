"""Standard input and output as the wire, kept clean of everything else.

`divert` comes first in the process: it takes the pipes away to private descriptors, points 0 at the null device and 1
at standard error, so that a stray print, a C library or a child cannot write into the protocol.
"""

from __future__ import annotations

import io
import os
import stat
import sys
from contextlib import suppress
from dataclasses import dataclass

from sidecar.services.stderr import BoundedStderr

if sys.platform == "win32":
    import msvcrt


@dataclass(frozen=True, slots=True)
class Diverted:
    """Private descriptors of the wire, and the writer that stands for standard error."""

    read_fd: int
    write_fd: int
    stderr: BoundedStderr


class _Unblocking(io.TextIOBase):
    """Standard error for Python's own prints, which never wait for a reader."""

    def __init__(self, stderr: BoundedStderr) -> None:
        super().__init__()
        self._stderr = stderr

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return 2

    def write(self, text: str) -> int:
        self._stderr.write(text.encode("utf-8", "backslashreplace"))
        return len(text)


def divert() -> Diverted:
    """Take standard input and output for the wire. Call it once, before anything else can write.

    A C library that prints to a standard error nobody reads loses its text instead of standing still.
    """
    read_fd = _private(0, os.O_RDONLY)
    write_fd = _private(1, os.O_WRONLY)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    private = _private(2, os.O_WRONLY)
    os.dup2(private, 2)
    os.dup2(private, 1)
    os.close(private)
    stderr = BoundedStderr(2)
    # Whatever the old text streams still hold goes to descriptor 1, which is no longer the wire.
    sys.stdout.flush()
    for name in ("stdout", "stderr"):
        setattr(sys, name, _Unblocking(stderr))
    return Diverted(read_fd, write_fd, stderr)


def _private(fd: int, flags: int) -> int:
    """Return a descriptor of our own for what `fd` is open on.

    Where the system allows it, a new open of the same pipe or terminal: non-blocking mode belongs to the open file,
    and whoever shares ours (a terminal, 2>&1) would be given it too. Sockets cannot be opened again, and files must
    not be (the offset is theirs): those are duplicated.
    """
    if sys.platform == "linux" and (stat.S_ISFIFO(os.fstat(fd).st_mode) or os.isatty(fd)):
        with suppress(OSError):
            return os.open(f"/proc/self/fd/{fd}", flags | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    copy = os.dup(fd)
    if sys.platform == "win32":
        msvcrt.setmode(copy, os.O_BINARY)  # no carriage returns of its own
    return copy
