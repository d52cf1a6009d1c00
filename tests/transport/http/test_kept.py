"""What is made when somebody asks, and kept for a moment."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from sidecar.transport.http.kept import Kept


class Maker:
    """Counts how often it makes something; fails, or waits, as it is told."""

    def __init__(self) -> None:
        self.made = 0
        self.error: Exception | None = None
        self.gate: trio.Event | None = None

    async def __call__(self) -> int:
        self.made += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        return self.made


async def test_it_is_kept_for_its_time(autojump_clock: trio.testing.MockClock) -> None:
    maker = Maker()
    kept = Kept(maker, 0.5)
    assert [await kept.get(), await kept.get()] == [1, 1]
    await trio.sleep(0.4)
    assert await kept.get() == 1
    await trio.sleep(0.2)
    assert await kept.get() == 2
    assert autojump_clock.rate == 0


async def test_what_fails_is_kept_for_nobody() -> None:
    maker = Maker()
    maker.error = OSError("no")
    kept = Kept(maker, 60)
    for _ in range(2):
        with pytest.raises(OSError, match="no"):
            await kept.get()
    maker.error = None
    assert await kept.get() == 3


async def test_who_is_cancelled_leaves_it_to_the_next() -> None:
    maker = Maker()
    maker.gate = trio.Event()
    kept = Kept(maker, 60)
    answers: list[int] = []
    scope = trio.CancelScope()

    async def first() -> None:
        with scope:
            await kept.get()

    async def next_() -> None:
        answers.append(await kept.get())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(first)
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(next_)
        await trio.testing.wait_all_tasks_blocked()
        scope.cancel()
        await trio.testing.wait_all_tasks_blocked()
        assert maker.made == 2
        maker.gate.set()
    assert answers == [2]
