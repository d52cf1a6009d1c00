"""The encoder of a play that hangs, and one whose reader takes its time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pytest
import trio
import trio.testing

from protocol.errors import Stalled
from sidecar.services.preview.play.encoder import STALL, Encoder

if TYPE_CHECKING:
    from sidecar.ffmpeg.supervisor import Child


@dataclass(slots=True)
class Process:
    """A child that writes what it is told to and never ends."""

    stdout: trio.testing.MemoryReceiveStream

    async def wait(self) -> int:
        await trio.sleep_forever()
        raise AssertionError


class Pipe(trio.abc.SendStream):
    """What takes pictures while `open` is set."""

    def __init__(self) -> None:
        self.open = True

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        await trio.lowlevel.checkpoint()
        if not self.open:
            await trio.sleep_forever()

    async def wait_send_all_might_not_block(self) -> None:
        await trio.lowlevel.checkpoint()

    async def aclose(self) -> None:
        await trio.lowlevel.checkpoint()


def hired() -> tuple[Encoder, Pipe, Callable[[bytes], None]]:
    _, stdout = trio.testing.memory_stream_one_way_pair()
    pipe = Pipe()
    return Encoder(cast("Child", Process(stdout)), pipe, None), pipe, stdout.put_data


async def test_one_that_takes_nothing_more_is_given_up(autojump_clock: trio.testing.MockClock) -> None:
    encoder, pipe, _ = hired()

    async def feed() -> None:
        for _ in range(100):
            await encoder.picture(b"x")
            await trio.sleep(1)
        pipe.open = False
        await encoder.picture(b"x")

    with pytest.RaisesGroup(Stalled):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(feed)
            await encoder.watch()
    assert trio.current_time() == pytest.approx(100 + STALL, abs=2)


async def test_one_that_does_not_end_is_given_up(autojump_clock: trio.testing.MockClock) -> None:
    encoder, _, _ = hired()
    await encoder.close()
    with pytest.raises(Stalled):
        await encoder.watch()


async def test_one_that_has_nothing_to_do_or_nobody_to_give_it_to_is_left_alone(
    autojump_clock: trio.testing.MockClock,
) -> None:
    encoder, pipe, put = hired()
    taken = trio.Event()

    async def write(_data: bytes | bytearray) -> None:
        await taken.wait()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(encoder.watch)
        # No picture is there for it.
        await trio.sleep(1000)
        nursery.start_soon(encoder.deliver, write)
        put(b"encoded")
        pipe.open = False
        nursery.start_soon(encoder.picture, b"x")
        # What it has encoded is not read.
        await trio.sleep(1000)
        nursery.cancel_scope.cancel()
