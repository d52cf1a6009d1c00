"""FIFOs held open: whoever writes to one can tell whether it has a reader, whatever is started meanwhile."""

from __future__ import annotations

import os
import select
import subprocess
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

from sidecar.ffmpeg.supervisor import FORKING, open_supervisor
from sidecar.services.preview.decoding.pool import _held_open
from tests.harness.patience import PATIENCE

ROUNDS = 800


async def test_a_child_that_starts_is_never_taken_for_the_reader(tmp_path: Path) -> None:
    """Before its exec a child has what its parent has open: a FIFO that seems to be read, and then to be left."""
    read: list[int] = []
    with trio.fail_after(PATIENCE):
        async with open_supervisor() as supervisor, trio.open_nursery() as nursery:

            async def start() -> None:
                while True:
                    async with await supervisor.spawn(["/bin/true"], cwd=tmp_path, role="test") as child:
                        await child.wait()

            for _ in range(4):
                nursery.start_soon(start)
            for number in range(ROUNDS):
                fifo = tmp_path / f"{number}"
                os.mkfifo(fifo)
                held = await _held_open(fifo)
                if not _is_left(held):
                    read.append(number)
                os.close(held)
                await trio.lowlevel.checkpoint()
            nursery.cancel_scope.cancel()
    assert read == []


def _is_left(descriptor: int) -> bool:
    """Whether nobody has a FIFO open for reading."""
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))


async def test_opening_waits_for_a_fork_beside_the_loop(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    opened: list[int] = []

    async def open_it() -> None:
        opened.append(await _held_open(fifo))

    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            with FORKING:
                nursery.start_soon(open_it)
                await trio.testing.wait_all_tasks_blocked()
                assert opened == []
    os.close(opened[0])


async def test_nothing_forks_without_saying_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[bool] = []
    popen = subprocess.Popen

    def forking(*given: Any, **named: Any) -> Any:
        said.append(FORKING.locked())
        return popen(*given, **named)

    monkeypatch.setattr(subprocess, "Popen", forking)
    with trio.fail_after(PATIENCE):
        async with (
            open_supervisor() as supervisor,
            await supervisor.spawn(["/bin/true"], cwd=tmp_path, role="test") as child,
        ):
            await child.wait()
    assert said == [True]
    assert not FORKING.locked()
