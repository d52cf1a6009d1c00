"""The head of an entry: what lies beside its file, so that the index can be rebuilt and damage is seen."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from sidecar.services.cache.kinds import Kind

CHUNK = 1 << 20
CHECKED = 8
"""Hexadecimal digits of a head's own checksum, before its JSON."""


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an entry is.

    `bytes` and `checksum` (CRC-32: it sees every damage of up to 32 bits in a row, at over 2 GB/s) are of its file,
    `seconds` is what it took to make, `made` when that was (Unix time), `owners` are ids of projects.
    """

    kind: Kind
    key: str
    bytes: int
    checksum: int
    made: float
    seconds: float = 0.0
    meta: dict[str, Any] = {}
    owners: tuple[str, ...] = ()


def encode_head(head: Head) -> bytes:
    """Write a head with a checksum of itself before it."""
    text = msgspec.json.encode(head)
    return b"%08x" % zlib.crc32(text) + text


def decode_head(data: bytes) -> Head | None:
    """Read a head; None when it is damaged or nobody's."""
    text = data[CHECKED:]
    if data[:CHECKED] != b"%08x" % zlib.crc32(text):
        return None
    try:
        return msgspec.json.decode(text, type=Head)
    except msgspec.MsgspecError:
        return None


def read_head(path: Path) -> Head | None:
    """Read the head of a file; None when it is missing, damaged or nobody's."""
    try:
        return decode_head(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def checksum_of(path: Path, step: Callable[[], None]) -> tuple[int, int]:
    """Return size and CRC-32 of a file; `step` is called for every MiB and may raise to stop."""
    checksum = size = 0
    buffer = memoryview(bytearray(CHUNK))
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            step()
            checksum = zlib.crc32(buffer[:count], checksum)
            size += count
    return size, checksum
