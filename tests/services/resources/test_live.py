"""Live bodies: written while they are read."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from sidecar.services.cache.memory import MemoryTier
from sidecar.services.resources import Live
from sidecar.services.resources import live as lives
from tests.services.resources.test_resources import offering, path_of


async def everything(live: Live) -> bytes:
    reader = live.take()
    assert reader is not None
    data = b""
    with reader:
        while part := await reader.read():
            data += part
    return data


async def test_what_is_written_is_read_in_order(autojump_clock: trio.testing.MockClock) -> None:
    live = Live("video/webm", ahead=10)
    got: list[bytes] = []

    async def read() -> None:
        got.append(await everything(live))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read)
        for number in range(100):
            await live.write(bytes([number] * 7))
        live.finish()
    assert got == [b"".join(bytes([number] * 7) for number in range(100))]
    assert live.exhausted
    assert live.written == 700


async def test_the_writer_waits_for_its_reader(autojump_clock: trio.testing.MockClock) -> None:
    live = Live("a/b", ahead=10)
    await live.write(b"0" * 10)
    assert live.waited == 0
    with trio.move_on_after(5) as limit:
        await live.write(b"1")
    assert limit.cancelled_caught
    assert live.waited == pytest.approx(5)
    assert live.written == 11
    reader = live.take()
    assert reader is not None
    assert await reader.read() == b"0" * 10 + b"1"
    await live.write(b"2" * 10)
    assert live.waited == pytest.approx(5)


async def test_who_asks_again_reads_from_the_start_while_that_is_held(autojump_clock: trio.testing.MockClock) -> None:
    live = Live("a/b", ahead=100, held=20)
    await live.write(b"x" * 15)
    first = live.take()
    assert first is not None
    assert await first.read() == b"x" * 15
    second = live.take()
    assert second is not None
    with pytest.raises(trio.BrokenResourceError):
        await first.read()
    with first:
        pass
    assert await second.read() == b"x" * 15
    await live.write(b"y" * 15)
    assert await second.read() == b"y" * 15
    assert live.take() is None
    live.finish()
    assert await second.read() == b""


async def test_it_is_left_when_the_reader_goes_and_no_other_comes(autojump_clock: trio.testing.MockClock) -> None:
    live = Live("a/b", held=10)
    left: list[float] = []

    async def watch() -> None:
        await live.left()
        left.append(trio.current_time())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch)
        await trio.sleep(100)
        with live.take() or pytest.fail("nothing is held"):
            await live.write(b"x")
        await trio.sleep(lives.GRACE / 2)
        with live.take() or pytest.fail("nothing is held") as again:
            await trio.sleep(100)
            await live.write(b"x" * 20)
            await again.read()
            before = trio.current_time()
        await trio.testing.wait_all_tasks_blocked()
        assert left == [before]


async def test_what_is_broken_off_says_so(autojump_clock: trio.testing.MockClock) -> None:
    live = Live("a/b", ahead=1)
    reader = live.take()
    assert reader is not None

    async def read() -> None:
        with pytest.raises(trio.BrokenResourceError):
            await reader.read()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read)
        await trio.testing.wait_all_tasks_blocked()
        live.break_off()
    with pytest.raises(trio.BrokenResourceError):
        await live.write(b"x")
    assert live.take() is None
    finished = Live("a/b")
    await finished.write(b"x")
    finished.finish()
    finished.break_off()
    assert await everything(finished) == b"x"


async def test_it_is_drained_once_a_reader_has_had_all_of_it(autojump_clock: trio.testing.MockClock) -> None:
    live = Live("a/b")
    await live.write(b"xy")

    async def end() -> None:
        await live.drained()
        live.break_off()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(end)
        await trio.sleep(100)
        with live.take() or pytest.fail("it was broken off before") as reader:
            await trio.sleep(100)
            assert await reader.read() == b"xy"
            with pytest.raises(trio.BrokenResourceError):
                await reader.read()


async def test_each_has_a_url_of_its_own_until_it_is_withdrawn() -> None:
    with offering(MemoryTier(1 << 20)) as resources:
        one, two = Live("video/webm"), Live("video/webm")
        offers = [resources.offer_stream(each, width=4, height=2) for each in (one, two)]
        assert (offers[0].content_type, offers[0].bytes, offers[0].width, offers[0].lifetime) == (
            "video/webm",
            0,
            4,
            "session",
        )
        assert [resources.live(path_of(each.url)) for each in offers] == [one, two]
        path = path_of(offers[0].url)
        assert len(path.split("/")[2]) == 32
        for other in (path[:-1], path.replace("live", "file"), path + "/", path.upper()):
            assert resources.live(other) is None
        assert await resources.open(path) == "unknown"
        resources.withdraw(offers[0])
        assert [resources.live(path_of(each.url)) for each in offers] == [None, two]
