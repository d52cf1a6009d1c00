"""The wire over non-blocking file descriptors."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

import trio

assert sys.platform != "win32"  # noqa: S101 - tells the type checker whose file this is

from trio.lowlevel import FdStream  # noqa: E402

CHUNK = 65_536


class FdWire:
    """A `Wire` for Linux and macOS; descriptors go back to the mode they had when it is closed.

    A message costs one wait before it is read and none before it is written: passes of the scheduler are most of a
    round trip. What the pipe takes at once is no checkpoint; the writer waits for messages anyway.
    """

    def __init__(self, read_fd: int, write_fd: int) -> None:
        self._incoming = FdStream(read_fd)
        self._outgoing = FdStream(write_fd)

    async def receive_some(self) -> bytes:
        """Return some bytes; b"" once the other side has closed."""
        try:
            await trio.lowlevel.wait_readable(self._incoming.fileno())
            return os.read(self._incoming.fileno(), CHUNK)
        except OSError:  # somebody else read it, or a regular file, which cannot be waited for: the stream knows
            return bytes(await self._incoming.receive_some(CHUNK))

    async def send_all(self, data: bytes) -> None:
        """Write all of it."""
        with suppress(OSError):  # no room, or nobody there: the stream waits, or knows what it means
            data = data[os.write(self._outgoing.fileno(), data) :]
        if data:
            await self._outgoing.send_all(data)

    async def aclose(self) -> None:
        """Close both descriptors."""
        with trio.CancelScope(shield=True):
            await self._incoming.aclose()
            await self._outgoing.aclose()
