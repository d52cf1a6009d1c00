"""What is opened when somebody needs it: once, for all who wait, and closed with the block."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
import trio.lowlevel

from sidecar.services.late import open_late
from tests.harness.patience import PATIENCE


class Door:
    """Notes what becomes of it."""

    def __init__(self, *, broken: bool = False) -> None:
        self.noted: list[str] = []
        self._broken = broken

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        self.noted.append("opening")
        await trio.lowlevel.checkpoint()
        if self._broken:
            raise ZeroDivisionError("it does not open")
        try:
            yield "open"
        finally:
            # Closing takes its time, and is given it.
            await trio.lowlevel.checkpoint()
            self.noted.append("closed")


async def test_those_who_wait_go_on_in_their_order_and_it_is_opened_once() -> None:
    door, order = Door(), list[int]()
    with trio.fail_after(PATIENCE):
        async with open_late(door.open) as late, trio.open_nursery() as nursery:

            async def ask(number: int) -> None:
                assert await late.wait() == "open"
                order.append(number)

            for number in range(20):
                nursery.start_soon(ask, number)
                await trio.lowlevel.checkpoint()
    assert order == list(range(20))
    assert door.noted == ["opening", "closed"]


async def test_what_nobody_wants_is_never_opened() -> None:
    door = Door()
    with trio.fail_after(PATIENCE):
        async with open_late(door.open) as late:
            assert late.held is None
    assert door.noted == []


async def test_it_is_closed_in_peace_when_the_block_fails() -> None:
    door = Door()
    with trio.fail_after(PATIENCE), pytest.RaisesGroup(ValueError):
        async with open_late(door.open) as late:
            await late.wait()
            raise ValueError("the block failed")
    assert door.noted == ["opening", "closed"]


async def test_what_cannot_be_opened_ends_the_block() -> None:
    door = Door(broken=True)
    with trio.fail_after(PATIENCE), pytest.RaisesGroup(ZeroDivisionError):
        async with open_late(door.open) as late:
            await late.wait()
            raise AssertionError("nobody gets here")
    assert door.noted == ["opening"]


async def test_a_wish_does_not_wait() -> None:
    door = Door()
    with trio.fail_after(PATIENCE):
        async with open_late(door.open) as late:
            late.want()
            assert door.noted == []
            while late.held is None:
                await trio.lowlevel.checkpoint()
    assert door.noted == ["opening", "closed"]
