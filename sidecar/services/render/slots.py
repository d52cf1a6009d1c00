"""How many processes encode at once, of all jobs together."""

from __future__ import annotations

from collections import deque

import trio


class Slots:
    """Places for processes, given out in the order in which they are asked for.

    Each job asks for one at a time, so jobs that run together get the same number of them.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._taken = 0
        self._waiting: deque[trio.Event] = deque()
        self._jobs = 0

    @property
    def taken(self) -> int:
        return self._taken

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return len(self._waiting)

    @property
    def share(self) -> int:
        """How many places a job has, now that so many share them; at least one."""
        return max(1, self.count // max(1, self._jobs))

    def join(self) -> None:
        """Count one more job among those that share the places."""
        self._jobs += 1

    def leave(self) -> None:
        """Count one job less."""
        self._jobs -= 1

    async def take(self) -> None:
        """Wait for a place. Cancelled, none is taken."""
        await trio.lowlevel.checkpoint_if_cancelled()
        if self._taken < self.count and not self._waiting:
            self._taken += 1
            await trio.lowlevel.cancel_shielded_checkpoint()
            return
        turn = trio.Event()
        self._waiting.append(turn)
        try:
            await turn.wait()
        except BaseException:
            if turn.is_set():
                self.give(1)
            else:
                self._waiting.remove(turn)
            raise

    def give(self, places: int) -> None:
        """Give places back, also those of processes that are stopped."""
        self._taken -= places
        while self._waiting and self._taken < self.count:
            self._taken += 1
            self._waiting.popleft().set()

    def claim(self, places: int) -> None:
        """Take places back at once: processes that were stopped go on, though others run in their places by now."""
        self._taken += places
