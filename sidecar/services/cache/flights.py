"""One maker of a key at a time: in this process by its task, on the machine by a lock that ends with its process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from sidecar.services.cache.layout import Address
from sidecar.services.locks import FileLock, try_lock

FIRST_PAUSE = 0.005
LONGEST_PAUSE = 0.1


class Flights:
    """Turns at keys."""

    def __init__(self) -> None:
        self._locks: dict[Address, tuple[trio.Lock, int]] = {}

    @asynccontextmanager
    async def turn(self, address: Address) -> AsyncIterator[None]:
        """Wait until no other task of this process has its turn at a key."""
        lock, waiting = self._locks.get(address, (trio.Lock(), 0))
        self._locks[address] = lock, waiting + 1
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._locks.pop(address)
            if waiting > 1:
                self._locks[address] = lock, waiting - 1


@asynccontextmanager
async def machine_turn(path: Path, wait: float) -> AsyncIterator[None]:
    """Wait until no other process holds the lock of a key, for at most `wait` seconds.

    After that, and where no lock can be made, two may make the same: that costs time and damages nothing.
    """
    lock = await _locked(path, wait)
    try:
        yield
    finally:
        if lock is not None:
            lock.release(remove=True)


async def _locked(path: Path, wait: float) -> FileLock | None:
    deadline, pause = trio.current_time() + wait, FIRST_PAUSE
    try:
        while (lock := await trio.to_thread.run_sync(try_lock, path)) is None and trio.current_time() < deadline:
            await trio.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)
    except OSError:
        return None
    return lock
