"""What this instance has seen of the cache."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from sidecar.services.cache.kinds import KINDS, Kind

Cause = Literal["limit", "stale", "corrupt", "cleared"]


@dataclass(frozen=True, slots=True)
class KindCounts:
    """Counts since this instance opened the cache; `bytes_saved` and `seconds_saved` are those of entries found."""

    hits: int
    misses: int
    evictions: dict[Cause, int]
    bytes_saved: int
    seconds_saved: float


@dataclass(slots=True)
class Counters:
    """Counts by kind, from any thread."""

    _hits: Counter[Kind] = field(default_factory=Counter)
    _misses: Counter[Kind] = field(default_factory=Counter)
    _evictions: Counter[tuple[Kind, Cause]] = field(default_factory=Counter)
    _bytes: Counter[Kind] = field(default_factory=Counter)
    _seconds: dict[Kind, float] = field(default_factory=lambda: dict.fromkeys(KINDS, 0.0))
    _mutex: threading.Lock = field(default_factory=threading.Lock)

    def hit(self, kind: Kind, size: int, seconds: float) -> None:
        with self._mutex:
            self._hits[kind] += 1
            self._bytes[kind] += size
            self._seconds[kind] += seconds

    def miss(self, kind: Kind) -> None:
        with self._mutex:
            self._misses[kind] += 1

    def evicted(self, cause: Cause, kinds: Iterable[tuple[Kind, int]]) -> None:
        with self._mutex:
            for kind, entries in kinds:
                self._evictions[kind, cause] += entries

    def of(self, kind: Kind) -> KindCounts:
        """Return the counts of a kind."""
        causes: tuple[Cause, ...] = ("limit", "stale", "corrupt", "cleared")
        with self._mutex:
            return KindCounts(
                hits=self._hits[kind],
                misses=self._misses[kind],
                evictions={cause: self._evictions[kind, cause] for cause in causes},
                bytes_saved=self._bytes[kind],
                seconds_saved=self._seconds[kind],
            )
