"""What probes found, kept in the cache: a restarted or a second sidecar does not probe again."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import trio

from protocol.errors import MediaEncrypted, MediaUnreadable, MediaUnsupported, SidecarError
from sidecar.core.packets import PacketTable
from sidecar.services.cache.selection import source_id
from sidecar.services.media.messages import Answer, Depth, Failure, pack, unpack

if TYPE_CHECKING:
    from sidecar.services.cache.memory import MemoryTier
    from sidecar.services.cache.store import CacheStore

VERSION = 1
"""Raised with every change of what a probe answers of the same file."""

LASTING = frozenset({MediaUnreadable.kind, MediaUnsupported.kind, MediaEncrypted.kind})
"""Failures that are the file's own: as long as its content stays they would come again."""

RANKS: dict[Depth, int] = {"none": 0, "keyframes": 1, "full": 1, "decoded": 2}
"""How deep is how deep: an index that is read at all is read whole."""

_NAMES: tuple[Depth, ...] = ("none", "full", "decoded")

PAUSE = 0.25
"""Seconds without a new record before those that wait are written: what is asked for comes first."""

LONGEST_WAIT = 10.0
WAITING_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class _Waiting:
    data: bytes
    seconds: float
    path: Path


class Records:
    """Answers of probes by content and depth. What cannot be read or written costs a probe, nothing else.

    `run` writes them, one after the other, when no new ones come; `flush` writes what still waits.
    """

    def __init__(self, store: Callable[[], CacheStore], memory: Callable[[], MemoryTier]) -> None:
        self._store = store
        self._memory = memory
        self._waiting: OrderedDict[str, _Waiting] = OrderedDict()
        self._bytes = 0
        self._kept = 0
        self._more = trio.Event()

    async def find(self, path: Path, content: str, depth: Depth) -> Answer | None:
        """Return what a probe at least so deep answered of this content, a lasting failure included."""
        return await self._answer(path, [_key(path, content, each) for each in _NAMES[RANKS[depth] :]])

    async def unknown(self, files: Sequence[tuple[Path, str]]) -> list[tuple[Path, str]]:
        """Return those of some files, with their fingerprints, of which no probe at all is recorded; it counts them."""
        began = time.perf_counter()
        keys = [[_key(path, content, each) for each in _NAMES] for path, content in files]
        try:
            there = await self._store().known("metadata", [key for each in keys for key in each])
        except SidecarError:
            there = frozenset()
        new = [
            file
            for file, each in zip(files, keys, strict=True)
            if not any(key in there or key in self._waiting for key in each)
        ]
        for _ in new:
            self._memory().counters.miss("metadata", (time.perf_counter() - began) / len(files))
        return new

    async def find_packets(self, path: Path, content: str, stream: int) -> PacketTable | None:
        """Return the packets of a stream as they were listed of this content."""
        answer = await self._answer(path, [_key(path, content, _packets(stream))])
        return None if answer is None else answer.packets

    async def _answer(self, path: Path, keys: Sequence[str]) -> Answer | None:
        for key in keys:
            if (waiting := self._waiting.get(key)) is not None:
                return unpack(waiting.data, Answer)
        try:
            store = self._store()
        except SidecarError:
            return None
        began = time.perf_counter()
        there = await store.known("metadata", keys)
        found = next((key for key in keys if key in there), None)
        if found is None:
            self._memory().counters.miss("metadata", time.perf_counter() - began)
            return None
        pinned = await store.find("metadata", found, sources=[source_id(path)])
        if pinned is None:
            return None
        with pinned:
            data = await trio.to_thread.run_sync(_read, pinned.path)
        try:
            return unpack(data, Answer)
        except msgspec.DecodeError:
            return None

    def keep(self, path: Path, content: str, depth: Depth, answer: Answer, seconds: float) -> None:
        """Have an answer written; a failure only if it lasts. `seconds` is what the probe took."""
        if answer.failure is not None and answer.failure.kind not in LASTING:
            return
        self._keep(path, _key(path, content, _NAMES[RANKS[depth]]), answer, seconds)

    def keep_packets(self, path: Path, content: str, stream: int, table: PacketTable, seconds: float) -> None:
        """Have the packets of a stream written; `seconds` is what listing them took."""
        self._keep(path, _key(path, content, _packets(stream)), Answer(packets=table), seconds)

    def _keep(self, path: Path, key: str, answer: Answer, seconds: float) -> None:
        data = pack(answer)
        self._kept += 1
        self._drop(key)
        self._waiting[key] = _Waiting(data, seconds, path)
        self._bytes += len(data)
        while len(self._waiting) > 1 and self._bytes > WAITING_BYTES:
            self._drop(next(iter(self._waiting)))
        self._more.set()

    def hit(self, size: int = 0) -> None:
        """Count a use of what the service itself remembers."""
        self._memory().counters.hit("metadata", size, 0.0)

    def fail(self, path: Path, content: str, depth: Depth, error: SidecarError) -> None:
        """Remember for a while that a probe failed, for whatever reason."""
        self._memory().fail("metadata", _key(path, content, _NAMES[RANKS[depth]]), error)

    def failed(self, path: Path, content: str, depth: Depth) -> SidecarError | None:
        """Return the error, to be raised, with which a probe of this content failed not long ago."""
        return self._memory().failed("metadata", _key(path, content, _NAMES[RANKS[depth]]))

    async def run(self) -> None:
        """Write what is kept, until cancelled."""
        while True:
            await self._more.wait()
            self._more = trio.Event()
            with trio.move_on_after(LONGEST_WAIT):
                seen = -1
                while seen != self._kept:
                    seen = self._kept
                    await trio.sleep(PAUSE)
            await self.flush()

    async def flush(self) -> None:
        """Write all that waits; cancelled, the rest is lost."""
        while self._waiting:
            key, waiting = next(iter(self._waiting.items()))
            await self._write(key, waiting)
            if self._waiting.get(key) is waiting:
                self._drop(key)

    async def _write(self, key: str, waiting: _Waiting) -> None:
        try:
            store = self._store()
            made = store.scratch / f"record-{key[:32]}"
            try:
                await trio.to_thread.run_sync(made.write_bytes, waiting.data)
                sources = [source_id(waiting.path)]
                stored = await store.publish("metadata", key, made, seconds=waiting.seconds, sources=sources)
            finally:
                made.unlink(missing_ok=True)  # published, it has another name
        except (SidecarError, OSError):
            return
        if stored is not None:
            stored.release()

    def _drop(self, key: str) -> None:
        waiting = self._waiting.pop(key, None)
        if waiting is not None:
            self._bytes -= len(waiting.data)


def lasting(failure: Failure) -> Failure:
    """Return a failure as it can be told of another path with the same content."""
    return Failure(failure.kind, "", failure.members) if failure.kind in LASTING else failure


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _packets(stream: int) -> str:
    return f"packets {stream}"


def _key(path: Path, content: str, what: str) -> str:
    """Name a record. The suffix belongs to it: what it is tells demuxers apart, and names some containers."""
    facts = (str(VERSION), _decoders(), what, path.suffix.lower(), content)
    return sha256("\0".join(facts).encode("utf-8", "surrogateescape")).hexdigest()


@cache
def _decoders() -> str:
    from importlib.metadata import version  # noqa: PLC0415 - start-up time

    return version("av")
