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
    """What was removed."""

    entries: int = 0
    bytes: int = 0

    def __add__(self, other: Freed) -> Freed:
        return Freed(self.entries + other.entries, self.bytes + other.bytes)
