"""Offers bytes by URL, and opens what a URL stands for."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

import trio

from protocol.commands.shared import Resource
from protocol.errors import ResourceLimit
from sidecar.services.cache.kinds import Kind
from sidecar.services.cache.layout import check_address
from sidecar.services.loopback import Loopback
from sidecar.services.resources.capability import (
    PROOF_BYTES,
    SECRET_BYTES,
    EntryPath,
    FilePath,
    LivePath,
    Signer,
    write,
)
from sidecar.services.resources.content import READERS, Content, InMemory, OnDisk, open_changing, open_regular
from sidecar.services.resources.holding import Holdings
from sidecar.services.resources.live import Live

if TYPE_CHECKING:
    from sidecar.services.cache.memory import MemoryTier
    from sidecar.services.cache.pinned import Pinned
    from sidecar.services.cache.store import CacheStore

Refusal = Literal["unknown", "gone"]
"""Never offered by anyone; offered, and no longer there."""


@dataclass(frozen=True, slots=True)
class _Offered:
    """A file that was offered."""

    path: Path
    content_type: str


class Resources:
    """What this sidecar gives by HTTP.

    Offering is cheap, never waits, and belongs to the trio thread; offering the same twice gives the same URL. A URL is
    a capability: whoever has it may fetch the bytes, so what a connection may read is checked before an offer, not
    after. Nothing is remembered of what lies in the cache: offers cost no memory and end with the entry (410), and are
    good again once an entry of that key is back, also in another sidecar of the same cache folder.
    """

    def __init__(
        self,
        loopback: Loopback,
        memory: Callable[[], MemoryTier],
        cache: Callable[[], CacheStore],
        secret: Callable[[], bytes],
    ) -> None:
        self._loopback = loopback
        self._memory = memory
        self._cache = cache
        self._secret = secret
        self._cached: Signer | None = None
        self._session = Signer(secrets.token_bytes(SECRET_BYTES))
        self._files: dict[str, _Offered] = {}
        self._streams: dict[str, Live] = {}
        self._limiter = trio.CapacityLimiter(READERS)
        self._holdings = Holdings()

    def offer_bytes(
        self,
        data: bytes,
        content_type: str,
        *,
        kind: Kind = "frames",
        scan: bool = False,
        width: int | None = None,
        height: int | None = None,
    ) -> Resource:
        """Keep bytes in the cache's memory under a hash of themselves, and return where they are to be had.

        Immutable; 410 once the memory tier has evicted them. `scan`: one of many that nobody expects to see twice.
        What is in the memory tier under a key of its own need not be there again: `offer_entry` finds it too.
        Raises ResourceLimit when the bytes are more than the tier may hold.
        """
        key = hashlib.blake2b(data, digest_size=32).hexdigest()
        memory = self._memory()
        if not memory.put(kind, key, data, scan=scan):
            raise ResourceLimit(what="bytes of the memory cache", value=len(data), limit=memory.use().limit)
        return self.offer_entry(kind, key, content_type, bytes=len(data), width=width, height=height)

    def offer_entry(
        self,
        kind: Kind,
        key: str,
        content_type: str,
        *,
        bytes: int,
        width: int | None = None,
        height: int | None = None,
    ) -> Resource:
        """Return where an entry of the cache (memory or disk) is to be had; it need not be pinned.

        It is looked up and verified when it is fetched. Immutable: what the key stands for never changes. 410 while
        there is no such entry. ValueError for what can be no address of the cache.
        """
        check_address(kind, key)
        return Resource(
            url=self._url(self._signer().entry(kind, key, content_type)),
            content_type=content_type,
            bytes=bytes,
            width=width,
            height=height,
            lifetime="immutable",
        )

    def offer_file(self, path: Path, content_type: str) -> Resource:
        """Return where a file is to be had until the sidecar ends, or until `withdraw`.

        It may grow: each answer holds what was there when it began. 410 while there is no such regular file. `path` is
        absolute, with links followed: a link put in its place later is not. Raises OSError when it is not there now.
        """
        size = path.stat().st_size
        proof = self._session.proof("file", str(path), content_type)
        self._files[proof] = _Offered(path, content_type)
        return Resource(
            url=self._url(FilePath(proof)),
            content_type=content_type,
            bytes=size,
            width=None,
            height=None,
            lifetime="session",
        )

    def offer_stream(self, live: Live, *, width: int | None = None, height: int | None = None) -> Resource:
        """Return where a live body is to be had until `withdraw`: from its start, while it holds that.

        Its bytes are not known before it ends: the resource says 0. 410 once its start is no longer held.
        """
        proof = secrets.token_hex(PROOF_BYTES)
        self._streams[proof] = live
        return Resource(
            url=self._url(LivePath(proof)),
            content_type=live.content_type,
            bytes=0,
            width=width,
            height=height,
            lifetime="session",
        )

    def withdraw(self, resource: Resource) -> None:
        """Give a file or a live body no more: its URL is unknown from now on. Downloads that run go on."""
        # Not by the origin: that is gone when the sidecar ends.
        read = self._session.read(urlsplit(resource.url).path)
        if isinstance(read, FilePath):
            self._files.pop(read.proof, None)
        elif isinstance(read, LivePath):
            self._streams.pop(read.proof, None)

    def live(self, path: str) -> Live | None:
        """Return the live body that the path of a URL stands for; None where it stands for something else, or nothing."""
        read = self._session.read(path)
        return self._streams.get(read.proof) if isinstance(read, LivePath) else None

    async def open(self, path: str) -> Content | Refusal:
        """Return what the path of a URL stands for, open, to be closed by the caller; or why it is not to be had.

        What is live is not opened here: see `live`.
        """
        read = self._signer().read(path)
        if isinstance(read, EntryPath):
            return await self._open_entry(read)
        if isinstance(read, FilePath) and (offered := self._files.get(read.proof)) is not None:
            return await self._open_file(offered)
        return "unknown"

    async def tend(self) -> None:
        """Let go in time of entries that are fetched in parts; runs while bytes are served, until cancelled."""
        await self._holdings.tend()

    def close(self) -> None:
        """Let go of every entry that is no longer being fetched."""
        self._holdings.close()

    async def _open_entry(self, entry: EntryPath) -> Content | Refusal:
        held = self._memory().peek(entry.kind, entry.key)
        if held is not None:
            source = InMemory(held.value)
            return Content(source, len(held.value), entry.content_type, entry.proof, "immutable")
        address = (entry.kind, entry.key)
        pinned = self._holdings.take(address) or await self._cache().find(*address, counted=False)
        return "gone" if pinned is None else await self._open_pinned(entry, pinned)

    async def _open_pinned(self, entry: EntryPath, pinned: Pinned) -> Content | Refusal:
        leave = partial(self._holdings.leave, (entry.kind, entry.key), pinned)
        try:
            descriptor, found = await trio.to_thread.run_sync(open_regular, pinned.path, limiter=self._limiter)
        except OSError:
            self._holdings.forget((entry.kind, entry.key), pinned)
            return "gone"
        except BaseException:
            leave()
            raise
        source = OnDisk(descriptor, self._limiter, leave)
        return Content(source, found.st_size, entry.content_type, entry.proof, "immutable")

    async def _open_file(self, offered: _Offered) -> Content | Refusal:
        opening = partial(open_changing, offered.path, offered.content_type, self._limiter)
        try:
            return await trio.to_thread.run_sync(opening, limiter=self._limiter)
        except OSError:
            return "gone"

    def _url(self, path: EntryPath | FilePath | LivePath) -> str:
        self._loopback.wanted.set()
        return f"{self._loopback.origin}{write(path)}"

    def _signer(self) -> Signer:
        if self._cached is None:
            self._cached = Signer(self._secret())
        return self._cached
