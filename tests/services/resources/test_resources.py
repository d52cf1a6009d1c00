"""Resources: offered, opened, and gone."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trio

from protocol.errors import ResourceLimit
from sidecar.services.cache.memory import MemoryTier
from sidecar.services.cache.store import CacheStore
from sidecar.services.loopback import Loopback
from sidecar.services.resources import Content, Refusal, Resources
from sidecar.services.resources import holding as holdings
from tests.services.cache.shelf import content_of, key_of, open_store, put


@contextmanager
def offering(memory: MemoryTier, store: CacheStore | None = None) -> Iterator[Resources]:
    """Give resources over tiers that are there."""

    def cache() -> CacheStore:
        assert store is not None
        return store

    loopback = Loopback(lambda: 0)
    resources = Resources(loopback, lambda: memory, cache, lambda: b"s" * 32)
    try:
        yield resources
    finally:
        resources.close()
        loopback.close()


def path_of(url: str) -> str:
    return "/" + url.split("/", maxsplit=3)[3]


async def opened(resources: Resources, url: str) -> Content:
    found = await resources.open(path_of(url))
    assert isinstance(found, Content)
    return found


async def refused(resources: Resources, url: str) -> Refusal:
    found = await resources.open(path_of(url))
    assert not isinstance(found, Content)
    return found


async def whole(resources: Resources, url: str) -> bytes:
    with await opened(resources, url) as content:
        return await content.source.read(0, content.bytes)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[CacheStore]:
    with open_store(tmp_path / "cache") as opened_store:
        yield opened_store


async def test_bytes_are_kept_under_what_they_are() -> None:
    memory = MemoryTier(1 << 20)
    with offering(memory) as resources:
        one = resources.offer_bytes(b"picture", "image/jpeg", width=4, height=3)
        assert (one.bytes, one.content_type, one.width, one.height, one.lifetime) == (
            7,
            "image/jpeg",
            4,
            3,
            "immutable",
        )
        assert one.url.startswith("http://127.0.0.1:")
        assert resources.offer_bytes(b"picture", "image/jpeg").url == one.url
        assert resources.offer_bytes(b"picture", "image/png").url != one.url
        assert resources.offer_bytes(b"Picture", "image/jpeg").url != one.url
        assert await whole(resources, one.url) == b"picture"


async def test_bytes_that_were_evicted_are_gone_until_they_are_back(store: CacheStore) -> None:
    memory = MemoryTier(1 << 20)
    with offering(memory, store) as resources:
        one = resources.offer_bytes(b"picture", "image/jpeg")
        kept = await opened(resources, one.url)
        memory.resize(0)
        memory.resize(1 << 20)
        assert await kept.source.read(0, 100) == b"picture"
        kept.source.close()
        assert await refused(resources, one.url) == "gone"
        resources.offer_bytes(b"picture", "image/jpeg")
        assert await whole(resources, one.url) == b"picture"


async def test_more_than_memory_holds_is_refused() -> None:
    with offering(MemoryTier(10_000)) as resources, pytest.raises(ResourceLimit) as caught:
        resources.offer_bytes(b"x" * 20_000, "a/b")
    assert caught.value.context() == {"what": "bytes of the memory cache", "value": 20_000, "limit": 10_000}


async def test_entries_come_from_memory_and_from_disk(store: CacheStore) -> None:
    memory = MemoryTier(1 << 20)
    with offering(memory, store) as resources:
        assert await put(store, "on disk", 5000, "filmstrips")
        memory.put("frames", key_of("in memory"), b"held")
        disk = resources.offer_entry("filmstrips", key_of("on disk"), "image/webp", bytes=5000, width=90, height=50)
        held = resources.offer_entry("frames", key_of("in memory"), "image/png", bytes=4)
        assert (disk.bytes, disk.width, disk.height, disk.lifetime) == (5000, 90, 50, "immutable")
        assert await whole(resources, disk.url) == content_of(key_of("on disk"), 5000)
        assert await whole(resources, held.url) == b"held"
        with await opened(resources, disk.url) as content:
            assert await content.source.read(4990, 100) == content_of(key_of("on disk"), 5000)[4990:]


async def test_an_entry_that_is_cleared_is_gone_and_one_that_never_was_unknown(store: CacheStore) -> None:
    with offering(MemoryTier(1 << 20), store) as resources:
        await put(store, "a", 5000, "filmstrips")
        offered = resources.offer_entry("filmstrips", key_of("a"), "image/webp", bytes=5000)
        await store.remove("filmstrips", key_of("a"))
        assert await refused(resources, offered.url) == "gone"
        assert await refused(resources, offered.url[:-1]) == "unknown"
        await put(store, "a", 5000, "filmstrips")
        assert await whole(resources, offered.url) == content_of(key_of("a"), 5000)


async def test_nothing_damaged_is_given(store: CacheStore, tmp_path: Path) -> None:
    with offering(MemoryTier(1 << 20), store) as resources:
        await put(store, "a", 5000, "filmstrips")
        offered = resources.offer_entry("filmstrips", key_of("a"), "image/webp", bytes=5000)
        key = key_of("a")
        file = tmp_path / "cache" / "objects" / "filmstrips" / key[:2] / key
        data = bytearray(file.read_bytes())
        data[2500] ^= 1
        file.write_bytes(data)
        assert await refused(resources, offered.url) == "gone"


async def test_what_is_no_address_is_no_entry() -> None:
    with offering(MemoryTier(1 << 20)) as resources:
        for kind, key in (("frames", "x"), ("frames", "A" * 64), ("../x", "0" * 64)):
            with pytest.raises(ValueError, match="no cache address"):
                resources.offer_entry(kind, key, "a/b", bytes=1)  # type: ignore[arg-type]


async def test_an_entry_is_good_in_another_sidecar_of_the_same_cache(store: CacheStore) -> None:
    await put(store, "a", 5000, "filmstrips")
    with offering(MemoryTier(1 << 20), store) as one, offering(MemoryTier(1 << 20), store) as other:
        offered = one.offer_entry("filmstrips", key_of("a"), "image/webp", bytes=5000)
        assert await whole(other, offered.url) == content_of(key_of("a"), 5000)


async def test_an_entry_fetched_in_parts_is_read_through_once(
    store: CacheStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holdings, "LARGE", 4000)
    found: list[str] = []
    find = store.find

    async def counted(*given: object, **more: object) -> object:
        found.append(str(given[1]))
        return await find(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "find", counted)
    with offering(MemoryTier(1 << 20), store) as resources:
        for name, size in (("large", 5000), ("small", 3000)):
            await put(store, name, size, "proxies")
            offered = resources.offer_entry("proxies", key_of(name), "video/mp4", bytes=size)
            for start in range(0, size, 500):
                with await opened(resources, offered.url) as content:
                    part = await content.source.read(start, 500)
                assert part == content_of(key_of(name), size)[start : start + 500]
        assert found.count(key_of("large")) == 1
        assert found.count(key_of("small")) == 6


async def test_what_is_held_is_let_go_in_time_and_at_the_end(
    store: CacheStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holdings, "LARGE", 4000)
    monkeypatch.setattr(holdings, "SECONDS", 0.2)
    with offering(MemoryTier(1 << 20), store) as resources:
        await put(store, "a", 5000, "proxies")
        offered = resources.offer_entry("proxies", key_of("a"), "video/mp4", bytes=5000)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(resources.tend)
            with await opened(resources, offered.url):
                assert not await store.remove("proxies", key_of("a"))
            with trio.fail_after(60):
                while not await store.remove("proxies", key_of("a")):  # noqa: ASYNC110 - no event says that it may go
                    await trio.sleep(0.02)
            nursery.cancel_scope.cancel()
        assert await refused(resources, offered.url) == "gone"
        await put(store, "a", 5000, "proxies")
        assert await whole(resources, offered.url) == content_of(key_of("a"), 5000)
        assert not await store.remove("proxies", key_of("a"))
        resources.close()
        assert await store.remove("proxies", key_of("a"))


async def test_a_held_entry_whose_file_somebody_removed_is_gone_and_not_held(
    store: CacheStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holdings, "LARGE", 4000)
    with offering(MemoryTier(1 << 20), store) as resources:
        await put(store, "a", 5000, "proxies")
        key = key_of("a")
        offered = resources.offer_entry("proxies", key, "video/mp4", bytes=5000)
        await whole(resources, offered.url)
        (tmp_path / "cache" / "objects" / "proxies" / key[:2] / key).unlink()
        assert await refused(resources, offered.url) == "gone"
        await store.find("proxies", key)
        await put(store, "a", 5000, "proxies")
        assert await whole(resources, offered.url) == content_of(key, 5000)


async def test_what_is_gone_while_it_is_read_is_not_held_once_it_is_back(
    store: CacheStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holdings, "LARGE", 4000)
    with offering(MemoryTier(1 << 20), store) as resources:
        await put(store, "a", 5000, "proxies")
        key = key_of("a")
        offered = resources.offer_entry("proxies", key, "video/mp4", bytes=5000)
        await whole(resources, offered.url)
        with await opened(resources, offered.url):
            (tmp_path / "cache" / "objects" / "proxies" / key[:2] / key).unlink()
            assert await refused(resources, offered.url) == "gone"
        await store.find("proxies", key)
        await put(store, "a", 5000, "proxies")
        assert await whole(resources, offered.url) == content_of(key, 5000)
        assert not await store.remove("proxies", key)


async def test_a_file_is_offered_while_the_sidecar_lives(tmp_path: Path) -> None:
    path = tmp_path / "film \udcff.bin"
    path.write_bytes(b"0123456789")
    with offering(MemoryTier(1 << 20)) as resources, offering(MemoryTier(1 << 20)) as other:
        offered = resources.offer_file(path, "video/mp4")
        assert (offered.bytes, offered.lifetime, offered.width, offered.height) == (10, "session", None, None)
        assert "film" not in offered.url
        assert resources.offer_file(path, "video/mp4").url == offered.url
        assert await whole(resources, offered.url) == b"0123456789"
        assert await refused(other, offered.url) == "unknown"
        resources.withdraw(offered)
        assert await refused(resources, offered.url) == "unknown"


async def test_only_files_are_given(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    (tmp_path / "secret").write_bytes(b"secret")
    with offering(MemoryTier(1 << 20)) as resources:
        offered = resources.offer_file(path, "a/b")
        path.unlink()
        assert await refused(resources, offered.url) == "gone"
        path.symlink_to(tmp_path / "secret")
        assert await refused(resources, offered.url) == "gone"
        path.unlink()
        os.mkfifo(path)
        assert await refused(resources, offered.url) == "gone"
        path.unlink()
        path.mkdir()
        assert await refused(resources, offered.url) == "gone"
        with pytest.raises(FileNotFoundError):
            resources.offer_file(tmp_path / "missing", "a/b")


async def test_offers_cost_no_memory(store: CacheStore) -> None:
    with offering(MemoryTier(1 << 20), store) as resources:
        for number in range(10_000):
            resources.offer_entry("frames", key_of(number), "image/jpeg", bytes=number)
        assert len(resources._files) == 0
        assert await refused(resources, resources.offer_entry("frames", key_of(1), "image/jpeg", bytes=1).url) == "gone"
