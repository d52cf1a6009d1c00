"""One place a key: who has it works, the others wait for it in the order in which they came."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

import trio

Key = TypeVar("Key", bound=Hashable)


class Places(Generic[Key]):
    """Places by key, each there for as long as somebody asks for it. All of it runs on the trio thread."""

    def __init__(self) -> None:
        self._places: dict[Key, tuple[trio.Semaphore, int]] = {}

    @contextmanager
    def of(self, key: Key) -> Iterator[trio.Semaphore]:
        """Return the place of a key, to be acquired and released. It is the same one for all whose blocks overlap."""
        place, asking = self._places.get(key, (trio.Semaphore(1, max_value=1), 0))
        self._places[key] = place, asking + 1
        try:
            yield place
        finally:
            place, asking = self._places.pop(key)
            if asking > 1:
                self._places[key] = place, asking - 1
