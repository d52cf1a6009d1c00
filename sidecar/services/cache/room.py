"""Makes room before something is stored: the least recently used goes first, what is pinned stays."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field

from sidecar.services.cache.index import Index, Row
from sidecar.services.cache.instance import pinned, sweep
from sidecar.services.cache.kinds import Kind
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
    freed: dict[Kind, Freed] = field(default_factory=dict)
    _pinned: frozenset[Address] | None = None

    def make(self, kind: Kind, wanted: int) -> bool:
        """Evict until `wanted` bytes more of a kind keep all limits; False when that cannot be: then nothing went.

        The one exception is the space that the disk's other users are left: for that, all goes that can.
        """
        sweep(self.layout)
        own = self._held(kind)
        excess_of_kind = own + wanted - self.limits.kinds.get(kind, own + wanted)
        excess = self._held(None) + wanted - self.limits.disk_bytes
        lacking = self.limits.min_free_bytes - free_bytes_of(self.layout)
        if max(excess_of_kind, excess, lacking) <= 0:
            return True
        if excess_of_kind > self._evictable(kind) or excess > self._evictable(None):
            return False
        gone = self.evict(kind, excess_of_kind)
        gone += self.evict(None, max(excess, lacking) - gone)
        return gone >= max(excess, lacking)

    def hold(self) -> None:
        """Evict until the limits hold for what there is, or all that may go is gone."""
        sweep(self.layout)
        for kind, quota in self.limits.kinds.items():
            self.evict(kind, self._held(kind) - quota)
        excess = self._held(None) - self.limits.disk_bytes
        self.evict(None, max(excess, self.limits.min_free_bytes - free_bytes_of(self.layout)))

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
            for file in self.layout.files(*row.address):
                discard(file)
            self.freed[row.kind] = self.freed.get(row.kind, Freed()) + Freed(1, row.space)
        self.index.remove([row.address for row in rows])

    @property
    def pinned(self) -> frozenset[Address]:
        """What living instances use; those that died were swept and use nothing."""
        if self._pinned is None:
            sweep(self.layout)
            self._pinned = pinned(self.layout)
        return self._pinned

    def _held(self, kind: Kind | None) -> int:
        return sum(total.space for each, total in self.index.totals().items() if kind in {None, each})

    def _evictable(self, kind: Kind | None) -> int:
        kept: dict[Kind, list[str]] = {}
        for each, key in self.pinned:
            if kind in {None, each}:
                kept.setdefault(each, []).append(key)
        return self._held(kind) - sum(self.index.space(each, keys) for each, keys in kept.items())

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
