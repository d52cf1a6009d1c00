"""Finds entries: pinned first, then read through, so that what is handed out is what was published."""

from __future__ import annotations

import secrets
import stat
import time
from contextlib import suppress

import msgspec

from sidecar.services.cache.head import Head, checksum_of, encode_head, read_head
from sidecar.services.cache.index import Index
from sidecar.services.cache.kinds import Kind
from sidecar.services.cache.layout import HEAD, Address, space
from sidecar.services.cache.session import Step
from sidecar.services.cache.settle import discard, row_of
from sidecar.services.cache.tier import FAILURES, Tier

Identity = tuple[int, int]
"""Inode and time of a file: another one at the same path differs."""


def find(tier: Tier, kind: Kind, key: str, owners: tuple[str, ...], step: Step, *, counted: bool = True) -> Head | None:
    """Return the head of an entry, pinned once for the caller, or None. Counts a hit or a miss, unless it has been."""
    started = time.perf_counter()
    try:
        head = look(tier, (kind, key), step)
    except FAILURES as error:
        tier.report("the cache could not be read", error)
        head = None
    if head is None:
        if counted:
            tier.counters.miss(kind, time.perf_counter() - started)
        return None
    if counted:
        tier.counters.hit(kind, head.bytes, head.seconds, time.perf_counter() - started)
    try:
        with suppress(*FAILURES):
            tier.sessions.used((kind, key), step)
        if not set(owners) <= set(head.owners):
            with suppress(*FAILURES):
                add_owners(tier, (kind, key), owners, step)
    except BaseException:
        tier.instance.unpin((kind, key))
        raise
    return head


def look(tier: Tier, address: Address, step: Step) -> Head | None:
    """Pin an entry and read it through; one that is damaged is removed. Raises what FAILURES names."""

    def pin(index: Index) -> bool:
        there = index.has(*address)
        if there:
            tier.instance.pin(address)
        return there

    if not tier.sessions.shared(pin, step):
        return None
    try:
        identity = _identity(tier, address)
        head = _verified(tier, address, step)
    except BaseException:
        tier.instance.unpin(address)
        raise
    if head is None:
        tier.instance.unpin(address)
        _remove_damaged(tier, address, identity, step)
    return head


def add_owners(tier: Tier, address: Address, owners: tuple[str, ...], step: Step) -> None:
    """Add projects to those that an entry is for; it stays as it is when there is no room for their names."""

    def add(index: Index) -> None:
        head = read_head(tier.layout.head(*address))
        if head is not None:
            write_owners(tier, index, head, tuple(sorted({*head.owners, *owners})))

    tier.sessions.exclusive(add, step)


def write_owners(tier: Tier, index: Index, head: Head, owners: tuple[str, ...]) -> None:
    """Give an entry other owners, inside a session that is exclusive."""
    row = index.row(head.kind, head.key)
    changed = msgspec.structs.replace(head, owners=owners)
    data = encode_head(changed)
    if row is None:
        return
    growth = space(head.bytes, len(data)) - row.space
    if growth > 0:
        with tier.room(index, "limit") as room:
            if not room.make(head.kind, growth) or not index.has(head.kind, head.key):
                return
    temporary = tier.instance.scratch / f"{secrets.token_hex(8)}{HEAD}"
    try:
        temporary.write_bytes(data)
        # Killed in between, the index has counted too much, not too little.
        if growth > 0:
            index.put([row_of(changed, len(data), row.used)])
        temporary.replace(tier.layout.head(head.kind, head.key))
        index.put([row_of(changed, len(data), row.used)])
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _identity(tier: Tier, address: Address) -> Identity | None:
    try:
        found = tier.layout.object(*address).lstat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns


def _verified(tier: Tier, address: Address, step: Step) -> Head | None:
    """Return the head of an entry whose file is the one it speaks of; None for all else."""
    path = tier.layout.object(*address)
    try:
        head = read_head(tier.layout.head(*address))
        if head is None or (head.kind, head.key) != address:
            return None
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_size != head.bytes:
            return None
        return head if checksum_of(path, step) == (head.bytes, head.checksum) else None
    except OSError:
        # Gone, unreadable, or on a bad sector: no entry in any case.
        return None


def _remove_damaged(tier: Tier, address: Address, identity: Identity | None, step: Step) -> None:
    """Remove the file that was found damaged, unless another has been published in its place meanwhile."""

    def remove(index: Index) -> bool:
        if _identity(tier, address) != identity:
            return False
        discard(tier.layout.object(*address))
        discard(tier.layout.head(*address))
        index.remove([address])
        return True

    if tier.sessions.exclusive(remove, step) and identity is not None:
        tier.counters.evicted("corrupt", [(address[0], 1)])
        tier.report("a damaged cache entry was removed", ValueError("/".join(address)))
