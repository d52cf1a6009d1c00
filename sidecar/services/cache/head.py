"""The head of an entry: what lies beside its file, so that the index can be rebuilt and damage is seen."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from protocol.typed import ready
from sidecar.services.cache.kinds import Kind

CHUNK = 1 << 20
CHECKED = 8
"""Hexadecimal digits of a head's own checksum, before its JSON."""


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an entry is.

    `bytes` and `checksum` (CRC-32: it sees every damage of up to 32 bits in a row, at over 2 GB/s) are of its file,
    `seconds` is what it took to make, `made` when that was (Unix time), `owners` are ids of projects, `sources` the
    files that it was made from, as `source_id` names them.
    """

    kind: Kind
    key: str
    bytes: int
    checksum: int
    made: float
    seconds: float = 0.0
    meta: dict[str, Any] = {}
    owners: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Labels:
    """What entries are found by beside their keys: the projects that they are for, the files that they were made from."""

    owners: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def within(self, head: Head) -> bool:
        """Whether an entry has all of them."""
        return set(self.owners) <= set(head.owners) and set(self.sources) <= set(head.sources)

    def added(self, head: Head) -> Head:
        """Return an entry's head with them."""
        owners, sources = {*head.owners, *self.owners}, {*head.sources, *self.sources}
        return msgspec.structs.replace(head, owners=tuple(sorted(owners)), sources=tuple(sorted(sources)))


UNLABELLED = Labels()


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
        return msgspec.json.decode(text, type=ready(Head))
    except msgspec.MsgspecError:
        return None


def read_head(path: Path | str) -> Head | None:
    """Read the head of a file; None when it is missing, damaged or nobody's."""
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - of many, in a hurry
            return decode_head(file.readall())
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
