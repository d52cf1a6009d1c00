"""Writing into FIFOs: never stuck, whatever becomes of the reader."""

from __future__ import annotations

import errno
import os
import select
import sys
from collections.abc import Iterable

PIPE_BYTES = 1 << 20
"""Most that a pipe holds, where the system allows it: a writer is woken once a megabyte instead of once in 64 KiB."""

QUICK = 1
SLOW = 4
"""Milliseconds between two looks whether a reader is there: at first, and from then on. FFmpeg opens one after the other."""

QUICK_LOOKS = 300


class Stopped(Exception):
    """What a thread was to do is not wanted any more."""


class Stop:
    """Tells a thread to leave what it does; it can be waited for together with a pipe."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()
        self.told = False

    def tell(self) -> None:
        """Tell it; from any thread, any number of times, not after `close`."""
        if not self.told:
            self.told = True
            os.write(self._writing, b"\0")

    def check(self) -> None:
        """Raise Stopped once told."""
        if self.told:
            raise Stopped

    def fileno(self) -> int:
        """Return what becomes readable once told."""
        return self._reading

    def close(self) -> None:
        """Close the pipe behind it."""
        os.close(self._reading)
        os.close(self._writing)


class Fifo:
    """An open FIFO with a reader at its other end."""

    def __init__(self, descriptor: int, stop: Stop) -> None:
        self._descriptor = descriptor
        self._stop = stop
        self._ready = select.poll()
        self._ready.register(descriptor, select.POLLOUT)
        self._ready.register(stop.fileno(), select.POLLIN)

    def write(self, parts: Iterable[memoryview]) -> bool:
        """Write bytes; False: the reader is gone. Raises Stopped."""
        try:
            for part in parts:
                rest = part
                while rest:
                    self._stop.check()
                    try:
                        rest = rest[os.write(self._descriptor, rest) :]
                    except BlockingIOError:
                        self._ready.poll()
        except BrokenPipeError:
            return False
        return True

    def close(self) -> None:
        """Let the reader see the end."""
        os.close(self._descriptor)


def open_fifo(path: bytes, stop: Stop, picture_bytes: int = PIPE_BYTES) -> Fifo | None:
    """Open a FIFO once somebody reads it; None where it is gone before that. Raises Stopped.

    It holds about a picture of so many bytes, so that nobody decodes far ahead of the reader.
    """
    patience = select.poll()
    patience.register(stop.fileno(), select.POLLIN)
    looks = 0
    while True:
        stop.check()
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
        else:
            widen(descriptor, picture_bytes)
            return Fifo(descriptor, stop)
        patience.poll(QUICK if looks < QUICK_LOOKS else SLOW)
        looks += 1


def widen(descriptor: int, size: int) -> None:
    """Let a pipe hold so many bytes where it holds fewer, `PIPE_BYTES` at most."""
    if sys.platform == "linux":
        import fcntl  # noqa: PLC0415 - there is none on Windows

        wanted = min(size, PIPE_BYTES)
        try:
            if fcntl.fcntl(descriptor, fcntl.F_GETPIPE_SZ) < wanted:
                fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, wanted)
        except OSError:
            # An account has only so much memory for pipes; then they stay as they are.
            return
