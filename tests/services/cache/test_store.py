"""The cache's files: found, published and made by key."""

from __future__ import annotations

from pathlib import Path

from sidecar.services.cache.limits import CacheLimits
from sidecar.services.cache.store import open_cache_store

KEY = "ab" * 32


async def test_what_is_published_is_found(tmp_path: Path) -> None:
    with open_cache_store(tmp_path, instance_id="one", limits=lambda: CacheLimits(1 << 20)) as store:
        await go(store)


async def go(store):
    made = store.scratch / "made"
    made.write_bytes(b"content")
    published = await store.publish("segments", KEY, made, meta={"frames": 7})
    assert published is not None
    assert not made.exists()
    found = await store.find("segments", KEY)
    assert found is not None
    with found:
        assert (found.path.read_bytes(), found.meta, found.bytes) == (b"content", {"frames": 7}, 7)
    assert await store.known("segments", [KEY, "cd" * 32]) == {KEY}
