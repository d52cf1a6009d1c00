"""What an entry in memory really takes, and what the process does."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

OVERHEAD = 880
"""Bytes that an entry takes beside its value, meta and labels: its records, its key, its places in three tables."""

ITEM = 64
"""Bytes of a number, a boolean or a place in a table, with some to spare."""


def footprint(value: bytes, meta: Mapping[str, Any], labels: Iterable[str]) -> int:
    """Return the bytes of an entry, everything that it takes included."""
    return OVERHEAD + sys.getsizeof(value) + size_of_json(meta) + sum(map(sys.getsizeof, labels))


def size_of_json(value: Any) -> int:
    """Return the bytes of JSON values in memory."""
    if isinstance(value, Mapping):
        inner = sum(sys.getsizeof(key) + size_of_json(each) for key, each in value.items())
        return sys.getsizeof(value) + inner
    if isinstance(value, list | tuple):
        return sys.getsizeof(value) + sum(map(size_of_json, value))
    return max(ITEM, sys.getsizeof(value))


def resident_bytes() -> int:
    """Return the memory of this process that is not swapped out."""
    import psutil  # noqa: PLC0415 - start-up time

    resident: int = psutil.Process().memory_info().rss
    return resident
