"""What is opened when somebody needs it: once, for all who wait, and closed with the block."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.lowlevel
import trio.testing

from sidecar.services.late import Late, open_late
from tests.harness.desk import opened
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


async def test_what_is_still_being_opened_is_given_up() -> None:
    noted: list[str] = []

    @asynccontextmanager
    async def slow() -> AsyncIterator[str]:
        noted.append("opening")
        try:
            await trio.Event().wait()
            yield "never"
        finally:
            noted.append("given up")

    late = Late(slow)
    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(late.hold)
            late.want()
            await trio.testing.wait_all_tasks_blocked()
            await late.end()
            assert noted == ["opening", "given up"]


async def test_previews_are_closed_before_what_they_are_read_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    end = Late.end

    async def noting(late: Late[Any]) -> None:
        order.append(f"{type(late.held).__name__} is left")
        await end(late)
        order.append(f"{type(late.held).__name__} is gone")

    monkeypatch.setattr(Late, "end", noting)
    async with opened(tmp_path) as desk:
        await desk.services.previews.wait()
        assert desk.services.plays.playing == ()
    assert order == ["PreviewService is left", "PreviewService is gone", "Members is left", "Members is gone"]


async def test_a_wish_does_not_wait() -> None:
    door = Door()
    with trio.fail_after(PATIENCE):
        async with open_late(door.open) as late:
            late.want()
            assert door.noted == []
            while late.held is None:
                await trio.lowlevel.checkpoint()
    assert door.noted == ["opening", "closed"]
