"""How much the cache may hold, and what became of what it held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sidecar.services.cache.kinds import Kind


@dataclass(frozen=True, slots=True)
class CacheLimits:
    """Bytes on the disk, of all entries and of a kind's; and the space that others of the disk are left."""

    disk_bytes: int
    min_free_bytes: int = 0
    kinds: Mapping[Kind, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Freed:
    """What was removed: entries, and the bytes that they took of the limits."""

    entries: int = 0
    bytes: int = 0

    def __add__(self, other: Freed) -> Freed:
        return Freed(self.entries + other.entries, self.bytes + other.bytes)


NOTHING = Freed()


@dataclass(frozen=True, slots=True)
class Cleared:
    """What was removed of what was meant, and how many entries stayed: in use, or other projects' too."""

    freed: Freed = NOTHING
    in_use: int = 0
    shared: int = 0

    def __add__(self, other: Cleared) -> Cleared:
        return Cleared(self.freed + other.freed, self.in_use + other.in_use, self.shared + other.shared)
