"""The cache's files: found, published and made by key."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import trio

from sidecar.services.cache import finding, publishing
from sidecar.services.cache.head import checksum_of
from sidecar.services.cache.limits import CacheLimits, Cleared, Freed
from sidecar.services.cache.selection import Selection
from sidecar.services.cache.store import open_cache_store
from tests.services.cache.shelf import content_of, cost, has, key_of, objects, open_store, put

KEY = "ab" * 32


async def test_what_is_published_is_found(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        made = store.scratch / "made"
        made.write_bytes(b"content")
        published = await store.publish("segments", KEY, made, meta={"frames": 7})
        assert published is not None
        assert published.stored
        assert not made.exists()
        found = await store.find("segments", KEY)
        assert found is not None
        with found:
            assert (found.path.read_bytes(), found.meta, found.bytes) == (b"content", {"frames": 7}, 7)
        assert await store.known("segments", [KEY, "cd" * 32]) == {KEY}
        assert await store.known("sound", [KEY]) == frozenset()
        assert await store.find("sound", KEY) is None


async def test_it_is_there_for_the_next_process(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        assert await put(store, "one")
    with open_store(tmp_path, name="two") as store:
        assert await has(store, "one")
        assert await store.known("segments", [key_of(number) for number in range(2000)] + [key_of("one")]) == {
            key_of("one")
        }


async def test_the_first_of_two_that_make_a_key_stays(tmp_path: Path) -> None:
    with open_store(tmp_path) as one, open_store(tmp_path, name="two") as two:
        assert await put(one, "same")
        kept = await one.find("segments", key_of("same"))
        assert kept is not None
        inode = kept.path.stat().st_ino
        made = two.scratch / "made"
        made.write_bytes(b"the same, made with other bytes")
        with kept:
            published = await two.publish("segments", key_of("same"), made)
            assert published is not None
            with published:
                assert published.path.stat().st_ino == inode
                assert published.bytes == 1000
        assert not made.exists()


async def test_a_file_of_another_disk_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "same_disk", lambda _one, _other: False)
    with open_store(tmp_path / "cache") as store:
        made = tmp_path / "made"
        made.write_bytes(content_of(key_of("far"), 5000))
        published = await store.publish("sound", key_of("far"), made)
        assert published is not None
        published.release()
        assert not made.exists()
        assert await has(store, "far", 5000, "sound")
        assert list(store.scratch.iterdir()) == []


async def test_what_is_no_key_is_refused(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        for key in ("", "ab", "AB" * 32, "../" + "a" * 61, "a" * 65):
            with pytest.raises(ValueError, match="no cache address"):
                await store.find("segments", key)
        with pytest.raises(ValueError, match="no cache address"):
            await store.find("nothing", KEY)  # type: ignore[arg-type]


async def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        with pytest.raises(FileNotFoundError):
            await store.publish("segments", KEY, tmp_path / "missing")
        assert await store.find("segments", KEY) is None


def cancel_while_reading(scope: trio.CancelScope, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancel the task as soon as its thread reads a file through."""

    def cancelled(path: Path, step: Callable[[], None]) -> tuple[int, int]:
        trio.from_thread.run_sync(scope.cancel)
        return checksum_of(path, step)

    for module in (publishing, finding):
        monkeypatch.setattr(module, "checksum_of", cancelled)


async def test_a_cancelled_publication_leaves_the_file_and_no_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(tmp_path) as store:
        made = store.scratch / "made"
        made.write_bytes(bytes(3 << 20))
        with trio.CancelScope() as scope:
            cancel_while_reading(scope, monkeypatch)
            await store.publish("segments", KEY, made)
        assert scope.cancelled_caught
        assert made.stat().st_size == 3 << 20
        assert list(store.scratch.iterdir()) == [made]
        assert objects(tmp_path) == []
        assert (await store.stats()).kinds["segments"].pinned == 0


async def test_a_cancelled_search_leaves_no_pin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_store(tmp_path) as store:
        made = store.scratch / "made"
        made.write_bytes(bytes(3 << 20))
        published = await store.publish("segments", KEY, made)
        assert published is not None
        published.release()
        with trio.CancelScope() as scope, monkeypatch.context() as patched:
            cancel_while_reading(scope, patched)
            await store.find("segments", KEY)
        assert scope.cancelled_caught
        assert (await store.stats()).kinds["segments"].pinned == 0
        assert await store.remove("segments", KEY)


async def test_pins_are_counted_and_end(tmp_path: Path) -> None:
    with open_store(tmp_path) as store, open_store(tmp_path, name="two") as other:
        await put(store, "one")
        first, second = [await store.find("segments", key_of("one")) for _ in range(2)]
        assert first is not None
        assert second is not None
        first.release()
        first.release()
        assert (await other.stats()).kinds["segments"].pinned == 1
        assert not await other.remove("segments", key_of("one"))
        second.release()
        assert (await other.stats()).kinds["segments"].pinned == 0
        assert await other.remove("segments", key_of("one"))
        assert not await store.remove("segments", key_of("one"))
        assert objects(tmp_path) == []


async def test_clearing_by_kind_project_and_age(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:

        async def owned(name: str, *owners: str) -> None:
            made = store.scratch / "made"
            made.write_bytes(b"x" * 100)
            published = await store.publish("segments", key_of(name), made, owners=owners)
            assert published is not None
            published.release()

        await owned("mine", "a")
        await owned("ours", "a", "b")
        await owned("nobody's")
        found = await store.find("segments", key_of("nobody's"), owners=["c"])
        assert found is not None
        found.release()
        await put(store, "tone", kind="sound")
        cleared = await store.clear(Selection(owner="a"), dry_run=True)
        assert cleared == await store.clear(Selection(owner="a"))
        assert (cleared.freed.entries, cleared.shared) == (1, 1)
        names = ("mine", "ours", "nobody's")
        assert await store.known("segments", [key_of(name) for name in names]) == {key_of("ours"), key_of("nobody's")}
        assert (await store.clear(Selection(owner="a"))) == Cleared()
        assert (await store.clear(Selection(owner="c"))).freed.entries == 1
        assert (await store.clear(Selection(older=0.0))) == Cleared()
        assert (await store.clear(Selection(["frames", "play"]))) == Cleared()
        assert (await store.clear(Selection(["sound"]))).freed.entries == 1
        assert (await store.clear(Selection(owner="b"))).freed.entries == 1
        assert objects(tmp_path) == []


async def test_counts(tmp_path: Path) -> None:
    with open_store(tmp_path, cost(1000) * 2) as store:
        made = store.scratch / "made"
        made.write_bytes(b"x" * 1000)
        published = await store.publish("sound", KEY, made, seconds=2.5)
        assert published is not None
        published.release()
        for _ in range(3):
            with (await store.find("sound", KEY)) or pytest.fail("it was there"):
                pass
        assert await store.find("sound", key_of("missing")) is None
        await put(store, 1)
        await put(store, 2)
        await store.remove("segments", key_of(2))
        stats = await store.stats()
        sound, segments = stats.kinds["sound"], stats.kinds["segments"]
        assert (sound.counts.hits.total, sound.counts.misses.total) == (3, 1)
        assert (sound.counts.bytes_saved, sound.counts.seconds_saved) == (3000, 7.5)
        assert sound.counts.evictions == {"limit": 1, "stale": 0, "corrupt": 0, "cleared": 0}
        assert segments.counts.evictions == {"limit": 0, "stale": 1, "corrupt": 0, "cleared": 0}
        assert (sound.held.entries, segments.held.entries, stats.held.space) == (0, 1, cost(1000))
        head = objects(tmp_path)[0].with_suffix(".head")
        assert segments.held.bytes == stats.held.bytes == 1000 + head.stat().st_size


async def test_a_cache_emptied_by_hand_fills_again(tmp_path: Path) -> None:
    root = tmp_path / "cache"
    with open_store(root) as store:
        assert await put(store, "one")
        shutil.rmtree(root)
        assert not await has(store, "one")
        assert await put(store, "one")
        assert await has(store, "one")


async def test_a_folder_that_cannot_be_written_breaks_nothing(tmp_path: Path) -> None:
    failures: list[str] = []
    root = tmp_path / "cache"
    with open_cache_store(
        root,
        instance_id="one",
        limits=lambda: CacheLimits(1 << 20),
        report=lambda what, _error: failures.append(what),
    ) as store:
        # Root may write where permissions forbid it: a file stands where the index should lie.
        (root / "index").write_bytes(b"")
        made = store.scratch / "made"
        made.write_bytes(b"x")
        assert await store.publish("segments", KEY, made) is None
        assert made.exists()
        assert await store.find("segments", KEY) is None
        assert await store.known("segments", [KEY]) == frozenset()
        assert await store.clear(Selection()) == Cleared()
        assert await store.hold_limits() == Freed()
        assert not await store.remove("segments", KEY)
        assert (await store.stats()).held.entries == 0

        async def produce(path: Path) -> dict[str, int]:
            path.write_bytes(b"made")
            return {"frames": 1}

        with await store.make("segments", KEY, produce) as loose:
            assert not loose.stored
            assert (loose.path.read_bytes(), loose.meta) == (b"made", {"frames": 1})
        assert not loose.path.exists()
        (root / "index").unlink()
        assert await store.publish("segments", KEY, made) is not None
    assert set(failures) == {
        "a file could not be kept in the cache",
        "the cache could not be read",
        "the cache could not be cleared",
        "the cache could not be held to its limits",
        "a cache entry could not be removed",
        "the cache could not be counted",
    }


async def test_nothing_is_left_when_the_last_one_goes(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        (store.scratch / "unfinished").write_bytes(b"x")
        await put(store, "one")
        assert store.scratch.is_relative_to(tmp_path)
    assert list((tmp_path / "live").iterdir()) == []
    assert [path.suffix for path in (tmp_path / "index").iterdir()] == [".sqlite"]
    assert os.stat(tmp_path / "objects").st_mode & 0o77 == 0  # noqa: PTH116 - as short
