"""Boxes of MP4 and MOV files, and the few of them that say whether pictures are shown as they are stored."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

PLAIN_BOXES = frozenset({b"avcC", b"hvcC", b"vpcC", b"av1C", b"colr", b"pasp", b"btrt"})
"""Boxes of a picture's description that neither turn nor light it; what others do, a decoder knows.

Beside them `fiel`, where it says that a picture is one field.
"""

_PLAIN_MATRIX = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
_SAMPLE_ENTRY = 86
"""Bytes of a picture's sample entry before its boxes."""

MOST_BOXES = 10_000
LARGEST_HEADER = 65_536

Box = tuple[bytes, int, int]
"""Type of a box, and where its content begins and ends."""


def plain_tracks(path: Path) -> frozenset[int]:
    """Return the ids of picture tracks that are shown upright, and of which no light is said; none where that is unclear.

    Reads a few hundred bytes of a file of any size.
    """
    found = set()
    try:
        with path.open("rb", buffering=0) as file:
            size = file.seek(0, 2)
            movie = next((box for box in boxes(file, 0, size) if box[0] == b"moov"), None)
            if movie is None:
                return frozenset()
            for kind, begin, end in boxes(file, *movie[1:]):
                if kind == b"mvhd" and not _plain(read_box(file, begin, end), (36, 48)):
                    return frozenset()
                if kind == b"trak" and (track := _plain_track(file, begin, end)) is not None:
                    found.add(track)
    except (OSError, ValueError, struct.error, IndexError):
        return frozenset()
    return frozenset(found)


def _plain_track(file: BinaryIO, begin: int, end: int) -> int | None:
    head = read_box(file, *inside(file, begin, end, b"tkhd"))
    if not _plain(head, (40, 52)):
        return None
    at, limit = begin, end
    for name in (b"mdia", b"minf", b"stbl", b"stsd"):
        at, limit = inside(file, at, limit, name)
    description = read_box(file, at, limit)
    size = struct.unpack_from(">I", description, 8)[0]
    if struct.unpack_from(">I", description, 4)[0] != 1 or size != len(description) - 8:
        return None
    within = 8 + _SAMPLE_ENTRY
    while within + 8 <= len(description):
        length, kind = struct.unpack_from(">I4s", description, within)
        whole = kind == b"fiel" and description[within + 8] == 1
        if (kind not in PLAIN_BOXES and not whole) or length < 8:
            return None
        within += length
    return int(struct.unpack_from(">I", head, 20 if head[0] else 12)[0])


def _plain(head: bytes, places: tuple[int, int]) -> bool:
    """Whether the matrix of a header (at the first place in version 0, the second in version 1) leaves all as it is."""
    at = places[1] if head[0] else places[0]
    return head[at : at + 36] == _PLAIN_MATRIX


def inside(file: BinaryIO, begin: int, end: int, name: bytes) -> tuple[int, int]:
    """Return where the content of the first box of a name lies; ValueError where there is none."""
    for kind, first, last in boxes(file, begin, end):
        if kind == name:
            return first, last
    raise ValueError(f"no box {name!r}")


def boxes(file: BinaryIO, begin: int, end: int) -> Iterator[Box]:
    """Return the boxes of a span of a file; ValueError at one that does not fit into it."""
    for _ in range(MOST_BOXES):
        if begin + 8 > end:
            return
        file.seek(begin)
        head = file.read(16)
        size, kind = struct.unpack_from(">I4s", head)
        start = begin + 8
        if size == 1:
            size, start = struct.unpack_from(">Q", head, 8)[0], begin + 16
        last = end if size == 0 else begin + size
        if last <= begin + 7 or last > end:
            raise ValueError("a box that is larger than what holds it")
        yield kind, start, last
        begin = last


def read_box(file: BinaryIO, begin: int, end: int, *, most: int = LARGEST_HEADER) -> bytes:
    """Return the content of a box; ValueError for more than `most` bytes."""
    if end - begin > most:
        raise ValueError("a box of this size is none")
    file.seek(begin)
    return file.read(end - begin)
