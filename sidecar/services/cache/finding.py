"""Finds entries: pinned first, then read through, so that what is handed out is what was published."""

from __future__ import annotations

import secrets
import stat
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Literal

from sidecar.services.cache.head import Head, Labels, checksum_of, encode_head, read_head
from sidecar.services.cache.index import Index, Row
from sidecar.services.cache.kinds import Kind
from sidecar.services.cache.layout import HEAD, Address
from sidecar.services.cache.session import Step
from sidecar.services.cache.settle import discard, row_of
from sidecar.services.cache.tier import FAILURES, Tier

Identity = tuple[int, int]
"""Inode and time of a file: another one at the same path differs."""


def find(tier: Tier, kind: Kind, key: str, labels: Labels, step: Step, *, counted: bool = True) -> Head | None:
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
        if not labels.within(head):
            with suppress(*FAILURES):
                add_labels(tier, (kind, key), labels, step)
    except BaseException:
        tier.instance.unpin((kind, key))
        raise
    return head


def look(tier: Tier, address: Address, step: Step) -> Head | None:
    """Pin an entry and read it through; one that is damaged is removed. Raises what FAILURES names."""
    found = inspect(tier, address, step)
    return found if isinstance(found, Head) else None


def inspect(tier: Tier, address: Address, step: Step, *, remove: bool = True) -> Head | Literal["missing", "damaged"]:
    """Pin an entry and read it through; what is damaged is not pinned, and goes if it shall."""

    def pin(index: Index) -> bool:
        there = index.has(*address)
        if there:
            tier.instance.pin(address)
        return there

    if not tier.sessions.shared(pin, step):
        return "missing"
    try:
        identity = _identity(tier, address)
        head = _verified(tier, address, step)
    except BaseException:
        tier.instance.unpin(address)
        raise
    if head is None:
        tier.instance.unpin(address)
        if remove:
            _remove_damaged(tier, address, identity, step)
        return "damaged"
    return head


def add_labels(tier: Tier, address: Address, labels: Labels, step: Step) -> None:
    """Add projects and files to those of an entry; it stays as it is when there is no room for their names."""

    def add(index: Index) -> None:
        head = read_head(tier.layout.head(*address))
        if head is not None:
            rewrite_heads(tier, index, [labels.added(head)])

    tier.sessions.exclusive(add, step)


def rewrite_heads(tier: Tier, index: Index, heads: Sequence[Head]) -> None:
    """Give entries other heads, inside a session that is exclusive; those that there is no room for stay as they are."""
    rows = {row.address: row for row in index.rows([(head.kind, head.key) for head in heads])}
    changed: list[Row] = []
    for head in heads:
        row = rows.get((head.kind, head.key))
        data = encode_head(head)
        if row is None:
            continue
        new = row_of(head, len(data), row.used)
        if new.space > row.space:
            # Killed in between, the index has counted too much, not too little.
            if not _room_to_grow(tier, index, new, new.space - row.space):
                continue
            index.put([new])
        _replace_head(tier, head, data)
        changed.append(new)
    index.put(changed)


def _room_to_grow(tier: Tier, index: Index, row: Row, growth: int) -> bool:
    with tier.room(index, "limit") as room:
        return room.make(row.kind, growth) and index.has(*row.address)


def _replace_head(tier: Tier, head: Head, data: bytes) -> None:
    temporary = tier.instance.scratch / f"{secrets.token_hex(8)}{HEAD}"
    try:
        temporary.write_bytes(data)
        temporary.replace(tier.layout.head(head.kind, head.key))
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
