"""Says when something that is made beside the cells of a job begins: in time to end with them, and not sooner."""

from __future__ import annotations

from dataclasses import dataclass, field

import trio

EARLY = 1.5
"""It begins when this much of its time is left of theirs: sooner it would only slow them."""

LAYOUT_SECONDS = 0.5
"""How long it waits to hear what cells there are to make; analyses may come first."""


@dataclass(slots=True, eq=False)
class Turn:
    """The turn of one thing that takes one processor. `seconds` is how long it takes; 0 until that is known."""

    seconds: float = 0.0
    _laid_out: trio.Event = field(default_factory=trio.Event)
    _come: trio.Event = field(default_factory=trio.Event)

    async def wait(self, seconds: float) -> None:
        """Wait for the turn of what takes so many seconds of processor."""
        self.seconds = seconds
        with trio.move_on_after(LAYOUT_SECONDS):
            await self._laid_out.wait()
        if self._laid_out.is_set():
            await self._come.wait()

    def lay_out(self) -> None:
        """Note that the cells are laid out to processes: from now on `look` tells."""
        self._laid_out.set()

    def look(self, left: float, workers: int, *, idle: bool) -> None:
        """Take how many seconds of processor the cells have left, and whether a worker has none to make."""
        if self.seconds and self._laid_out.is_set() and (idle or left <= EARLY * self.seconds * workers):
            self.come()

    def come(self) -> None:
        """It is its turn: nothing else is left to make."""
        self._laid_out.set()
        self._come.set()
