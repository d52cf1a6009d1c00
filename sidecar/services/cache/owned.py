"""What the cache holds for one project."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Owned:
    """Entries that carry a project's id, the segments among them, and when one of them was used last (Unix time)."""

    entries: int = 0
    bytes: int = 0
    segments: int = 0
    used: float = 0.0

    def __add__(self, other: Owned) -> Owned:
        return Owned(
            self.entries + other.entries,
            self.bytes + other.bytes,
            self.segments + other.segments,
            max(self.used, other.used),
        )
