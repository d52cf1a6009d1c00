"""Entries of the cache that were fetched a moment ago: a player that asks for one part after the other.

The cache reads an entry through each time it hands it out. That is right once a download, not once a Range of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import trio

from sidecar.services.cache.layout import Address
from sidecar.services.cache.pinned import Pinned

LARGE = 1 << 20
"""Bytes from which on an entry is held: smaller ones are read through in less than a millisecond."""

SECONDS = 10.0
"""How long after its last use: so long it may be that the cache's limits cannot have it."""

MOST = 8


@dataclass(slots=True, eq=False)
class _Holding:
    pinned: Pinned
    users: int
    until: float


class Holdings:
    """A few pinned entries, each for moments beyond its last use.

    `tend` lets them go while it runs; without it they go when others come, and at the end.
    """

    def __init__(self) -> None:
        self._held: dict[Address, _Holding] = {}
        self._some = trio.Event()

    def take(self, address: Address) -> Pinned | None:
        """Return an entry that is held, to be given back by `leave`."""
        holding = self._held.get(address)
        if holding is None:
            return None
        holding.users += 1
        return holding.pinned

    def leave(self, address: Address, pinned: Pinned) -> None:
        """End one use of an entry, and hold it if it is large and there is room for it."""
        if pinned.released:
            # It was forgotten while this user read on.
            return
        now = trio.current_time()
        holding = self._held.get(address)
        if holding is not None and holding.pinned is pinned:
            holding.users -= 1
            holding.until = now + SECONDS
            return
        self._expire(now)
        if holding is not None or pinned.bytes < LARGE or len(self._held) >= MOST:
            pinned.release()
            return
        self._held[address] = _Holding(pinned, 0, now + SECONDS)
        self._some.set()

    def forget(self, address: Address, pinned: Pinned) -> None:
        """Let go at once of an entry whose file is not there, whoever removed it."""
        holding = self._held.get(address)
        if holding is not None and holding.pinned is pinned:
            del self._held[address]
        pinned.release()

    async def tend(self) -> None:
        """Let go in time of what nobody fetches any more, until cancelled."""
        while True:
            await self._some.wait()
            while self._held:
                await trio.sleep(SECONDS / 4)
                self._expire(trio.current_time())
            self._some = trio.Event()

    def close(self) -> None:
        """Let go of all."""
        for holding in self._held.values():
            holding.pinned.release()
        self._held.clear()

    def _expire(self, now: float) -> None:
        for address, holding in list(self._held.items()):
            if holding.users == 0 and holding.until <= now:
                del self._held[address]
                holding.pinned.release()
