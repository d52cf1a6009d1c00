"""Tasks that stand and fall together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import trio


class Crew:
    """Tasks of which the first to fail ends all others; its error alone is raised."""

    def __init__(self, nursery: trio.Nursery) -> None:
        self._nursery = nursery
        self.error: Exception | None = None

    def start(self, task: Callable[[], Awaitable[None]]) -> None:
        """Run a task beside the others."""
        self._nursery.start_soon(self._run, task)

    def dismiss(self) -> None:
        """End all tasks; that is no failure."""
        self._nursery.cancel_scope.cancel()

    def fail(self, error: Exception) -> None:
        """End all tasks by this error, if it is the first."""
        self.error = self.error or error
        self.dismiss()

    async def _run(self, task: Callable[[], Awaitable[None]]) -> None:
        try:
            await task()
        except Exception as error:  # noqa: BLE001 - raised when all have ended
            self.fail(error)


@asynccontextmanager
async def open_crew() -> AsyncIterator[Crew]:
    """Run tasks while the block lasts, and until they have ended. The block's own error counts like a task's."""
    async with trio.open_nursery() as nursery:
        crew = Crew(nursery)
        try:
            yield crew
        except Exception as error:  # noqa: BLE001 - raised when all have ended
            crew.fail(error)
    if crew.error is not None:
        raise crew.error
