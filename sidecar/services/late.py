"""Something that is opened when somebody first needs it, and closed with what it belongs to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Generic, TypeVar

import trio

T = TypeVar("T")


class Late(Generic[T]):
    """Holds what `open_` opens, in a task that runs `hold`. Made by `open_late`; all of it runs on the trio thread."""

    def __init__(self, open_: Callable[[], AbstractAsyncContextManager[T]]) -> None:
        self._open = open_
        self._wanted = trio.Event()
        self._ending = trio.Event()
        self._closed = trio.Event()
        self._waiting = trio.lowlevel.ParkingLot()
        self._scope = trio.CancelScope()
        self._held: T | None = None

    @property
    def held(self) -> T | None:
        """What was opened; None before."""
        return self._held

    def want(self) -> None:
        """Have it opened, if that has not begun. Returns at once."""
        self._wanted.set()

    async def wait(self) -> T:
        """Return it, opened. Those who wait go on in the order in which they came."""
        if self._held is not None and not self._waiting:
            return self._held
        self._wanted.set()
        await self._waiting.park()
        if self._held is None:
            raise AssertionError("woken before it was opened")
        return self._held

    async def hold(self) -> None:
        """Open it once it is wanted, and close it at the end."""
        try:
            with self._scope:
                await self._wanted.wait()
                # An answer that was given in the same pass as the wish is written before the loop stands still.
                await trio.lowlevel.checkpoint()
                await trio.lowlevel.checkpoint()
                async with self._open() as self._held:
                    while self._waiting:
                        self._waiting.unpark()
                        await trio.lowlevel.checkpoint()
                    await self._ending.wait()
        finally:
            self._closed.set()

    async def end(self) -> None:
        """Have it closed, and wait for that, cancelled or not; what is still being opened is given up."""
        self._ending.set()
        if self._held is None:
            self._scope.cancel()
        with trio.CancelScope(shield=True):
            await self._closed.wait()


@asynccontextmanager
async def open_late(open_: Callable[[], AbstractAsyncContextManager[T]]) -> AsyncIterator[Late[T]]:
    """Hold what `open_` opens from when it is wanted until the block is left. What opening it raises ends the block."""
    late = Late(open_)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(late.hold)
        try:
            yield late
        finally:
            await late.end()
            nursery.cancel_scope.cancel()
