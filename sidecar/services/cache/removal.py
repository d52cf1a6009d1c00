"""Removes entries on demand, and holds the limits after they have changed."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sidecar.services.cache.counters import Cause
from sidecar.services.cache.finding import rewrite_heads
from sidecar.services.cache.head import Head, read_head
from sidecar.services.cache.index import Index, Row
from sidecar.services.cache.layout import Address
from sidecar.services.cache.limits import Cleared, Freed
from sidecar.services.cache.selection import Selection
from sidecar.services.cache.session import Step
from sidecar.services.cache.tier import FAILURES, Tier, freed_in

BATCH = 400
"""Entries that are removed at a time, a few hundredths of a second, before others get their turn at the lock."""


def remove(tier: Tier, address: Address, cause: Cause, step: Step) -> bool:
    """Remove an entry; False when there is none or it is in use."""
    try:
        return _removed(tier, [address], None, cause, step).freed.entries > 0
    except FAILURES as error:
        tier.report("a cache entry could not be removed", error)
        return False


def clear(tier: Tier, what: Selection, step: Step, *, dry_run: bool = False) -> Cleared:
    """Remove the entries that are meant, or only say which. What is in use stays; what others own too stays theirs."""
    cleared = Cleared()
    try:
        addresses = tier.sessions.exclusive(lambda index: index.select(what), step)
        for start in range(0, len(addresses), BATCH):
            step()
            some = addresses[start : start + BATCH]
            if dry_run:
                cleared += _would_remove(tier, some, what.owner, step)
            else:
                cleared += _removed(tier, some, what.owner, "cleared", step)
    except FAILURES as error:
        tier.report("the cache could not be cleared", error)
    return cleared


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


def _removed(tier: Tier, addresses: Sequence[Address], owner: str | None, cause: Cause, step: Step) -> Cleared:
    def work(index: Index) -> Cleared:
        rows = index.rows(addresses)
        shared = [row for row in rows if not _only(row, owner)]
        with tier.room(index, cause) as room:
            own = [row for row in rows if _only(row, owner)]
            going = [row for row in own if row.address not in room.pinned]
            room.remove(going)
        if owner is not None and shared:
            rewrite_heads(tier, index, [head for row in shared if (head := _disowned(tier, row, owner)) is not None])
        return Cleared(freed_in(room), len(own) - len(going), len(shared))

    return tier.sessions.exclusive(work, step)


def _would_remove(tier: Tier, addresses: Sequence[Address], owner: str | None, step: Step) -> Cleared:
    def work(index: Index) -> Cleared:
        rows = index.rows(addresses)
        with tier.room(index, "cleared") as room:
            own = [row for row in rows if _only(row, owner)]
            going = [row for row in own if row.address not in room.pinned]
        return Cleared(Freed(len(going), sum(row.space for row in going)), len(own) - len(going), len(rows) - len(own))

    return tier.sessions.exclusive(work, step)


def _only(row: Row, owner: str | None) -> bool:
    return owner is None or set(row.labels.owners) <= {owner}


def _disowned(tier: Tier, row: Row, owner: str) -> Head | None:
    head = read_head(tier.layout.files(*row.address)[1])
    if head is None:
        return None
    return msgspec.structs.replace(head, owners=tuple(each for each in head.owners if each != owner))
