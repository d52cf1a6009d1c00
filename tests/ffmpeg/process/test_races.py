"""Starts and cancels in every order leave nothing behind."""

from __future__ import annotations

import random
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
    """Run and cancel after up to `longest` seconds; return how many ended and how many were cancelled."""
    chance = random.Random(rounds)
    counts = [0, 0]

    async def one(number: int) -> None:
        for turn in range(number, rounds, AT_ONCE):
            with trio.move_on_after(chance.uniform(0, longest)) as scope:
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


async def check(
    supervisor: Supervisor, toolchain: Toolchain, folder: Path, *, rounds: int, longest: float, within: float
) -> None:
    with trio.fail_after(within):
        await execute(encode(), toolchain=toolchain, supervisor=supervisor, work=folder, role="test")
        descriptors, before = open_descriptors(), set(names(folder))
        ended, cancelled = await race(supervisor, toolchain, folder, rounds=rounds, longest=longest)
    assert ended + cancelled == rounds
    assert ended > 0
    assert cancelled > 0
    assert supervisor.children() == ()
    assert psutil.Process().children(recursive=True) == []
    assert open_descriptors() == descriptors
    assert set(names(folder)) - before <= {f"{number}.nut" for number in range(AT_ONCE)}


async def test_two_hundred_starts_and_cancels(supervisor: Supervisor, toolchain: Toolchain, tmp_path: Path) -> None:
    await check(supervisor, toolchain, tmp_path, rounds=200, longest=0.12, within=60)


@pytest.mark.soak
@pytest.mark.timeout(1_800)
async def test_ten_thousand_starts_and_cancels(supervisor: Supervisor, toolchain: Toolchain, tmp_path: Path) -> None:
    await check(supervisor, toolchain, tmp_path, rounds=10_000, longest=0.12, within=1_700)
