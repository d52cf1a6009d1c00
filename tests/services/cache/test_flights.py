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

from sidecar.services.cache.flights import Turn
from sidecar.services.cache.pinned import Pinned
from sidecar.services.cache.store import CacheStore
from sidecar.services.locks import try_lock
from sidecar.services.render.control import JobControl
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


class Paused:
    """A maker that has begun and is paused. `made` is what it comes to once it may end."""

    def __init__(self, store: CacheStore) -> None:
        self.control = JobControl()
        self.made: list[Pinned] = []
        self.ends = trio.Event()
        self._store = store
        self._began = trio.Event()

    async def begin(self, nursery: trio.Nursery) -> None:
        nursery.start_soon(self._make)
        await self._began.wait()
        self.control.pause()

    def go_on(self) -> None:
        self.control.resume()
        self.ends.set()

    async def _make(self) -> None:
        self.made.append(await self._store.make("segments", KEY, self._produce, pauses=self.control))

    async def _produce(self, path: Path) -> dict[str, Any]:
        path.write_bytes(content_of(KEY, 1000))
        self._began.set()
        await self.ends.wait()
        return {"call": 0}


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


@pytest.mark.parametrize("name", ["one", "two"])
async def test_a_paused_maker_holds_up_nobody(tmp_path: Path, name: str) -> None:
    with open_store(tmp_path) as own, open_store(tmp_path, name="two") as two, trio.fail_after(PATIENCE):
        paused, producer = Paused(own), Producer()
        async with trio.open_nursery() as nursery:
            await paused.begin(nursery)
            made = await make_many(own if name == "one" else two, producer, 3)
            assert producer.calls == 1
            paused.go_on()
        for pin in (*paused.made, *made):
            assert isinstance(pin, Pinned)
            assert pin.path.read_bytes() == content_of(KEY, 1000)
            assert pin.meta == {"call": 1}, "what is there stays"
            pin.release()
        assert (await own.stats()).kinds["segments"].pinned == 0
        assert [*own.scratch.iterdir(), *two.scratch.iterdir(), *(tmp_path / "making").iterdir()] == []


@pytest.mark.parametrize("name", ["one", "two"])
async def test_a_maker_that_goes_on_is_waited_for_again(tmp_path: Path, name: str) -> None:
    with open_store(tmp_path) as own, open_store(tmp_path, name="two") as two, trio.fail_after(PATIENCE):
        paused, producer = Paused(own), Producer()
        async with trio.open_nursery() as nursery:
            await paused.begin(nursery)
            assert list((tmp_path / "making").iterdir()) == []
            paused.control.resume()
            nursery.start_soon(make_many, own if name == "one" else two, producer, 3)
            await trio.testing.wait_all_tasks_blocked(0.05)
            paused.ends.set()
        assert producer.calls == 0
        assert list((tmp_path / "making").iterdir()) == []


async def test_who_is_paused_takes_no_turn(tmp_path: Path) -> None:
    with open_store(tmp_path) as store, trio.fail_after(PATIENCE):
        control, asked, passed, began = JobControl(), Producer(), Producer(), trio.Event()
        found: list[Pinned] = []

        async def failing(_path: Path) -> dict[str, Any]:
            began.set()
            await trio.testing.wait_all_tasks_blocked()
            raise ArithmeticError

        async def first() -> None:
            with pytest.raises(ArithmeticError):
                await store.make("segments", KEY, failing)

        async def second() -> None:
            found.append(await store.make("segments", KEY, asked, pauses=control))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(first)
            await began.wait()
            nursery.start_soon(second)
            await trio.lowlevel.checkpoint()
            control.pause()
            await make_many(store, passed, 1)
            assert found == []
            control.resume()
        assert (asked.calls, passed.calls, found[0].meta) == (0, 1, {"call": 1})


async def test_what_does_not_fit_is_there_once_though_its_maker_was_paused(tmp_path: Path) -> None:
    with open_store(tmp_path, 5000) as store, trio.fail_after(PATIENCE):
        paused, producer = Paused(store), Producer()
        async with trio.open_nursery() as nursery:
            await paused.begin(nursery)
            made = await make_many(store, producer, 2)
            paused.go_on()
        pins = [pin for pin in (*paused.made, *made) if isinstance(pin, Pinned)]
        assert len({pin.path for pin in pins}) == 1
        assert list(store.scratch.iterdir()) == [pins[0].path]
        for pin in pins:
            assert pin.path.read_bytes() == content_of(KEY, 1000)
            pin.release()
        assert list(store.scratch.iterdir()) == []


async def test_what_it_took_to_make_leaves_pauses_out(tmp_path: Path, autojump_clock: trio.testing.MockClock) -> None:
    began = autojump_clock.current_time()
    turn = Turn(trio.Semaphore(0, max_value=1), tmp_path / "lock")
    turn.change(True)
    await trio.sleep(60)
    assert turn.stood == 60
    turn.change(False)
    await trio.sleep(20)
    assert turn.stood == 60
    turn.change(True)
    await trio.sleep(1)
    turn.end()
    assert (turn.stood, autojump_clock.current_time() - began) == (61, 81)
