"""The cache's files: found, published and made by key."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import trio

from sidecar.services.cache.head import Head, checksum_of, encode_head, read_head
from sidecar.services.cache.kinds import Kind
from sidecar.services.cache.layout import Layout, check_address
from sidecar.services.cache.limits import CacheLimits
from sidecar.services.cache.pinned import Pinned
from sidecar.services.files import fsync_file, make_private

Produce = Callable[[Path], Awaitable[Mapping[str, Any]]]


class CacheStore:
    """Files by kind and key (64 hexadecimal digits), shared by all sidecars of one cache folder.

    Methods run in threads. Cancelling one leaves the cache as it was or as it would be, and no pin.
    """

    def __init__(self, layout: Layout, instance_id: str, limits: Callable[[], CacheLimits]) -> None:
        self._layout = layout
        self._limits = limits
        self._flights: dict[tuple[Kind, str], trio.Lock] = {}
        self.scratch = layout.live / instance_id / "scratch"
        make_private(self.scratch)

    def close(self) -> None:
        """Give the instance's folder back. Pins that are left end."""
        shutil.rmtree(self.scratch.parent, ignore_errors=True)

    async def find(self, kind: Kind, key: str, *, owners: Sequence[str] = ()) -> Pinned | None:
        """Return an entry whose file is as it was published, or None. `owners` are added to the entry's.

        A damaged entry is removed and counts as missing.
        """
        check_address(kind, key)
        return await trio.to_thread.run_sync(self._find, kind, key, tuple(owners))

    def _find(self, kind: Kind, key: str, owners: tuple[str, ...]) -> Pinned | None:
        path = self._layout.object(kind, key)
        head = read_head(self._layout.head(kind, key))
        if head is not None and not set(owners) <= set(head.owners):
            head = msgspec.structs.replace(head, owners=tuple({*head.owners, *owners}))
        if head is None or not path.is_file() or checksum_of(path, lambda: None) != (head.bytes, head.checksum):
            return None
        return Pinned(path, head.meta, head.bytes, lambda: None)

    async def publish(
        self,
        kind: Kind,
        key: str,
        made: Path,
        *,
        meta: Mapping[str, Any] | None = None,
        seconds: float = 0.0,
        owners: Sequence[str] = (),
    ) -> Pinned | None:
        """Take a finished file over, by renaming it where it lies on the cache's file system (as `scratch` does).

        `meta` is JSON, `seconds` what it took to make, `owners` are ids of projects. What is least recently used goes
        first to make room; limits hold at every instant. None when it cannot be kept (the limits, a full disk): the
        file stays where it is. When the key is there already, that entry is returned and `made` is removed.
        """
        check_address(kind, key)
        return await trio.to_thread.run_sync(
            lambda: self._publish(kind, key, made, dict(meta or {}), seconds, tuple(owners))
        )

    def _publish(  # noqa: PLR0917
        self, kind: Kind, key: str, made: Path, meta: dict[str, Any], seconds: float, owners: tuple[str, ...]
    ) -> Pinned | None:
        size, checksum = checksum_of(made, lambda: None)
        if size > self._limits().disk_bytes:
            return None
        fsync_file(made)
        path = self._layout.object(kind, key)
        make_private(path.parent)
        head = Head(kind, key, size, checksum, time.time(), seconds, meta, owners)
        temporary = self.scratch / f"{key}.head"
        temporary.write_bytes(encode_head(head))
        temporary.replace(self._layout.head(kind, key))
        if made.stat().st_dev == path.parent.stat().st_dev:
            made.replace(path)
        else:
            shutil.copyfile(made, self.scratch / key)
            (self.scratch / key).replace(path)
            made.unlink()
        return Pinned(path, meta, size, lambda: None)

    async def make(
        self,
        kind: Kind,
        key: str,
        produce: Produce,
        *,
        owners: Sequence[str] = (),
        suffix: str = "",
    ) -> Pinned:
        """Return an entry, made by `produce` when it is missing; one at a time makes a key, the others wait for it.

        `produce` writes the file it is given (its name ends in `suffix`, for those who go by names) and returns its
        `meta`. What it raises is raised here, and the next who waits tries again. What cannot be kept is returned
        all the same (`Pinned.stored` is then False).
        """
        check_address(kind, key)
        lock = self._flights.setdefault((kind, key), trio.Lock())
        async with lock:
            found = await self.find(kind, key, owners=owners)
            if found is not None:
                return found
            with self._file(suffix) as path:
                started = time.monotonic()
                meta = await produce(path)
                seconds = time.monotonic() - started
                made = await self.publish(kind, key, path, meta=meta, seconds=seconds, owners=owners)
                if made is None:
                    raise RuntimeError("it does not fit")
                return made

    @contextmanager
    def _file(self, suffix: str) -> Iterator[Path]:
        path = self.scratch / f"{os.urandom(8).hex()}{suffix}"
        try:
            yield path
        finally:
            with suppress(FileNotFoundError):
                path.unlink()

    async def known(self, kind: Kind, keys: Sequence[str]) -> frozenset[str]:
        """Return those of the keys that the index holds: cheap, for plans; their files are not read."""
        return frozenset(key for key in keys if self._layout.object(kind, key).is_file())


def open_cache_store(root: Path, *, instance_id: str, limits: Callable[[], CacheLimits]) -> CacheStore:
    """Open the cache of a folder for one instance."""
    return CacheStore(Layout(root), instance_id, limits)
