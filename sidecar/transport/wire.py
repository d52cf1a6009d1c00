"""What a connection over two byte streams needs of the platform."""

from __future__ import annotations

from typing import Protocol


class Wire(Protocol):
    """Both directions of standard input and output, asynchronous.

    Used by one reading task and one writing task. Cancelling either may lose what was on its way: afterwards that
    direction can only be closed.
    """

    async def receive_some(self) -> bytes:
        """Return some bytes, at most 64 KiB; b"" once the other side has closed."""
        ...

    async def send_all(self, data: bytes) -> None:
        """Write all of it. Raises trio.BrokenResourceError when nobody reads any more."""
        ...

    async def aclose(self) -> None:
        """Let both descriptors go."""
        ...
