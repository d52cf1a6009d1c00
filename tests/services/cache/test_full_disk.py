"""A disk that takes no more, and a cache that others keep: the work goes on without it."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
import trio

from sidecar.services.cache import lock, publishing
from sidecar.services.cache.limits import CacheLimits
from sidecar.services.cache.store import open_cache_store
from sidecar.services.locks import try_lock
from tests.harness.patience import PATIENCE
from tests.services.cache.shelf import PLENTY, cost, has, key_of, objects, open_store, put, unheard, used_space

REPOSITORY = Path(__file__).parents[3]

PROGRAM = """
import resource, sys
from pathlib import Path
from sidecar.services.cache.limits import CacheLimits
from sidecar.services.cache.statistics import statistics
from tests.services.cache.faults import fetch, store
from tests.services.cache.shelf import nothing, open_tier, unheard, used_space

root = Path(sys.argv[1])
with open_tier(root, CacheLimits(1 << 30), "one", unheard) as tier:
    assert store(tier, "first", ())
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    # No file may grow beyond this: the index's journal cannot, before long.
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, hard))
    kept = [store(tier, name, ()) for name in range(60)]
    there = sum(fetch(tier, name, ()) for name in range(60))
    assert not tier.instance._counts
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert store(tier, "last", ())
    assert fetch(tier, "last", ())
with open_tier(root, CacheLimits(1 << 30)) as tier:
    assert statistics(tier, nothing).held.space == used_space(root)
    assert fetch(tier, "last", ())
print(kept.count(True), kept.count(False))
"""


def test_an_index_that_cannot_grow(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "cache")],
        capture_output=True,
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        timeout=PATIENCE,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    kept, refused = map(int, done.stdout.split())
    assert kept > 0
    assert refused > 0


async def test_a_full_disk_shrinks_the_cache_by_a_tenth_and_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_cache_store(tmp_path, instance_id="one", limits=lambda: CacheLimits(PLENTY), report=unheard) as store:
        for name in range(20):
            await put(store, name)
        full = 1

        def write_head(path: Path, data: bytes) -> int:
            nonlocal full
            if full and path.suffix == ".head":
                full -= 1
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            with path.open("wb") as file:
                return file.write(data)

        monkeypatch.setattr(Path, "write_bytes", write_head)
        assert await put(store, "new")
        assert len(objects(tmp_path)) == 19
        full = 2
        assert not await put(store, "newer")
        assert len(objects(tmp_path)) == 17
        assert used_space(tmp_path) == len(objects(tmp_path)) * cost(1000)
        assert await put(store, "newer")


async def test_a_stopped_sidecar_with_the_lock_stops_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "LONGEST_WAIT", 0.05)
    with open_cache_store(tmp_path, instance_id="one", limits=lambda: CacheLimits(PLENTY), report=unheard) as store:
        assert await put(store, "one")
        held = try_lock(tmp_path / "cache.lock")
        assert held is not None
        with trio.fail_after(PATIENCE):
            assert not await has(store, "one")
            assert not await put(store, "two")
            assert await store.known("segments", [key_of("one")]) == {key_of("one")}
        held.release()
        assert await has(store, "one")


async def test_waiting_for_the_lock_ends_with_its_task(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        assert await put(store, "one")
        held = try_lock(tmp_path / "cache.lock")
        assert held is not None
        with trio.fail_after(PATIENCE), trio.move_on_after(0.05) as scope:
            await store.find("segments", key_of("one"))
        assert scope.cancelled_caught
        held.release()
        assert (await store.stats()).kinds["segments"].pinned == 0


async def test_a_file_that_cannot_be_flushed_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))

    monkeypatch.setattr(publishing, "fsync_file", fail)
    with open_cache_store(tmp_path, instance_id="one", limits=lambda: CacheLimits(PLENTY), report=unheard) as store:
        assert not await put(store, "one")
        assert objects(tmp_path) == []
