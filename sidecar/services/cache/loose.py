"""A file that was made for the cache and does not fit: shared while somebody uses it, then gone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sidecar.services.cache.pinned import Pinned


class Loose:
    """Counts the pins of such a file. `gone` is called when the last one is released and the file removed."""

    def __init__(self, path: Path, meta: Mapping[str, Any], size: int, gone: Callable[[], object]) -> None:
        self._path = path
        self._meta = meta
        self._size = size
        self._gone = gone
        self._pins = 0

    def pinned(self) -> Pinned:
        """Return the file in use once more."""
        self._pins += 1
        return Pinned(self._path, self._meta, self._size, self._release, stored=False)

    def _release(self) -> None:
        self._pins -= 1
        if self._pins == 0:
            self._gone()
            self._path.unlink(missing_ok=True)
