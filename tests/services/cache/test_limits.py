"""Limits hold before anything is published: the least recently used goes, what is in use stays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import trio

from sidecar.services.cache.limits import CacheLimits
from sidecar.services.cache.selection import Selection
from sidecar.services.cache.store import open_cache_store
from tests.harness.patience import PATIENCE
from tests.services.cache.shelf import (
    PLENTY,
    broken,
    cost,
    has,
    key_of,
    objects,
    open_store,
    put,
    used_space,
)

REPOSITORY = Path(__file__).parents[3]

HOLDER = """
import sys, trio
from pathlib import Path
from sidecar.services.cache.limits import CacheLimits
from sidecar.services.cache.selection import Selection
from sidecar.services.cache.store import open_cache_store

async def main():
    store = open_cache_store(Path(sys.argv[1]), instance_id="holder", limits=lambda: CacheLimits(1 << 30))
    found = await store.find("segments", sys.argv[2])
    print(found.path, flush=True)
    sys.stdin.read()

trio.run(main)
"""


def hold(root: Path, key: str) -> subprocess.Popen[bytes]:
    """Start a process that keeps an entry pinned until its stdin ends; it writes a line once it has."""
    argv = [sys.executable, "-c", HOLDER, str(root), key]
    return subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}
    )


async def test_the_least_recently_used_goes_first(tmp_path: Path) -> None:
    with open_store(tmp_path, 5 * cost(1000)) as store:
        for name in range(5):
            assert await put(store, name)
        assert await has(store, 0)
        assert await put(store, 5)
        assert await put(store, 6)
        there = await store.known("segments", [key_of(name) for name in range(7)])
        assert there == {key_of(name) for name in (0, 3, 4, 5, 6)}
        assert used_space(tmp_path) == 5 * cost(1000)


async def test_what_cannot_fit_takes_nothing_along(tmp_path: Path) -> None:
    with open_store(tmp_path, 5 * cost(1000)) as store:
        for name in range(5):
            assert await put(store, name)
        assert not await put(store, "large", 5 * cost(1000))
        assert len(objects(tmp_path)) == 5


async def test_entries_in_use_stay_and_fill_the_cache(tmp_path: Path) -> None:
    with open_store(tmp_path, 3 * cost(1000)) as store:
        pins = []
        for name in range(3):
            assert await put(store, name)
            pins.append(await store.find("segments", key_of(name)))
        assert not await put(store, "more")
        assert all(pin is not None and pin.path.exists() for pin in pins)
        assert pins[0] is not None
        pins[0].release()
        assert await put(store, "more")
        assert not await has(store, 0)
        assert await has(store, 1)


async def test_pins_of_another_process_hold_until_it_dies(tmp_path: Path) -> None:
    with open_store(tmp_path, 2 * cost(1000)) as store:
        await put(store, "theirs")
        holder = hold(tmp_path, key_of("theirs"))
        try:
            assert holder.stdout is not None
            with trio.fail_after(PATIENCE):
                assert await trio.to_thread.run_sync(holder.stdout.readline)
            for name in range(20):
                assert await put(store, name)
            assert await has(store, "theirs")
            stats = await store.stats()
            assert stats.kinds["segments"].pinned == 1
        finally:
            holder.kill()
            holder.communicate(timeout=PATIENCE)
        for name in range(20, 23):
            assert await put(store, name)
        assert not await has(store, "theirs")
        assert sorted(path.name for path in (tmp_path / "live").iterdir()) == ["one", "one.lock"]


async def test_a_kind_keeps_to_its_own_quota(tmp_path: Path) -> None:
    with open_store(tmp_path, 10 * cost(1000), kinds={"frames": 2 * cost(1000)}) as store:
        await put(store, "old")
        for name in range(6):
            assert await put(store, name, kind="frames")
        assert await has(store, "old")
        assert (await store.stats()).kinds["frames"].held.entries == 2
        assert not await put(store, "large", 2 * cost(1000), kind="frames")
        assert await put(store, "large", 2 * cost(1000))


async def test_the_disk_is_left_its_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_cache_store(
        tmp_path, instance_id="one", limits=lambda: CacheLimits(PLENTY, min_free_bytes=100 * cost(1000)), report=broken
    ) as store:
        others = 0
        monkeypatch.setattr(
            "sidecar.services.cache.room.free_bytes_of",
            lambda layout: 110 * cost(1000) - others - used_space(layout.root),
        )
        for name in range(30):
            assert await put(store, name)
        # Freeing begins once it is below, so that it may be below by what was published last.
        assert len(objects(tmp_path)) in {10, 11}
        others = 108 * cost(1000)
        assert not await put(store, "more")
        assert objects(tmp_path) == []


async def test_lower_limits_hold_when_asked(tmp_path: Path) -> None:
    limits = CacheLimits(PLENTY)
    with open_cache_store(tmp_path, instance_id="one", limits=lambda: limits, report=broken) as store:
        for name in range(10):
            await put(store, name)
            await put(store, name, kind="sound")
        pin = await store.find("segments", key_of(0))
        assert pin is not None
        limits = CacheLimits(8 * cost(1000), kinds={"sound": 3 * cost(1000)})
        freed = await store.hold_limits()
        assert freed.entries == 12
        assert used_space(tmp_path) == 8 * cost(1000)
        assert (await store.stats()).kinds["sound"].held.entries == 3
        limits = CacheLimits(0)
        assert (await store.hold_limits()).entries == 7
        assert objects(tmp_path) == [pin.path]
        assert not await put(store, "more")
        pin.release()
        assert (await store.hold_limits()).entries == 1


async def test_owners_are_added_within_the_limits(tmp_path: Path) -> None:
    with open_store(tmp_path, 2 * cost(1000)) as store:
        await put(store, "one")
        await put(store, "two")
        many = [f"project-{number}" for number in range(400)]
        found = await store.find("segments", key_of("one"), owners=many)
        assert found is not None
        found.release()
        # Its head has outgrown its block: the other entry went.
        assert not await has(store, "two")
        assert used_space(tmp_path) == cost(1000) + cost(0) <= 2 * cost(1000)
        assert (await store.clear(Selection(owner="project-399"))).freed.entries == 0
        assert (await store.clear(Selection(owner="nobody"))).freed.entries == 0
    with open_store(tmp_path, 2 * cost(1000)) as store:
        assert await has(store, "one")


async def test_leftovers_of_the_dead_are_swept_before_anything_is_stored(tmp_path: Path) -> None:
    with open_store(tmp_path, PLENTY) as store:
        await put(store, "one")
        dead = tmp_path / "live" / "dead"
        for part in ("scratch", "pins"):
            (dead / part).mkdir(parents=True)
        (dead / "scratch" / "half").write_bytes(bytes(100_000))
        (tmp_path / "live" / "dead.lock").touch()
        (tmp_path / "making" / f"segments-{key_of(1)}.lock").touch()
        await put(store, "two")
        assert used_space(tmp_path, "live") == 0
        assert not dead.exists()
        assert list((tmp_path / "making").iterdir()) == []
