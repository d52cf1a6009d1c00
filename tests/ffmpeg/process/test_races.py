"""Starts and cancels in every order leave nothing behind."""

from __future__ import annotations

import random
import time
from math import inf
from pathlib import Path

import psutil
import pytest
import trio

from sidecar.ffmpeg.executor import execute
from sidecar.ffmpeg.supervisor import Supervisor
from sidecar.ffmpeg.toolchain import Toolchain
from tests.ffmpeg.process.commands import encode
from tests.ffmpeg.process.survivors import names, open_descriptors

AT_ONCE = 4


async def race(
    supervisor: Supervisor, toolchain: Toolchain, folder: Path, *, rounds: int, longest: float
) -> tuple[int, int]:
    """Run and cancel after up to `longest` seconds; return how many ended and how many were cancelled.

    Every tenth runs to its end, and every tenth is cancelled as soon as it has begun, however fast the machine is.
    """
    chance = random.Random(rounds)
    counts = [0, 0]

    async def one(number: int) -> None:
        for turn in range(number, rounds, AT_ONCE):
            patience = chance.uniform(0, longest)
            with trio.move_on_after({0: inf, 1: 0.0}.get(turn % 10, patience)) as scope:
                await execute(
                    encode(f"file:{number}.nut", seconds=0.2, codec="ffv1"),
                    toolchain=toolchain,
                    supervisor=supervisor,
                    work=folder,
                    role="test",
                    tag=str(turn),
                )
            assert supervisor.children(tag=str(turn)) == ()
            counts[scope.cancelled_caught] += 1

    async with trio.open_nursery() as nursery:
        for number in range(AT_ONCE):
            nursery.start_soon(one, number)
    return counts[0], counts[1]


async def check(supervisor: Supervisor, toolchain: Toolchain, folder: Path, *, rounds: int, within: float) -> None:
    with trio.fail_after(within):
        for _ in range(2):  # the first time FFmpeg has to be read from the disk
            began = time.perf_counter()
            await execute(
                encode(seconds=0.2, codec="ffv1"), toolchain=toolchain, supervisor=supervisor, work=folder, role="test"
            )
            took = time.perf_counter() - began
        descriptors, before = open_descriptors(), set(names(folder))
        ended, cancelled = await race(supervisor, toolchain, folder, rounds=rounds, longest=3 * took)
    assert ended + cancelled == rounds
    assert ended > 0
    assert cancelled > 0
    assert supervisor.children() == ()
    assert psutil.Process().children(recursive=True) == []
    assert open_descriptors() == descriptors
    assert set(names(folder)) - before <= {f"{number}.nut" for number in range(AT_ONCE)}


async def test_two_hundred_starts_and_cancels(supervisor: Supervisor, toolchain: Toolchain, tmp_path: Path) -> None:
    await check(supervisor, toolchain, tmp_path, rounds=200, within=300)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
async def test_ten_thousand_starts_and_cancels(supervisor: Supervisor, toolchain: Toolchain, tmp_path: Path) -> None:
    await check(supervisor, toolchain, tmp_path, rounds=10_000, within=3_500)
