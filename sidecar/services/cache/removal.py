"""Removes entries on demand, and holds the limits after they have changed."""

from __future__ import annotations

from collections.abc import Sequence

from sidecar.services.cache.counters import Cause
from sidecar.services.cache.finding import write_owners
from sidecar.services.cache.head import read_head
from sidecar.services.cache.index import Index, Row
from sidecar.services.cache.kinds import Kind
from sidecar.services.cache.layout import Address
from sidecar.services.cache.limits import Freed
from sidecar.services.cache.session import Step
from sidecar.services.cache.tier import FAILURES, Tier, freed_in

BATCH = 64
"""Entries that are removed at a time, before others get their turn at the lock."""


def remove(tier: Tier, address: Address, cause: Cause, step: Step) -> bool:
    """Remove an entry; False when there is none or it is in use."""
    try:
        return _removed(tier, [address], None, cause, step).entries > 0
    except FAILURES as error:
        tier.report("a cache entry could not be removed", error)
        return False


def clear(tier: Tier, kinds: Sequence[Kind], owner: str | None, older: float | None, step: Step) -> Freed:
    """Remove entries of these kinds, of one project if given, last used before a Unix time if given.

    What is in use stays. What other projects own too stays theirs.
    """
    freed = Freed()
    try:
        addresses = tier.sessions.exclusive(lambda index: index.select(kinds, owner, older), step)
        for start in range(0, len(addresses), BATCH):
            step()
            freed += _removed(tier, addresses[start : start + BATCH], owner, "cleared", step)
    except FAILURES as error:
        tier.report("the cache could not be cleared", error)
    return freed


def hold_limits(tier: Tier, step: Step) -> Freed:
    """Evict what limits do not allow any more, but for what is in use."""

    def hold(index: Index) -> Freed:
        with tier.room(index, "limit") as room:
            room.hold()
        return freed_in(room)

    try:
        return tier.sessions.exclusive(hold, step)
    except FAILURES as error:
        tier.report("the cache could not be held to its limits", error)
        return Freed()


def _removed(tier: Tier, addresses: list[Address], owner: str | None, cause: Cause, step: Step) -> Freed:
    def work(index: Index) -> Freed:
        with tier.room(index, cause) as room:
            rows = [row for address in addresses if (row := index.row(*address)) is not None]
            room.remove([row for row in rows if row.address not in room.pinned and _only(row, owner)])
            for row in rows:
                if owner is not None and not _only(row, owner):
                    _disown(tier, index, row, owner)
        return freed_in(room)

    return tier.sessions.exclusive(work, step)


def _only(row: Row, owner: str | None) -> bool:
    return owner is None or set(row.owners) <= {owner}


def _disown(tier: Tier, index: Index, row: Row, owner: str) -> None:
    head = read_head(tier.layout.head(*row.address))
    if head is not None:
        write_owners(tier, index, head, tuple(each for each in head.owners if each != owner))
