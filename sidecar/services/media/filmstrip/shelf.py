"""Pictures of strips by key: looked up in memory, then on disk; kept in memory at once and on disk soon."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import trio

from protocol.errors import MediaUnreadable
from sidecar.services.cache.kinds import Kind

if TYPE_CHECKING:
    from sidecar.services.cache.memory import MemoryTier
    from sidecar.services.cache.store import CacheStore

KIND: Kind = "filmstrips"

WAITING_BYTES = 64 << 20
"""Bytes of pictures that wait for the disk, at most; those beyond stay in memory alone."""

LAST_WORK = 1.0
"""Seconds that pictures which wait are given when the sidecar ends."""


@dataclass(frozen=True, slots=True)
class _Kept:
    image: bytes
    seconds: float
    source: str


class Shelf:
    """Where pictures are kept. Nothing here fails: a cache that cannot be used finds nothing and keeps nothing."""

    def __init__(self, memory: Callable[[], MemoryTier], cache: Callable[[], CacheStore]) -> None:
        self._memory = memory
        self._cache = cache
        self._waiting: OrderedDict[str, _Kept] = OrderedDict()
        self._bytes = 0
        self._more = trio.Event()
        self._closed = False

    async def find(self, keys: list[str]) -> dict[str, bytes]:
        """Return those of the pictures that are kept."""
        memory = self._memory()
        found = {key: held.value for key in keys if (held := memory.get(KIND, key, miss=False)) is not None}
        missing = [key for key in keys if key not in found]
        if not missing:
            return found
        cache = self._cache()
        on_disk = await cache.known(KIND, missing)
        for key in missing:
            if key not in on_disk:
                memory.get(KIND, key)
            elif (pinned := await cache.find(KIND, key)) is not None:
                with pinned:
                    image = await trio.to_thread.run_sync(pinned.path.read_bytes)
                found[key] = image
                memory.put(KIND, key, image)
        return found

    def keep(self, key: str, image: bytes, *, seconds: float, source: str) -> None:
        """Keep a picture, which took so many seconds to make; `source` stands for the file."""
        self._memory().put(KIND, key, image, seconds=seconds, sources=(source,))
        self._drop(key)
        if self._bytes + len(image) <= WAITING_BYTES:
            self._waiting[key] = _Kept(image, seconds, source)
            self._bytes += len(image)
            self._more.set()

    async def take_back(self, keys: Iterable[str]) -> None:
        """Let go of pictures, those on disk too, that are not what their keys say."""
        for key in keys:
            self._memory().remove(KIND, key)
            self._drop(key)
            await self._cache().remove(KIND, key)

    def fail(self, key: str, path: str) -> None:
        """Remember for a while that a frame cannot be decoded."""
        self._memory().fail(KIND, key, MediaUnreadable(path=path, detail="the frame cannot be decoded"))

    def failed(self, key: str) -> bool:
        """Whether that is remembered."""
        return self._memory().failed(KIND, key) is not None

    async def write(self) -> None:
        """Write to the disk what waits for it; ends when the shelf is closed and nothing waits."""
        while True:
            while self._waiting:
                key, kept = next(iter(self._waiting.items()))
                await self._publish(key, kept)
                if self._waiting.get(key) is kept:
                    self._drop(key)
                elif key not in self._waiting:
                    # Taken back while it was written.
                    await self._cache().remove(KIND, key)
            if self._closed:
                return
            self._more = trio.Event()
            await self._more.wait()

    def close(self) -> None:
        """Take no more."""
        self._closed = True
        self._more.set()

    async def _publish(self, key: str, kept: _Kept) -> None:
        cache = self._cache()
        path = cache.scratch / secrets.token_hex(8)
        try:
            await trio.to_thread.run_sync(path.write_bytes, kept.image)
            pinned = await cache.publish(KIND, key, path, seconds=kept.seconds, sources=(kept.source,))
            if pinned is not None:
                pinned.release()
        except OSError:
            # A full disk: the picture stays in memory.
            pass
        finally:
            path.unlink(missing_ok=True)

    def _drop(self, key: str) -> None:
        kept = self._waiting.pop(key, None)
        if kept is not None:
            self._bytes -= len(kept.image)


@asynccontextmanager
async def open_shelf(memory: Callable[[], MemoryTier], cache: Callable[[], CacheStore]) -> AsyncIterator[Shelf]:
    """Open a shelf; on leaving, what still waits is given a second."""
    shelf = Shelf(memory, cache)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(shelf.write)
        try:
            yield shelf
        finally:
            shelf.close()
            nursery.cancel_scope.shield = True
            nursery.cancel_scope.deadline = trio.current_time() + LAST_WORK
