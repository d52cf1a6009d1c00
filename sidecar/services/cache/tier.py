"""What the functions of the disk tier share, and what keeps them from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sidecar.services.cache.counters import Cause, Counters
from sidecar.services.cache.index import Index
from sidecar.services.cache.instance import Instance
from sidecar.services.cache.layout import Layout
from sidecar.services.cache.limits import CacheLimits, Freed
from sidecar.services.cache.lock import CacheBusyError
from sidecar.services.cache.room import Room
from sidecar.services.cache.session import Sessions

Report = Callable[[str, Exception], None]

FAILURES = (OSError, CacheBusyError)
"""What keeps the cache from being used for once: work goes on without it."""


@dataclass(frozen=True, slots=True)
class Tier:
    """An open disk tier: its folders, index, limits and counts. `report` is told, on any thread, of what failed."""

    layout: Layout
    instance: Instance
    sessions: Sessions
    limits: Callable[[], CacheLimits]
    report: Report
    counters: Counters = field(default_factory=Counters)

    @contextmanager
    def room(self, index: Index, cause: Cause) -> Iterator[Room]:
        """Make room and remove inside a session that is exclusive; what goes is counted under `cause`."""
        room = Room(self.layout, index, self.limits())
        try:
            yield room
        finally:
            self.counters.evicted(cause, [(kind, freed.entries) for kind, freed in room.freed.items()])


def freed_in(room: Room) -> Freed:
    """Return the sum of what was removed."""
    return sum(room.freed.values(), Freed())
