"""The wire over blocking file descriptors, for Windows, whose pipes cannot be waited for.

The threads read and write the descriptors themselves: a thread that sits in `sys.stdin.buffer` aborts the interpreter
at exit.
"""

from __future__ import annotations

import os
from contextlib import suppress

import trio

CHUNK = 65_536


class ThreadWire:
    """A `Wire` that costs a thread a direction. A read that was cancelled is left to its thread."""

    def __init__(self, read_fd: int, write_fd: int) -> None:
        self._read_fd = read_fd
        self._write_fd = write_fd
        self._limiter = trio.CapacityLimiter(2)

    async def receive_some(self) -> bytes:
        """Return some bytes; b"" once the other side has closed."""
        return await trio.to_thread.run_sync(self._read, abandon_on_cancel=True, limiter=self._limiter)

    async def send_all(self, data: bytes) -> None:
        """Write all of it."""
        await trio.to_thread.run_sync(self._write, data, abandon_on_cancel=True, limiter=self._limiter)

    async def aclose(self) -> None:
        """Close both descriptors."""
        for fd in (self._read_fd, self._write_fd):
            with suppress(OSError):
                os.close(fd)
        await trio.lowlevel.checkpoint()

    def _read(self) -> bytes:
        try:
            return os.read(self._read_fd, CHUNK)
        except OSError:
            return b""  # Windows reports the end of a pipe as an error

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._write_fd, view) :]
        except OSError as error:
            raise trio.BrokenResourceError(str(error)) from error
