"""The workers' protocol: what comes before an answer, silence, death in the middle, workers that are kept."""

# ruff: noqa: ASYNC110 - children end when they like, and every wait has a deadline

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
import trio

from protocol.errors import DecoderCrashed, Timeout
from sidecar.ffmpeg.supervisor import Supervisor, open_supervisor
from sidecar.services.media.messages import Answer, Item, Request, pack, unpack
from sidecar.services.media.workers import PROBING, WorkerPool, open_workers
from tests.harness.patience import PATIENCE

TASK = Request(b"/a", "none")
SPEAKING = """
import os, sys, time
from sidecar.services.media.messages import Answer, Item, encode, pack
def read():
    size = int.from_bytes(os.read(0, 4), "big")
    return os.read(0, size)
def say(message):
    os.write(1, encode(message))
"""


def speaking(action: str) -> tuple[str, ...]:
    """Return the command of a worker that says what a test wants."""
    return (sys.executable, "-c", f"{SPEAKING}\n{action}")


@asynccontextmanager
async def opened(
    folder: Path, argv: tuple[str, ...], limit: int = 1, *, patient: bool = False
) -> AsyncIterator[tuple[WorkerPool, Supervisor]]:
    with trio.fail_after(PATIENCE):
        async with (
            open_supervisor() as supervisor,
            open_workers(WorkerPool(supervisor, folder, lambda: limit, argv=argv, patient=patient)) as pool,
        ):
            yield pool, supervisor


async def test_items_come_in_order_before_the_answer(tmp_path: Path) -> None:
    action = "while read():\n    for n in range(3): say(Item(pack(n)))\n    say(Answer(body=pack('done')))"
    async with opened(tmp_path, speaking(action)) as (pool, supervisor):
        for _ in range(2):
            heard: list[Item] = []
            answer = await pool.stream(TASK, seconds=PATIENCE, shown="a", on_item=heard.append)
            assert [unpack(item.body, int) for item in heard] == [0, 1, 2]
            assert unpack(answer.body or b"", str) == "done"
        assert len(supervisor.children()) == 1


async def test_silence_between_two_messages_is_a_timeout_and_ends_the_worker(tmp_path: Path) -> None:
    action = "read()\nsay(Item(b''))\ntime.sleep(600)"
    async with opened(tmp_path, speaking(action)) as (pool, supervisor):
        heard: list[Item] = []
        with pytest.raises(Timeout) as caught:
            await pool.stream(TASK, seconds=2, shown="a", on_item=heard.append, operation="media.waveform")
        assert (caught.value.operation, caught.value.seconds) == ("media.waveform", 2)
        assert pool.idle == 0
        while supervisor.children():
            await trio.sleep(0.01)


async def test_many_messages_may_together_take_longer_than_one(tmp_path: Path) -> None:
    action = "read()\nfor n in range(8):\n    time.sleep(0.3)\n    say(Item(b''))\nsay(Answer())"
    async with opened(tmp_path, speaking(action)) as (pool, _):
        heard: list[Item] = []
        assert await pool.stream(TASK, seconds=2, shown="a", on_item=heard.append) == Answer()
        assert len(heard) == 8


async def test_a_worker_that_dies_after_an_item_has_crashed_even_if_it_was_not_new(tmp_path: Path) -> None:
    action = "read()\nsay(Answer())\nread()\nsay(Item(b''))\nsys.exit(3)"
    async with opened(tmp_path, speaking(action)) as (pool, _):
        await pool.do(TASK, seconds=PATIENCE, shown="a")
        heard: list[Item] = []
        with pytest.raises(DecoderCrashed):
            await pool.stream(TASK, seconds=PATIENCE, shown="a", on_item=heard.append)
        assert len(heard) == 1


async def test_items_where_none_are_heard_are_nonsense(tmp_path: Path) -> None:
    async with opened(tmp_path, speaking("read()\nsay(Item(b''))\ntime.sleep(600)")) as (pool, _):
        with pytest.raises(DecoderCrashed):
            await pool.do(TASK, seconds=PATIENCE, shown="a")


async def test_what_a_listener_raises_ends_the_worker(tmp_path: Path) -> None:
    def refuse(_item: Item) -> None:
        raise ValueError("no more")

    async with opened(tmp_path, speaking("read()\nsay(Item(b''))\ntime.sleep(600)")) as (pool, supervisor):
        with pytest.raises(ValueError, match="no more"):
            await pool.stream(TASK, seconds=PATIENCE, shown="a", on_item=refuse)
        assert pool.idle == 0
        while supervisor.children():
            await trio.sleep(0.01)


async def together(pool: WorkerPool, count: int) -> None:
    """Have so many tasks done at once."""
    async with trio.open_nursery() as nursery:
        for _ in range(count):
            nursery.start_soon(partial(pool.do, TASK, seconds=PATIENCE, shown="a"))


@pytest.mark.parametrize(("patient", "started"), [(True, 1), (False, 3)])
async def test_short_tasks_wait_for_the_worker_that_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, patient: bool, started: int
) -> None:
    monkeypatch.setattr("sidecar.services.media.workers.START_SECONDS", PATIENCE)
    monkeypatch.setattr("sidecar.services.media.workers.TURN_SECONDS", PATIENCE)
    async with opened(tmp_path, speaking("while read(): say(Answer())"), 3, patient=patient) as (pool, supervisor):
        await together(pool, 3)
        assert len(supervisor.children()) == started
        await together(pool, 3)
        assert len(supervisor.children()) == started


async def test_no_task_waits_for_one_that_takes_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sidecar.services.media.workers.START_SECONDS", 0.01)
    first = (
        "read()\nif os.path.exists('long'): say(Answer())\nelse:\n    open('long', 'w').close()\n    time.sleep(600)"
    )
    async with opened(tmp_path, speaking(first), 2, patient=True) as (pool, supervisor), trio.open_nursery() as nursery:
        nursery.start_soon(partial(pool.do, TASK, seconds=PATIENCE, shown="a"))
        while not (tmp_path / "long").exists():
            await trio.sleep(0.01)
        assert await pool.do(TASK, seconds=PATIENCE, shown="b") == Answer()
        assert len(supervisor.children()) >= 1
        nursery.cancel_scope.cancel()


async def test_workers_are_kept_and_let_go(tmp_path: Path) -> None:
    with trio.fail_after(PATIENCE):
        async with (
            open_supervisor() as supervisor,
            open_workers(WorkerPool(supervisor, tmp_path, lambda: 3, argv=PROBING, idle_seconds=0.2)) as pool,
        ):
            await pool.keep(2)
            assert (pool.idle, len(supervisor.children())) == (2, 2)
            kept = set(supervisor.children())
            await pool.keep(2)
            answer = await pool.do(TASK, seconds=PATIENCE, shown="a")
            assert answer.failure is not None
            # The other was idle for longer than those that are not kept may be: the first had to start.
            assert set(supervisor.children()) == kept
            await pool.keep(0)
            while supervisor.children():
                await trio.sleep(0.01)


def test_what_a_task_finds_travels() -> None:
    assert unpack(pack({"a": [1, 2]}), dict[str, list[int]]) == {"a": [1, 2]}
