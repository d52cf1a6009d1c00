"""A file of lines that begins anew when it is full and keeps its predecessors."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from io import FileIO
from pathlib import Path


class RotatingFile:
    """Appends lines; past `limit` bytes `name` becomes `name.1`, and so on, `files` in all. Threads may share it.

    Writing never raises: a line that the disk refuses is counted in `lost`.
    """

    def __init__(self, path: Path, *, limit: int, files: int) -> None:
        self._path = path
        self._limit = limit
        self._files = files
        self._lock = threading.Lock()
        self._file: FileIO | None = None
        self._size = 0
        self.lost = 0

    def write(self, line: bytes) -> None:
        """Append one line, its newline included, in a single write."""
        with self._lock:
            try:
                file = self._opened()
                if self._size and self._size + len(line) > self._limit:
                    self._rotate()
                    file = self._opened()
                self._size += file.write(line)
            except OSError:
                self.lost += 1

    def lines(self) -> Iterator[bytes]:
        """Yield what is on the disk, oldest first."""
        for path in reversed(self._paths()):
            with suppress(OSError):
                yield from path.read_bytes().splitlines()

    def close(self) -> None:
        """Close; a later write opens again."""
        with self._lock:
            self._shut()

    def _opened(self) -> FileIO:
        if self._file is None:
            self._file = FileIO(self._path, "ab", opener=_private)
            self._size = self._path.stat().st_size
        return self._file

    def _rotate(self) -> None:
        self._shut()
        paths = self._paths()
        paths[-1].unlink(missing_ok=True)
        for older, newer in zip(reversed(paths), reversed(paths[:-1]), strict=False):
            with suppress(FileNotFoundError):
                newer.rename(older)

    def _paths(self) -> list[Path]:
        numbered = (self._path.with_name(f"{self._path.name}.{number}") for number in range(1, self._files))
        return [self._path, *numbered]

    def _shut(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file, self._size = None, 0


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
