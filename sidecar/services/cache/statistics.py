"""What the disk tier holds and has done, by kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sidecar.services.cache.counters import KindCounts
from sidecar.services.cache.index import Index, Total
from sidecar.services.cache.instance import pinned, sweep
from sidecar.services.cache.kinds import KINDS, Kind
from sidecar.services.cache.limits import CacheLimits
from sidecar.services.cache.session import Step
from sidecar.services.cache.tier import FAILURES, Tier


@dataclass(frozen=True, slots=True)
class KindStats:
    """One kind: what is there, how many entries are in use by any sidecar, and what this one has counted."""

    held: Total
    pinned: int
    counts: KindCounts


@dataclass(frozen=True, slots=True)
class Stats:
    """The disk tier at one moment."""

    held: Total
    limits: CacheLimits
    kinds: Mapping[Kind, KindStats]

    @property
    def fragmentation(self) -> float | None:
        """The share of the space taken on the disk that holds nothing: files end in the midst of blocks."""
        return 1 - self.held.bytes / self.held.space if self.held.space else None


def statistics(tier: Tier, step: Step) -> Stats:
    """Count what is there; nothing where the cache cannot be used."""

    def read(index: Index) -> tuple[Mapping[Kind, Total], Counter[Kind]]:
        sweep(tier.layout)
        return index.totals(), Counter(kind for kind, _ in pinned(tier.layout))

    try:
        totals, pins = tier.sessions.exclusive(read, step)
    except FAILURES as error:
        tier.report("the cache could not be counted", error)
        totals, pins = {}, Counter()
    kinds = {kind: KindStats(totals.get(kind, Total()), pins[kind], tier.counters.of(kind)) for kind in KINDS}
    held = [each.held for each in kinds.values()]
    total = Total(
        sum(each.entries for each in held), sum(each.bytes for each in held), sum(each.space for each in held)
    )
    return Stats(total, tier.limits(), kinds)
