"""The wire over non-blocking file descriptors."""

from __future__ import annotations

import sys

import trio

assert sys.platform != "win32"  # noqa: S101 - tells the type checker whose file this is

from trio.lowlevel import FdStream  # noqa: E402

CHUNK = 65_536


class FdWire:
    """A `Wire` for Linux and macOS; descriptors go back to the mode they had when it is closed."""

    def __init__(self, read_fd: int, write_fd: int) -> None:
        self._incoming = FdStream(read_fd)
        self._outgoing = FdStream(write_fd)

    async def receive_some(self) -> bytes:
        """Return some bytes; b"" once the other side has closed."""
        return bytes(await self._incoming.receive_some(CHUNK))

    async def send_all(self, data: bytes) -> None:
        """Write all of it."""
        await self._outgoing.send_all(data)

    async def aclose(self) -> None:
        """Close both descriptors."""
        with trio.CancelScope(shield=True):
            await self._incoming.aclose()
            await self._outgoing.aclose()
