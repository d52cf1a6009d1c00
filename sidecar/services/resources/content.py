"""What a URL stands for, opened: bytes in memory, or a file that is read as it is sent."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import trio

Lifetime = Literal["immutable", "session"]

READERS = 8
"""Threads that read files for all downloads: a slow disk must not take the threads of other work."""


class Source:
    """Where bytes come from. `close` lets it go; closing twice does nothing."""

    async def read(self, start: int, count: int) -> bytes:
        """Return up to `count` bytes from `start`; fewer only at the end. Raises OSError when they cannot be read."""
        raise NotImplementedError

    def close(self) -> None:
        """Let it go."""


class InMemory(Source):
    """Bytes at hand."""

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)

    async def read(self, start: int, count: int) -> bytes:
        """Return a copy of a part."""
        return bytes(self._data[start : start + count])


class OnDisk(Source):
    """A file, read in a thread; `release` is called once it is closed."""

    def __init__(
        self, descriptor: int, limiter: trio.CapacityLimiter, release: Callable[[], None] | None = None
    ) -> None:
        self._file = os.fdopen(descriptor, "rb", buffering=0)
        self._limiter = limiter
        self._release = release

    async def read(self, start: int, count: int) -> bytes:
        """Read a part. One reader at a time: the place in the file is its own."""
        return await trio.to_thread.run_sync(self._read, start, count, limiter=self._limiter)

    def close(self) -> None:
        """Close the file."""
        release, self._release = self._release, None
        self._file.close()
        if release is not None:
            release()

    def _read(self, start: int, count: int) -> bytes:
        self._file.seek(start)
        parts: list[bytes] = []
        while count > 0 and (part := self._file.read(count)):
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """An open resource; a context manager.

    `bytes` is its size as it was opened, `tag` names these bytes and no others.
    """

    source: Source
    bytes: int
    content_type: str
    tag: str
    lifetime: Lifetime

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.source.close()


def open_regular(path: Path) -> tuple[int, os.stat_result]:
    """Open a file that is one: no link, device or pipe. Raises OSError. Blocks for moments."""
    flags = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    # Without the second a pipe would be waited for.
    descriptor = os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return descriptor, found


def open_changing(path: Path, content_type: str, limiter: trio.CapacityLimiter) -> Content:
    """Open a regular file that may be another one later, for which its tag stands. Raises OSError. Blocks for moments."""
    descriptor, found = open_regular(path)
    tag = f"{found.st_ino:x}-{found.st_size:x}-{found.st_mtime_ns:x}"
    return Content(OnDisk(descriptor, limiter), found.st_size, content_type, tag, "session")
