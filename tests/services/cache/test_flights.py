"""One at a time makes a key: of the tasks of a process, and of the processes of a machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

from sidecar.services.cache.pinned import Pinned
from sidecar.services.cache.store import CacheStore
from sidecar.services.locks import try_lock
from tests.harness.patience import PATIENCE
from tests.services.cache.shelf import PLENTY, content_of, has, key_of, objects, open_store

REPOSITORY = Path(__file__).parents[3]
KEY = key_of("one")

MAKER = """
import sys, trio
from pathlib import Path
from sidecar.services.cache.limits import CacheLimits
from sidecar.services.cache.store import open_cache_store

async def produce(path):
    path.write_bytes(b"half")
    print("making", flush=True)
    await trio.sleep_forever()

async def main():
    store = open_cache_store(Path(sys.argv[1]), instance_id="maker", limits=lambda: CacheLimits(1 << 30))
    await store.make("segments", sys.argv[2], produce)

trio.run(main)
"""


def start_maker(root: Path) -> subprocess.Popen[bytes]:
    """Start a process that makes a key for ever; it writes a line once it has begun."""
    argv = [sys.executable, "-c", MAKER, str(root), KEY]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(REPOSITORY)})


class Producer:
    """Makes a file, after a few turns of the loop; counts how often, and how many at a time."""

    def __init__(self, *, failures: int = 0) -> None:
        self.calls = 0
        self.now = 0
        self.most = 0
        self._failures = failures

    async def __call__(self, path: Path) -> dict[str, Any]:
        self.calls += 1
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            path.write_bytes(content_of(KEY, 1000))
            for _ in range(20):
                await trio.lowlevel.checkpoint()
            if self.calls <= self._failures:
                raise ArithmeticError(self.calls)
            return {"call": self.calls}
        finally:
            self.now -= 1


async def make_many(store: CacheStore, producer: Producer, count: int) -> list[Pinned | ArithmeticError]:
    """Make one key at the same time many times."""
    results: list[Pinned | ArithmeticError] = []

    async def one() -> None:
        try:
            results.append(await store.make("segments", KEY, producer))
        except ArithmeticError as error:
            results.append(error)

    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            for _ in range(count):
                nursery.start_soon(one)
    return results


async def test_fifty_that_want_a_key_make_it_once(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        producer = Producer()
        results = await make_many(store, producer, 50)
        assert producer.calls == 1
        for result in results:
            assert isinstance(result, Pinned)
            assert result.path.read_bytes() == content_of(KEY, 1000)
            assert result.meta == {"call": 1}
            result.release()
        stats = (await store.stats()).kinds["segments"]
        assert (stats.pinned, stats.counts.hits.total, stats.counts.misses.total) == (0, 49, 1)
        assert list(store.scratch.iterdir()) == []
        assert list((tmp_path / "making").iterdir()) == []


async def test_two_instances_make_a_key_once(tmp_path: Path) -> None:
    with open_store(tmp_path) as one, open_store(tmp_path, name="two") as two:
        producer = Producer()
        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(make_many, one, producer, 10)
                nursery.start_soon(make_many, two, producer, 10)
        assert producer.calls == 1


async def test_after_a_failure_the_next_tries(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        producer = Producer(failures=3)
        results = await make_many(store, producer, 10)
        assert (producer.calls, producer.most) == (4, 1)
        assert sum(isinstance(result, ArithmeticError) for result in results) == 3
        assert list(store.scratch.iterdir()) == []
        assert await has(store, "one")


async def test_after_a_cancellation_the_next_tries(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        began = trio.Event()

        async def never(path: Path) -> dict[str, Any]:
            path.write_bytes(b"half")
            began.set()
            with trio.fail_after(PATIENCE):
                await trio.Event().wait()
            return {}

        async def first(scope: trio.CancelScope) -> None:
            with scope:
                await store.make("segments", KEY, never)

        producer = Producer()
        scope = trio.CancelScope()
        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(first, scope)
                await began.wait()
                nursery.start_soon(make_many, store, producer, 5)
                await trio.testing.wait_all_tasks_blocked()
                assert producer.calls == 0
                scope.cancel()
        assert scope.cancelled_caught
        assert producer.calls == 1
        assert list(store.scratch.iterdir()) == []
        assert await has(store, "one")


async def test_what_does_not_fit_is_shared_while_it_is_used(tmp_path: Path) -> None:
    with open_store(tmp_path, 5000) as store:
        producer = Producer()
        results = await make_many(store, producer, 20)
        assert producer.calls == 1
        pins = [result for result in results if isinstance(result, Pinned)]
        assert len(pins) == 20
        assert {pin.stored for pin in pins} == {False}
        for pin in pins:
            assert pin.path.read_bytes() == content_of(KEY, 1000)
            pin.release()
            pin.release()
        assert list(store.scratch.iterdir()) == []
        with await store.make("segments", KEY, producer):
            assert producer.calls == 2
        assert objects(tmp_path) == []


async def test_a_maker_that_is_killed_is_followed_by_who_waits(tmp_path: Path) -> None:
    maker = start_maker(tmp_path)
    try:
        with open_store(tmp_path, PLENTY) as store, trio.fail_after(PATIENCE):
            assert maker.stdout is not None
            assert await trio.to_thread.run_sync(maker.stdout.readline)
            producer = Producer()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(make_many, store, producer, 5)
                await trio.sleep(0.1)
                assert producer.calls == 0
                maker.kill()
            assert producer.calls == 1
            assert await has(store, "one")
            assert sorted(path.name for path in (tmp_path / "live").iterdir()) == ["one", "one.lock"]
    finally:
        maker.kill()
        maker.communicate(timeout=PATIENCE)


async def test_a_maker_that_takes_too_long_is_not_waited_for(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        lock = try_lock(tmp_path / "making" / f"segments-{KEY}.lock")
        assert lock is not None
        producer = Producer()
        with trio.fail_after(PATIENCE):
            with await store.make("segments", KEY, producer, wait=0.05) as made:
                assert made.stored
        assert producer.calls == 1
        lock.release(remove=True)


async def test_a_producer_without_a_file_is_an_error(tmp_path: Path) -> None:
    async def nothing(_path: Path) -> dict[str, Any]:
        await trio.lowlevel.checkpoint()
        return {}

    with open_store(tmp_path) as store, pytest.raises(FileNotFoundError):
        await store.make("segments", KEY, nothing)
