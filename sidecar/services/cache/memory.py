"""The memory tier: values by kind and key in bounded memory."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from protocol.errors import SidecarError
from sidecar.core.retention import Retention, Thing
from sidecar.services.cache.counters import Cause, Counters
from sidecar.services.cache.failures import Failures
from sidecar.services.cache.footprint import footprint, resident_bytes
from sidecar.services.cache.kinds import KINDS, Kind
from sidecar.services.cache.layout import Address, check_address
from sidecar.services.cache.limits import Cleared, Freed
from sidecar.services.cache.owned import Owned
from sidecar.services.cache.selection import Selection

LEAST_GROWTH = 1 << 20
"""Bytes that the tier holds at least before what the process takes for them says anything."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Held:
    """A value and what was said of it. Whoever has it keeps it: eviction only ends the cache's own hold on it."""

    value: bytes
    meta: Mapping[str, Any]
    seconds: float


@dataclass(slots=True, eq=False)
class _Entry:
    held: Held
    owners: frozenset[str]
    sources: frozenset[str]
    used: float


@dataclass(frozen=True, slots=True)
class KindUse:
    """Entries of a kind, their bytes with everything they cost, and failures that are remembered."""

    entries: int
    bytes: int
    failures: int


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """What the tier holds. `fragmentation` is that of the process's memory since the tier was empty."""

    bytes: int
    limit: int
    entries: int
    fragmentation: float | None
    kinds: Mapping[Kind, KindUse]


_Thing = Thing[Address, _Entry]


class MemoryTier:
    """Values by kind and key (64 hexadecimal digits; ValueError for others), never more than `limit` bytes of them.

    All methods may be called from any thread and take microseconds; none waits or touches a disk. What counts is all
    that an entry takes, its records included. A kind with a quota is never more than that. Entries that are looked at
    again stay longest; see `Retention`. Hits and misses are counted by kind together with those of the disk tier.
    """

    def __init__(
        self,
        limit: int,
        quotas: Mapping[Kind, int] | None = None,
        *,
        counters: Counters | None = None,
        clock: Callable[[], float] = time.monotonic,
        resident: Callable[[], int] = resident_bytes,
    ) -> None:
        self.counters = Counters() if counters is None else counters
        self._limit = limit
        self._quotas = dict(quotas or {})
        self._things: Retention[Address, _Entry] = Retention()
        self._failures = Failures(clock)
        self._mutex = threading.Lock()
        self._resident = resident
        self._resident_before = 0
        self.resized = Freed()

    def get(self, kind: Kind, key: str, *, miss: bool = True) -> Held | None:
        """Return a value, and count a hit or a miss; `miss=False` where the disk tier is asked next, which counts."""
        started = time.perf_counter()
        with self._mutex:
            thing = self._things.get((kind, key))
            if thing is not None:
                self._things.use(thing)
                thing.value.used = time.time()
        took = time.perf_counter() - started
        if thing is None:
            if miss:
                check_address(kind, key)
                self.counters.miss(kind, took)
            return None
        held = thing.value.held
        self.counters.hit(kind, len(held.value), held.seconds, took)
        return held

    def peek(self, kind: Kind, key: str) -> Held | None:
        """Return a value to deliver it, which is no use and counts as none."""
        thing = self._things.get((kind, key))
        return None if thing is None else thing.value.held

    def put(
        self,
        kind: Kind,
        key: str,
        value: bytes,
        *,
        meta: Mapping[str, Any] | None = None,
        seconds: float = 0.0,
        owners: Iterable[str] = (),
        sources: Iterable[str] = (),
        scan: bool = False,
    ) -> bool:
        """Keep a value; what has the least claim goes first. False when it is larger than the limits.

        `meta` is JSON, `seconds` what it took to make, `owners` ids of projects, `sources` files as `source_id` names
        them. `scan`: one of many that nobody expects to see twice (a storyboard): together they take a tenth of the
        limit from others, no more. A value that is there under the key is replaced; a failure is forgotten.
        """
        check_address(kind, key)
        entry = _Entry(Held(value, meta or _NOTHING, seconds), frozenset(owners), frozenset(sources), time.time())
        with self._mutex:
            old = self._things.get((kind, key))
            if old is not None:
                entry.owners |= old.value.owners
                entry.sources |= old.value.sources
                self._things.remove(old)
            self._failures.remove((kind, key))
            size = footprint(value, entry.held.meta, (*entry.owners, *entry.sources))
            if not self._fits(kind, size):
                return False
            self._make_room(kind, size)
            thing = self._things.add((kind, key), kind, entry, size, scan=scan)
            if old is not None:
                thing.uses = old.uses
        self.counters.stored()
        return True

    def fail(self, kind: Kind, key: str, error: SidecarError, for_seconds: float = 30.0) -> None:
        """Remember for a while, at most 300 s, that making an entry failed; a thousand failures are remembered."""
        check_address(kind, key)
        with self._mutex:
            self._failures.add((kind, key), error, for_seconds)
            self._shrink()

    def failed(self, kind: Kind, key: str) -> SidecarError | None:
        """Return the error, to be raised, with which making an entry failed not long ago."""
        with self._mutex:
            return self._failures.get((kind, key))

    def remove(self, kind: Kind, key: str, *, cause: Cause = "stale") -> bool:
        """Let go of an entry that is of no more use, or forget a failure; False when there was no entry."""
        with self._mutex:
            self._failures.remove((kind, key))
            thing = self._things.get((kind, key))
            if thing is None:
                return False
            self._things.remove(thing)
        self.counters.evicted(cause, [(kind, 1)])
        return True

    def resize(self, limit: int, quotas: Mapping[Kind, int] | None = None) -> Freed:
        """Change the limits; they hold when this returns. Returns what went, which `resized` then says too."""
        with self._mutex:
            self._limit, self._quotas = limit, dict(quotas or {})
            self.resized = self._shrink()
            return self.resized

    def clear(self, what: Selection, *, dry_run: bool = False) -> Cleared:
        """Remove entries, or only say which. What other projects own too stays theirs."""
        gone: dict[Kind, Freed] = {}
        shared = 0
        with self._mutex:
            for thing in [each for each in self._things if _meant(each, what)]:
                if what.owner is not None and len(thing.value.owners) > 1:
                    shared += 1
                    if not dry_run:
                        thing.value.owners -= {what.owner}
                    continue
                kind = thing.name[0]
                gone[kind] = gone.get(kind, Freed()) + Freed(1, thing.size)
                if not dry_run:
                    self._things.remove(thing)
        if not dry_run:
            self.counters.evicted("cleared", [(kind, freed.entries) for kind, freed in gone.items()])
        return Cleared(sum(gone.values(), Freed()), shared=shared)

    def sums(self, what: Selection) -> Mapping[Kind, Freed]:
        """Return entries and bytes of what is meant, by kinds that have any."""
        sums: dict[Kind, Freed] = {}
        with self._mutex:
            for thing in self._things:
                if _meant(thing, what):
                    sums[thing.name[0]] = sums.get(thing.name[0], Freed()) + Freed(1, thing.size)
        return sums

    def use(self) -> MemoryUse:
        """Return what is held now."""
        with self._mutex:
            kinds = {
                kind: KindUse(self._things.count(kind), self._things.size(kind), self._failures.count(kind))
                for kind in KINDS
            }
            size = self._size()
            return MemoryUse(size, self._limit, len(self._things), self._fragmentation(size), kinds)

    def owned(self) -> Mapping[str, Owned]:
        """Return what is held for each project."""
        owned: dict[str, Owned] = {}
        with self._mutex:
            for thing in self._things:
                entry = thing.value
                for owner in entry.owners:
                    one = Owned(1, thing.size, int(thing.name[0] == "segments"), entry.used)
                    owned[owner] = owned[owner] + one if owner in owned else one
        return owned

    def _fits(self, kind: Kind, size: int) -> bool:
        return size <= min(self._limit, self._quotas.get(kind, size))

    def _make_room(self, kind: Kind, size: int) -> None:
        """Let go of what `size` bytes more of a kind need; they are known to fit."""
        if not self._things:
            self._resident_before = self._resident()
        gone: list[_Thing] = []
        quota = self._quotas.get(kind)
        while quota is not None and self._things.size(kind) + size > quota and self._evicted(gone, quota, kind):
            pass
        while self._size() + size > self._limit and (self._evicted(gone, self._limit) or self._failures.drop()):
            pass
        self._count(gone)

    def _shrink(self) -> Freed:
        """Let go of what the limits do not allow."""
        gone: list[_Thing] = []
        for kind, quota in self._quotas.items():
            while self._things.size(kind) > quota and self._evicted(gone, quota, kind):
                pass
        while self._size() > self._limit and (self._evicted(gone, self._limit) or self._failures.drop()):
            pass
        self._count(gone)
        return Freed(len(gone), sum(thing.size for thing in gone))

    def _evicted(self, gone: list[_Thing], limit: int, kind: Kind | None = None) -> bool:
        thing = self._things.evict(limit, kind)
        if thing is not None:
            gone.append(thing)
        return thing is not None

    def _count(self, gone: list[_Thing]) -> None:
        if gone:
            kinds = Counter(thing.name[0] for thing in gone)
            self.counters.evicted("limit", kinds.items())

    def _size(self) -> int:
        return self._things.size() + self._failures.size

    def _fragmentation(self, size: int) -> float | None:
        """Return the share of what the process grew by, since the tier was empty, that holds no entry.

        None for little, and where entries lie in memory that the process had before.
        """
        if size < LEAST_GROWTH:
            return None
        growth = self._resident() - self._resident_before
        return 1 - size / growth if growth >= size else None


def _meant(thing: _Thing, what: Selection) -> bool:
    entry = thing.value
    return (
        thing.name[0] in what.kinds
        and (what.owner is None or what.owner in entry.owners)
        and (what.source is None or what.source in entry.sources)
        and (what.older is None or entry.used < what.older)
    )
