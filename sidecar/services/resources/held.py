"""Bytes in memory until the cache's memory tier is there to hold them."""

from __future__ import annotations

from dataclasses import dataclass, field

from sidecar.services.cache.kinds import Kind


@dataclass(frozen=True, slots=True)
class HeldBytes:
    """Bytes in memory."""

    value: bytes


@dataclass(frozen=True, slots=True)
class HeldInMemory:
    """Holds bytes by address."""

    held: dict[tuple[Kind, str], HeldBytes] = field(default_factory=dict)

    def get(self, kind: Kind, key: str) -> HeldBytes | None:
        """Return what is held."""
        return self.held.get((kind, key))

    def put(self, kind: Kind, key: str, value: bytes) -> bool:
        """Hold a value."""
        self.held[kind, key] = HeldBytes(value)
        return True
