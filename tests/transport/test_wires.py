"""The contract of a wire, kept by both of its implementations."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
import trio

from sidecar.transport.platform_wire import open_wire
from sidecar.transport.stdio_threads import ThreadWire
from sidecar.transport.wire import Wire
from tests.harness.patience import PATIENCE

Open = Callable[[int, int], Wire]


@pytest.fixture(params=[open_wire, ThreadWire], ids=["platform", "threads"])
def opened(request: pytest.FixtureRequest) -> Open:
    chosen: Open = request.param
    return chosen


async def test_bytes_arrive_whole_and_in_order(opened: Open) -> None:
    (read_in, write_in), (read_out, write_out) = os.pipe(), os.pipe()
    ours, theirs = opened(read_in, write_out), opened(read_out, write_in)
    data = os.urandom(1_000_003)
    received = bytearray()
    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(theirs.send_all, data)
            while len(received) < len(data):
                chunk = await ours.receive_some()
                assert 0 < len(chunk) <= 65_536
                received += chunk
        assert received == data
        await theirs.aclose()
        assert await ours.receive_some() == b""
        await ours.aclose()


async def test_both_directions_at_once(opened: Open) -> None:
    (read_in, write_in), (read_out, write_out) = os.pipe(), os.pipe()
    wire = opened(read_in, write_out)
    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            got: list[bytes] = []

            async def receive() -> None:
                got.append(await wire.receive_some())

            nursery.start_soon(receive)
            await trio.testing.wait_all_tasks_blocked()
            await wire.send_all(b"out")
            assert os.read(read_out, 10) == b"out"
            os.write(write_in, b"in")
        assert got == [b"in"]
    await wire.aclose()
    os.close(write_in)
    os.close(read_out)


async def test_nobody_reads_any_more(opened: Open) -> None:
    (read_in, write_in), (read_out, write_out) = os.pipe(), os.pipe()
    wire = opened(read_in, write_out)
    os.close(read_out)
    with trio.fail_after(PATIENCE), pytest.raises(trio.BrokenResourceError):
        await wire.send_all(b"x" * 100_000)
    await wire.aclose()
    os.close(write_in)


async def test_a_read_that_waits_can_be_cancelled(opened: Open) -> None:
    (read_in, write_in), (read_out, write_out) = os.pipe(), os.pipe()
    wire = opened(read_in, write_out)
    with trio.fail_after(PATIENCE):
        with trio.move_on_after(0.01) as scope:
            await wire.receive_some()
        assert scope.cancelled_caught
    os.close(write_in)
    await wire.aclose()
    os.close(read_out)


async def test_a_thread_takes_a_broken_descriptor_for_the_end() -> None:
    read, write = os.pipe()
    wire = ThreadWire(write, write)  # the writing end cannot be read
    with trio.fail_after(PATIENCE):
        assert await wire.receive_some() == b""
    await wire.aclose()
    os.close(read)
