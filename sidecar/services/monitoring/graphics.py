"""Graphics cards once in a while, with the driver's library kept open; where there is no driver nothing is imported."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from protocol.errors import DependencyMissing

if TYPE_CHECKING:
    from protocol.commands.gpu import Gpu

EVERY = 2.0
"""Seconds between two looks at cards: a look takes about a millisecond each."""

AGAIN = 60.0
"""Seconds until a driver that was not there, or has failed, is looked for again."""

DRIVER = (Path("/proc/driver/nvidia/version"), Path("/dev/dxg"))
"""One of them is there on Linux where NVIDIA's driver is, the second in its Windows subsystem."""


def driver_may_be_there() -> bool:
    """Say whether it is worth importing the library, which takes as much memory as a tenth of the sidecar."""
    return sys.platform != "linux" or any(path.exists() for path in DRIVER)


class CardMeter:
    """Looks at the cards. Blocks; one thread at a time. `nvml` stands in for the library in tests."""

    def __init__(self, nvml: Any = None, *, likely: Callable[[], bool] | None = None) -> None:
        self._nvml = nvml
        self._likely = likely or ((lambda: True) if nvml is not None else driver_may_be_there)
        self._held = ExitStack()
        self._library: Any = None
        self._cards: tuple[Gpu, ...] = ()
        self._next = 0.0

    def look(self, tick: float, ours: Collection[int] = ()) -> tuple[Gpu, ...]:
        """Return the cards as they were at most EVERY seconds ago; none where there is no driver, or it fails.

        `ours` are the processes that are told of.
        """
        if tick < self._next:
            return self._cards
        try:
            self._cards = self._look(ours)
            self._next = tick + EVERY
        except DependencyMissing:
            self.close()
            self._cards = ()
        if not self._cards:
            self._next = tick + AGAIN
        return self._cards

    def close(self) -> None:
        """Let go of the library; the next look opens it again."""
        self._library = None
        self._held.close()

    def _look(self, ours: Collection[int]) -> tuple[Gpu, ...]:
        if self._library is None and not self._likely():
            return ()
        from sidecar.services.gpu.cards import measure_with, opened  # noqa: PLC0415 - start-up time

        if self._library is None:
            context: AbstractContextManager[Any] = opened(self._nvml)
            self._library = self._held.enter_context(context)
        return tuple(measure_with(self._library, ours))
