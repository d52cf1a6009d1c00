"""Which failures of a process are met by another try, and when enough is enough."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from protocol.errors import FfmpegCrashed, FfmpegFailed, RenderFailed, SidecarError, Stalled

TRIES = 3
"""How often a cell is begun at most."""

CRASHES = 5
CRASH_SECONDS = 180.0
"""So many crashes of one kind in so much time end the job: something is wrong that more tries will not mend."""

DETERMINED = frozenset({183, 234, 228})
"""FFmpeg's exit statuses for invalid data, an invalid argument and a full disk: another try ends like the first."""


@dataclass(slots=True)
class Retries:
    """Remembers the failures of one attempt of a job. Times are seconds of a monotonic clock."""

    count: int = 0
    _begun: dict[int, int] = field(default_factory=dict)
    _crashes: dict[str, deque[float]] = field(default_factory=dict)

    def failed(self, error: SidecarError, cells: Iterable[int], now: float) -> None:
        """Note that a process failed before it had made these cells; raises the error where no try is left."""
        if not worth_another_try(error):
            raise error
        recent = self._crashes.setdefault(error.kind, deque(maxlen=CRASHES))
        recent.append(now)
        if len(recent) == CRASHES and now - recent[0] <= CRASH_SECONDS:
            raise error
        for cell in cells:
            self._begun[cell] = self._begun.get(cell, 0) + 1
            if self._begun[cell] >= TRIES:
                raise error
        self.count += 1


def worth_another_try(error: SidecarError) -> bool:
    """Say whether the same command may end otherwise: after a crash, a stall, or what FFmpeg cannot explain."""
    if isinstance(error, FfmpegFailed):
        return error.exit_code not in DETERMINED
    return isinstance(error, FfmpegCrashed | Stalled | RenderFailed)
