"""Publishes files: checked and on the disk before, room made before, then renamed; whole or not at all."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from sidecar.services.cache.finding import add_labels, look
from sidecar.services.cache.head import Head, Labels, checksum_of, encode_head
from sidecar.services.cache.index import Index
from sidecar.services.cache.layout import HEAD, space
from sidecar.services.cache.session import Step
from sidecar.services.cache.settle import discard, row_of
from sidecar.services.cache.tier import FAILURES, Tier
from sidecar.services.files import NO_SPACE, fsync_file, make_private

ATTEMPTS = 3
SHRINK = 10
"""On a full disk a tenth of what the cache holds goes, before one more try."""

Outcome = Literal["stored", "there", "full"]


def publish(tier: Tier, head: Head, made: Path, step: Step) -> Head | None:
    """Take a file over as what `head` says, size and checksum excepted; return its head, pinned once for the caller.

    An entry that is there stays, and the file goes. None when it cannot be kept; the file then stays.
    Raises FileNotFoundError when there is no such file.
    """
    made.stat()
    try:
        return _publish(tier, head, made, step)
    except FAILURES as error:
        tier.report("a file could not be kept in the cache", error)
        return None


def _publish(tier: Tier, head: Head, made: Path, step: Step) -> Head | None:
    checked: Head | None = None
    address = (head.kind, head.key)
    for _ in range(ATTEMPTS):
        if (found := look(tier, address, step)) is not None:
            return _there(tier, found, head, made, step)
        if checked is None:
            checked = _checked(head, made, step)
        outcome = _with_more_space(tier, checked, made, step)
        if outcome == "stored":
            tier.counters.stored()
            return checked
        if outcome == "full":
            return None
    return None


def _there(tier: Tier, found: Head, head: Head, made: Path, step: Step) -> Head:
    """Keep the entry that is there: whoever has it open goes on reading the same file."""
    try:
        labels = Labels(head.owners, head.sources)
        if not labels.within(found):
            with suppress(*FAILURES):
                add_labels(tier, (head.kind, head.key), labels, step)
        made.unlink(missing_ok=True)
    except BaseException:
        tier.instance.unpin((head.kind, head.key))
        raise
    return found


def _checked(head: Head, made: Path, step: Step) -> Head:
    size, checksum = checksum_of(made, step)
    fsync_file(made)
    return Head(
        kind=head.kind,
        key=head.key,
        bytes=size,
        checksum=checksum,
        made=time.time(),
        seconds=head.seconds,
        meta=head.meta,
        owners=tuple(sorted(set(head.owners))),
        sources=tuple(sorted(set(head.sources))),
    )


def _with_more_space(tier: Tier, head: Head, made: Path, step: Step) -> Outcome:
    """Store; when the disk is full, once more after the cache has shrunk."""
    try:
        return _stored(tier, head, made, step)
    except OSError as error:
        if error.errno not in NO_SPACE:
            raise
        tier.report("the disk is full; the cache shrinks", error)
    tier.sessions.exclusive(lambda index: _shrink(tier, index), step)
    return _stored(tier, head, made, step)


def _shrink(tier: Tier, index: Index) -> None:
    held = sum(total.space for total in index.totals().values())
    with tier.room(index, "limit") as room:
        room.evict(None, held // SHRINK)


def _stored(tier: Tier, head: Head, made: Path, step: Step) -> Outcome:
    data = encode_head(head)
    with _nearby(tier, made) as file, _temporary(tier, HEAD) as head_file:
        head_file.write_bytes(data)

        def store(index: Index) -> Outcome:
            if index.has(head.kind, head.key):
                return "there"
            with tier.room(index, "limit") as room:
                if not room.make(head.kind, space(head.bytes, len(data))):
                    return "full"
            _rename(tier, index, head, file, head_file)
            return "stored"

        outcome = tier.sessions.exclusive(store, step)
    if outcome == "stored" and file != made:
        # It was copied from another disk; left behind it is not the cache's, but its maker gave it away.
        with suppress(OSError):
            made.unlink(missing_ok=True)
    return outcome


def _rename(tier: Tier, index: Index, head: Head, file: Path, head_file: Path) -> None:
    address = (head.kind, head.key)
    head_path, path = tier.layout.head(*address), tier.layout.object(*address)
    make_private(path.parent)
    row = row_of(head, head_file.stat().st_size, head.made)
    tier.instance.pin(address)
    try:
        index.put([row])
        head_file.replace(head_path)
        file.replace(path)
    except BaseException:
        tier.instance.unpin(address)
        discard(head_path)
        index.remove([address])
        raise


@contextmanager
def _nearby(tier: Tier, made: Path) -> Iterator[Path]:
    """Give the file where it can be renamed into the cache: itself, or a copy that goes again."""
    if same_disk(made, tier.instance.scratch):
        yield made
        return
    with _temporary(tier, ".copy") as copy:
        shutil.copyfile(made, copy)
        fsync_file(copy)
        yield copy


def same_disk(one: Path, other: Path) -> bool:
    """Whether one can be renamed to where the other lies."""
    return one.stat().st_dev == other.stat().st_dev


@contextmanager
def _temporary(tier: Tier, suffix: str) -> Iterator[Path]:
    path = tier.instance.scratch / f"{secrets.token_hex(8)}{suffix}"
    try:
        yield path
    finally:
        # What stays is swept with the instance.
        with suppress(OSError):
            path.unlink(missing_ok=True)
