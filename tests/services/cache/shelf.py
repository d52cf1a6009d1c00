"""What tests of the cache share: keys, contents that follow from keys, and what lies on the disk."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from sidecar.services.cache.instance import claim_instance
from sidecar.services.cache.kinds import Kind
from sidecar.services.cache.layout import BLOCK, Layout
from sidecar.services.cache.limits import CacheLimits
from sidecar.services.cache.session import Sessions
from sidecar.services.cache.store import CacheStore, open_cache_store
from sidecar.services.cache.tier import Report, Tier

PLENTY = 1 << 30


def key_of(name: object) -> str:
    """Return a key as it looks."""
    return hashlib.sha256(str(name).encode()).hexdigest()


def content_of(key: str, size: int) -> bytes:
    """Return the content that belongs to a key: what is found is checked against it."""
    return hashlib.shake_128(key.encode()).digest(size)


def size_of(key: str, most: int) -> int:
    """Return a size that belongs to a key."""
    return int(key[:8], 16) % most + 1


def cost(size: int) -> int:
    """Return what limits count for a file of this size, with its head."""
    return -(-size // BLOCK) * BLOCK + BLOCK


def broken(what: str, error: Exception) -> None:
    """Take no failure of a cache for granted; damage is done on purpose."""
    if what != "a damaged cache entry was removed":
        pytest.fail(f"{what}: {error!r}")


@contextmanager
def open_store(
    root: Path, limit: int = PLENTY, name: str = "one", kinds: Mapping[Kind, int] | None = None
) -> Iterator[CacheStore]:
    """Open a cache of which no part may fail."""
    limits = CacheLimits(limit, kinds=kinds or {})
    with open_cache_store(root, instance_id=name, limits=lambda: limits, report=broken) as store:
        yield store


@contextmanager
def open_tier(root: Path, limits: CacheLimits, name: str = "one", report: Report = broken) -> Iterator[Tier]:
    """Open the blocking part of a cache."""
    layout = Layout(root)
    instance = claim_instance(layout, name)
    tier = Tier(layout, instance, Sessions(layout, instance.prepare), lambda: limits, report)
    try:
        yield tier
    finally:
        tier.sessions.close()
        instance.close()


def unheard(_what: str, _error: Exception) -> None:
    """Let parts of a cache fail."""


async def put(store: CacheStore, name: object, size: int = 1000, kind: Kind = "segments") -> bool:
    """Publish content that belongs to a name; say whether it was kept."""
    key = key_of(name)
    made = store.scratch / f"made-{key}"
    made.write_bytes(content_of(key, size))
    pinned = await store.publish(kind, key, made)
    if pinned is None:
        assert made.exists()
        made.unlink()
        return False
    assert not made.exists()
    with pinned:
        assert pinned.path.read_bytes() == content_of(key, size)
    return True


async def has(store: CacheStore, name: object, size: int = 1000, kind: Kind = "segments") -> bool:
    """Find an entry, and see that it is what belongs to its name."""
    key = key_of(name)
    found = await store.find(kind, key)
    if found is None:
        return False
    with found:
        assert found.path.read_bytes() == content_of(key, size)
    return True


def objects(root: Path) -> list[Path]:
    """Return all files of entries."""
    return [path for path in (root / "objects").rglob("*") if path.is_file() and path.suffix != ".head"]


def used_space(root: Path, *parts: str) -> int:
    """Return what all files below some folders take on the disk, in blocks: what the limits are about."""
    total = 0
    for part in parts or ("objects",):
        for folder, _, names in os.walk(root / part):
            for name in names:
                try:
                    size = os.lstat(f"{folder}/{name}").st_size
                except FileNotFoundError:
                    continue
                total += -(-size // BLOCK) * BLOCK
    return total


def nothing() -> None:
    """Be the step of a task that nobody cancels."""
