"""An entry in use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class Pinned:
    """A file of the cache that stays until it is released; a context manager.

    `path` is only read, never written or renamed. A pin ends with its process. `stored` is False for what `make`
    could not keep: the file goes when its last pin is released.
    """

    __slots__ = ("_release", "bytes", "meta", "path", "stored")

    def __init__(
        self, path: Path, meta: Mapping[str, Any], size: int, release: Callable[[], None], *, stored: bool = True
    ) -> None:
        self.path = path
        self.meta = meta
        self.bytes = size
        self.stored = stored
        self._release: Callable[[], None] | None = release

    @property
    def released(self) -> bool:
        """Whether it was let go of: the entry may be another by now, or gone."""
        return self._release is None

    def release(self) -> None:
        """Let the entry be evicted again. Releasing twice does nothing."""
        release, self._release = self._release, None
        if release is not None:
            release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
