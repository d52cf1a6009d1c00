"""What is made when somebody asks for it, and given to all who ask soon after: two who ask at once cost one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import trio

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Kept(Generic[T]):
    """Keeps what `make` answers for `seconds`. What it raises is kept for nobody."""

    make: Callable[[], Awaitable[T]]
    seconds: float
    _made: tuple[float, T] | None = None
    _making: trio.Lock = field(default_factory=trio.Lock)

    async def get(self) -> T:
        """Return what was made at most `seconds` ago. Cancelled, whoever waits next makes it."""
        async with self._making:
            if self._made is None or trio.current_time() - self._made[0] > self.seconds:
                made = await self.make()
                self._made = trio.current_time(), made
            return self._made[1]
