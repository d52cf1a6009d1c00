"""Pipes between the processes of a render, and between them and the sidecar."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

PIPE_BYTES = 1_048_576
"""As much as the system allows an ordinary user: fewer switches between writer and reader."""


@dataclass(slots=True)
class End:
    """One end of a pipe. Both stay open here until the work is done, so that neither side ever sees a lost peer."""

    fd: int

    def close(self) -> None:
        """Close it, once."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


@contextmanager
def open_pipe() -> Iterator[tuple[End, End]]:
    """Open a pipe and return its ends for reading and for writing; on leaving, what is open of it is closed."""
    read, write = (End(fd) for fd in os.pipe())
    if sys.platform == "linux":
        import fcntl  # noqa: PLC0415 - not on every system

        with suppress(OSError):
            fcntl.fcntl(write.fd, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    try:
        yield read, write
    finally:
        read.close()
        write.close()
