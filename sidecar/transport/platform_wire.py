"""The wire that this platform has."""

from __future__ import annotations

import sys

from sidecar.transport.wire import Wire

if sys.platform == "win32":
    from sidecar.transport.stdio_threads import ThreadWire as PlatformWire
else:
    from sidecar.transport.stdio_posix import FdWire as PlatformWire


def open_wire(read_fd: int, write_fd: int) -> Wire:
    """Return the wire over two private descriptors; call it inside trio."""
    return PlatformWire(read_fd, write_fd)
