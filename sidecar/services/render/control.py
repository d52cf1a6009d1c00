"""The switch by which a queue stops and continues a job while it runs."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import trio

Result = TypeVar("Result")

POLL = 0.1
"""Seconds in which a held thread looks whether it has to end."""


class JobControl:
    """Whether a job is paused. Made with the job, thrown by the queue, obeyed by `run_job`.

    Children of a paused job are stopped where they stand and use no CPU; nothing new is started for it.
    """

    def __init__(self) -> None:
        self._going = trio.Event()
        self._going.set()
        self._threads = threading.Event()
        self._threads.set()
        self._listeners: list[Callable[[bool], object]] = []

    @property
    def paused(self) -> bool:
        return not self._threads.is_set()

    def pause(self) -> None:
        """Stop what runs, at once; a job that is paused stays so."""
        if not self.paused:
            self._going = trio.Event()
            self._threads.clear()
            self._tell()

    def resume(self) -> None:
        """Let it go on where it stopped; a job that is not paused is left alone."""
        if self.paused:
            self._threads.set()
            self._going.set()
            self._tell()

    async def going(self) -> None:
        """Wait until the job is not paused."""
        while self.paused:
            await self._going.wait()

    def hold(self, *, ended: Callable[[], bool]) -> None:
        """Keep a thread of the job while it is paused, or until `ended`."""
        while not self._threads.wait(POLL) and not ended():
            pass

    @contextmanager
    def obeyed(self, change: Callable[[bool], object]) -> Iterator[None]:
        """Call `change` with every change while the block lasts; at its begin, too, where the job is paused."""
        self._listeners.append(change)
        try:
            if self.paused:
                change(True)
            yield
        finally:
            self._listeners.remove(change)

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener(self.paused)


async def given_up_paused(control: JobControl, work: Callable[[], Awaitable[Result]]) -> Result:
    """Do work that cannot be stopped where it stands: it is given up when the job is paused, and done anew later."""
    while True:
        await control.going()
        with trio.CancelScope() as scope:

            def change(paused: bool, scope: trio.CancelScope = scope) -> None:  # noqa: FBT001 - what the switch says
                if paused:
                    scope.cancel()

            with control.obeyed(change):
                return await work()
