"""Tells who makes something for the cache to stand still: while its job is paused, and while it waits for its moment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from sidecar.services.cache.flights import Pauses


class Standing:
    """What one maker obeys: the pauses of its job, and waits of its own, so that nobody else has to wait for them."""

    def __init__(self, pauses: Pauses) -> None:
        self._pauses = pauses
        self._change: Callable[[bool], bool] = lambda _: True
        self._paused = False
        self._waits = False

    async def going(self) -> None:
        """Wait until the job is not paused."""
        await self._pauses.going()

    @contextmanager
    def obeyed(self, change: Callable[[bool], bool]) -> Iterator[None]:
        """Call `change` with every change while the block lasts; at its begin, too, where the job is paused."""
        # What was told before may have ended unheard.
        self._change, self._paused = change, False
        with self._pauses.obeyed(self._pause):
            yield

    async def during(self, wait: Callable[[], Awaitable[None]]) -> bool:
        """Stand still for as long as a wait lasts, and a pause at its end, and tell whether the maker has its turn again."""
        self._waits = True
        self._tell()
        try:
            await wait()
            # A job that is paused takes no turn back; that it has none says nothing of others then.
            await self._pauses.going()
        finally:
            self._waits = False
            mine = self._tell()
        return mine

    def _pause(self, paused: bool) -> bool:  # noqa: FBT001 - what the switch says
        self._paused = paused
        return self._tell()

    def _tell(self) -> bool:
        return self._change(self._paused or self._waits)
