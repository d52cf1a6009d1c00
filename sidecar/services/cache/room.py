"""Makes room before something is stored: the least recently used goes first, what is pinned stays."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sidecar.services.cache.index import Index, Row
from sidecar.services.cache.instance import pinned, sweep
from sidecar.services.cache.kinds import KINDS, Kind
from sidecar.services.cache.layout import Address, Layout
from sidecar.services.cache.limits import CacheLimits, Freed
from sidecar.services.cache.settle import discard

BATCH = 64


@dataclass(slots=True)
class Room:
    """The cache at one moment, its lock held exclusively: what has to stay, and what eviction frees.

    `freed` counts by kind what went.
    """

    layout: Layout
    index: Index
    limits: CacheLimits
    free_bytes: Callable[[], int]
    freed: dict[Kind, Freed] = field(default_factory=dict)
    _pinned: frozenset[Address] | None = None

    def make(self, kind: Kind, wanted: int) -> bool:
        """Evict until `wanted` bytes more of a kind keep all limits; False when that cannot be: then nothing went.

        The one exception is the space that the disk's other users are left: for that, all goes that can.
        """
        sweep(self.layout)
        totals = self.index.totals()
        own = totals[kind].space if kind in totals else 0
        excess_of_kind = own + wanted - self.limits.kinds.get(kind, own + wanted)
        excess = sum(total.space for total in totals.values()) + wanted - self.limits.disk_bytes
        lacking = self.limits.min_free_bytes - self.free_bytes()
        if max(excess_of_kind, excess, lacking) <= 0:
            return True
        if excess_of_kind > self._evictable(kind) or excess > self._evictable(None):
            return False
        gone = self.evict(kind, excess_of_kind)
        gone += self.evict(None, max(excess, lacking) - gone)
        return gone >= max(excess, lacking)

    def hold(self) -> bool:
        """Evict until the limits hold for what there is; False when pinned entries keep them from holding."""
        held = True
        for kind in KINDS:
            held &= self.make(kind, 0) or self._evict_all(kind)
        return held

    def evict(self, kind: Kind | None, wanted: int) -> int:
        """Evict entries of a kind, or of any, until `wanted` bytes of space are free or nothing is left to go."""
        gone = 0
        while gone < wanted and (victims := self._victims(kind, wanted - gone)):
            gone += sum(victim.space for victim in victims)
            self.remove(victims)
        return gone

    def remove(self, rows: list[Row]) -> None:
        """Remove entries; the caller knows that nobody has them pinned."""
        for row in rows:
            # The file goes first: an entry is one only with both.
            discard(self.layout.object(*row.address))
            discard(self.layout.head(*row.address))
            self.freed[row.kind] = self.freed.get(row.kind, Freed()) + Freed(1, row.bytes)
        self.index.remove([row.address for row in rows])

    @property
    def pinned(self) -> frozenset[Address]:
        """What living instances use; those that died were swept and use nothing."""
        if self._pinned is None:
            sweep(self.layout)
            self._pinned = pinned(self.layout)
        return self._pinned

    def _evict_all(self, kind: Kind) -> bool:
        own = self.index.totals()
        self.evict(kind, own[kind].space if kind in own else 0)
        return False

    def _evictable(self, kind: Kind | None) -> int:
        totals = self.index.totals()
        there = sum(total.space for each, total in totals.items() if kind in {None, each})
        return there - sum(row.space for row in self._pinned_rows() if kind in {None, row.kind})

    def _pinned_rows(self) -> Iterator[Row]:
        for address in self.pinned:
            row = self.index.row(*address)
            if row is not None:
                yield row

    def _victims(self, kind: Kind | None, wanted: int) -> list[Row]:
        """Return the least recently used that free `wanted` bytes together, at most a batch of them."""
        victims: list[Row] = []
        after = (-1.0, "", "")
        while wanted > 0 and (rows := self.index.oldest(kind, BATCH, after)):
            for row in rows:
                if wanted > 0 and row.address not in self.pinned:
                    victims.append(row)
                    wanted -= row.space
            if victims:
                break
            after = (rows[-1].used, rows[-1].kind, rows[-1].key)
        return victims


def free_bytes_of(layout: Layout) -> int:
    """Return the space that is left on the cache's disk."""
    return shutil.disk_usage(layout.root).free
