"""Reads entries through, some at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sidecar.services.cache.finding import inspect
from sidecar.services.cache.head import Head
from sidecar.services.cache.layout import Address
from sidecar.services.cache.session import Step
from sidecar.services.cache.tier import Tier

ENOUGH = 32 << 20
"""Bytes that are read before whoever asked gets to say something."""


@dataclass(frozen=True, slots=True)
class Verified:
    """How many of the entries were looked at, how many of them were whole, their bytes, and which were damaged."""

    looked_at: int = 0
    whole: int = 0
    bytes: int = 0
    damaged: tuple[Address, ...] = ()


def verify(tier: Tier, addresses: Sequence[Address], remove: bool, step: Step) -> Verified:  # noqa: FBT001 - a choice
    """Read entries through from the first on, until some MiB are read; raises what FAILURES names.

    What is damaged goes if it shall. What is no longer there is neither whole nor damaged.
    """
    whole = size = looked_at = 0
    damaged: list[Address] = []
    for address in addresses:
        if size >= ENOUGH:
            break
        step()
        looked_at += 1
        found = inspect(tier, address, step, remove=remove)
        if isinstance(found, Head):
            tier.instance.unpin(address)
            whole += 1
            size += found.bytes
        elif found == "damaged":
            damaged.append(address)
    return Verified(looked_at, whole, size, tuple(damaged))
