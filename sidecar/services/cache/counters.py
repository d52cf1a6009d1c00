"""What this instance has seen of the cache, both tiers together."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from sidecar.core.recent import Counts, Recent
from sidecar.core.sketch import Sketch, Spread
from sidecar.services.cache.kinds import KINDS, Kind

Cause = Literal["limit", "stale", "corrupt", "cleared"]

CAUSES: tuple[Cause, ...] = ("limit", "stale", "corrupt", "cleared")


@dataclass(frozen=True, slots=True)
class KindCounts:
    """Counts since this instance opened the cache; `bytes_saved` and `seconds_saved` are those of entries found.

    `found` and `missed` are how long the cache took to answer, in seconds; making what was missing is no part of it.
    """

    hits: Counts
    misses: Counts
    found: Spread | None
    missed: Spread | None
    evictions: dict[Cause, int]
    bytes_saved: int
    seconds_saved: float


class _Kind:
    """Counts of a kind; of constant size."""

    __slots__ = ("bytes", "evictions", "found", "hits", "missed", "misses", "seconds")

    def __init__(self, clock: Callable[[], float]) -> None:
        self.hits, self.misses = Recent(clock), Recent(clock)
        self.found, self.missed = Sketch(), Sketch()
        self.evictions: Counter[Cause] = Counter()
        self.bytes, self.seconds = 0, 0.0


class Counters:
    """Counts by kind, from any thread. `clock` is in seconds and never goes back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._kinds: dict[Kind, _Kind] = {kind: _Kind(clock) for kind in KINDS}
        self._changes = 0
        self._mutex = threading.Lock()

    @property
    def changes(self) -> int:
        """How often entries came or went: another number means that there is something new to tell."""
        return self._changes

    def hit(self, kind: Kind, size: int, seconds: float, took: float | None = None) -> None:
        """Count an entry found: its bytes, the seconds that making it took, and those that finding it took if measured."""
        with self._mutex:
            counts = self._kinds[kind]
            counts.hits.add()
            if took is not None:
                counts.found.add(took)
            counts.bytes += size
            counts.seconds += seconds

    def miss(self, kind: Kind, took: float) -> None:
        """Count an entry that is not there, and the seconds that it took to see that."""
        with self._mutex:
            counts = self._kinds[kind]
            counts.misses.add()
            counts.missed.add(took)

    def stored(self) -> None:
        """Note that an entry came."""
        with self._mutex:
            self._changes += 1

    def evicted(self, cause: Cause, kinds: Iterable[tuple[Kind, int]]) -> None:
        """Count entries that went."""
        with self._mutex:
            for kind, entries in kinds:
                self._kinds[kind].evictions[cause] += entries
                self._changes += entries

    def lookups(self) -> dict[Kind, tuple[int, int]]:
        """Return hits and misses of each kind; cheap enough for every second."""
        with self._mutex:
            return {kind: (counts.hits.total, counts.misses.total) for kind, counts in self._kinds.items()}

    def evictions(self) -> dict[Cause, int]:
        """Return how many entries went, by cause; as cheap."""
        with self._mutex:
            return {cause: sum(counts.evictions[cause] for counts in self._kinds.values()) for cause in CAUSES}

    def of(self, kind: Kind) -> KindCounts:
        """Return the counts of a kind."""
        with self._mutex:
            counts = self._kinds[kind]
            return KindCounts(
                hits=counts.hits.counts(),
                misses=counts.misses.counts(),
                found=counts.found.spread(),
                missed=counts.missed.spread(),
                evictions={cause: counts.evictions[cause] for cause in CAUSES},
                bytes_saved=counts.bytes,
                seconds_saved=counts.seconds,
            )
