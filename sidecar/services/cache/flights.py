"""One maker of a key at a time: in this process by its task, on the machine by a lock that ends with its process.

A maker that is paused lends its turn: who waits for the key makes it then, whether in this process or another. What
the paused one has begun stays as it stands. Resumed, it takes its turn back, or, where others have it by now, goes on
beside them: both make the same, and one of the two files goes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Protocol

import trio

from sidecar.services.cache.layout import Address
from sidecar.services.locks import FileLock, try_lock
from sidecar.services.places import Places

FIRST_PAUSE = 0.005
LONGEST_PAUSE = 0.1


class Pauses(Protocol):
    """What tells a maker to stand still for a while."""

    async def going(self) -> None:
        """Wait until it may go on."""

    def obeyed(self, change: Callable[[bool], bool]) -> AbstractContextManager[None]:
        """Call `change` with every change while the block lasts; at its begin, too, where it is to stand still."""


class Unpaused:
    """Tells nobody to stand still."""

    async def going(self) -> None:
        """Return at once."""

    def obeyed(self, _change: Callable[[bool], bool]) -> AbstractContextManager[None]:
        return nullcontext()


class Turn:
    """A task's turn at a key, from when no other task of this process has it. `path` is that of the key's lock."""

    def __init__(self, place: trio.Semaphore, path: Path) -> None:
        self._place = place
        self._path = path
        self._mine = True
        self._lock: FileLock | None = None
        self._times = 0
        self._lent: float | None = None
        self._stood = 0.0

    @property
    def unbroken(self) -> bool:
        """Whether it was never lent. If it was, others may have made the key meanwhile."""
        return self._times == 0

    @property
    def stood(self) -> float:
        """Seconds for which its maker has stood still so far."""
        return self._stood + (0.0 if self._lent is None else trio.current_time() - self._lent)

    async def on_machine(self, wait: float) -> None:
        """Wait until no other process has its turn, for at most `wait` seconds, or until this one is lent.

        After that, and where no lock can be made, two may make the same: that costs time and damages nothing.
        """
        deadline, pause = trio.current_time() + wait, FIRST_PAUSE
        while self._times == 0:
            try:
                lock = await trio.to_thread.run_sync(try_lock, self._path)
            except OSError:
                return
            if lock is not None:
                self._lock = lock
                if self._times > 0:
                    self._unlock()
                return
            if trio.current_time() >= deadline:
                return
            await trio.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)

    def change(self, paused: bool) -> bool:  # noqa: FBT001 - what the switch says
        """Lend the turn to whoever waits for it, or take it back where nobody has it; tell whether it is there."""
        if paused and self._lent is None:
            self._times, self._lent = self._times + 1, trio.current_time()
            self.end()
        elif not paused and self._lent is not None:
            self._stood, self._lent = self.stood, None
            self._take_back()
        return self._mine

    def end(self) -> None:
        """Let the next have it. Where others have it, nothing is done."""
        self._unlock()
        if self._mine:
            self._mine = False
            self._place.release()

    def _take_back(self) -> None:
        try:
            self._place.acquire_nowait()
        except trio.WouldBlock:
            return
        self._mine = True
        try:
            self._lock = try_lock(self._path)
        except OSError:
            return

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.release(remove=True)
            self._lock = None


class Flights:
    """Turns at keys."""

    def __init__(self) -> None:
        self._places = Places[Address]()

    @asynccontextmanager
    async def turn(self, address: Address, path: Path, pauses: Pauses) -> AsyncIterator[Turn]:
        """Wait until no other task of this process has its turn at a key. While `pauses` say so it is lent."""
        with self._places.of(address) as place:
            await place.acquire()
            turn = Turn(place, path)
            try:
                with pauses.obeyed(turn.change):
                    yield turn
            finally:
                turn.end()
