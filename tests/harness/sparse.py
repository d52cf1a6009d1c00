"""A huge file that takes no room: an ordinary MP4 with a hole in the middle of its media, and its index at the end."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path

_NESTED = {b"moov", b"trak", b"mdia", b"minf", b"stbl"}


def stretch(source: Path, target: Path, size: int) -> Path:
    """Write `source`, whose index must follow its media, as a sparse file of about `size` bytes that plays the same.

    Media from the middle of the file on lie behind the hole, right before the index.
    """
    data = source.read_bytes()
    boxes = {kind: (begin, end) for kind, begin, end in _boxes(data, 0, len(data))}
    media, index = boxes[b"mdat"], boxes[b"moov"]
    assert index[0] == media[1], "the index has to follow the media"
    begin, middle = media[0] + 8, _chunk_after(data, index, (media[0] + media[1]) // 2)
    # The size of the media does not fit into 32 bits any more: its header grows by 8 bytes.
    hole = size - len(data)

    def moved(offset: int) -> int:
        return offset + 8 + (hole if offset >= middle else 0)

    movie = _rewritten(data, *index, moved)
    with target.open("wb") as file:
        file.write(data[: media[0]])
        file.write(struct.pack(">I4sQ", 1, b"mdat", media[1] - media[0] + 8 + hole))
        file.write(data[begin:middle])
        file.seek(hole, os.SEEK_CUR)
        file.write(data[middle : media[1]])
        file.write(movie)
    return target


def _chunk_after(data: bytes, index: tuple[int, int], offset: int) -> int:
    """Return where the first chunk of samples from an offset on begins."""
    found: list[int] = []

    def note(each: int) -> int:
        found.append(each)
        return each

    _rewritten(data, *index, note)
    return min(each for each in found if each >= offset)


def _boxes(data: bytes, begin: int, end: int) -> list[tuple[bytes, int, int]]:
    found = []
    while begin < end:
        size, kind = struct.unpack_from(">I4s", data, begin)
        found.append((kind, begin, begin + size))
        begin += size
    return found


def _rewritten(data: bytes, begin: int, end: int, moved: Callable[[int], int]) -> bytes:
    """Return a box with the chunk offsets in it moved, and written with 64 bits."""
    kind = data[begin + 4 : begin + 8]
    if kind == b"stco":
        count = struct.unpack_from(">I", data, begin + 12)[0]
        offsets = [moved(each) for each in struct.unpack_from(f">{count}I", data, begin + 16)]
        body = data[begin + 8 : begin + 16] + struct.pack(f">{count}Q", *offsets)
        kind = b"co64"
    elif kind in _NESTED:
        body = b"".join(_rewritten(data, first, last, moved) for _, first, last in _boxes(data, begin + 8, end))
    else:
        body = data[begin + 8 : end]
    return struct.pack(">I4s", len(body) + 8, kind) + body
