"""The few elements of a Matroska or WebM file that say whether its pictures are shown as they are stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_EBML, _SEGMENT, _TRACKS, _TRACK, _VIDEO, _COLOUR = 0x1A45DFA3, 0x18538067, 0x1654AE6B, 0xAE, 0xE0, 0x55B0
_CLUSTER = 0x1F43B675
_INTERLACED, _PROGRESSIVE = 0x9A, 2

_TURNING = frozenset({0x41E4, 0x6D80})
"""Members of a track that add to its pictures or hide them: additions to blocks, encodings."""

_PLAIN_VIDEO = frozenset({0xB0, 0xBA, 0x54B0, 0x54BA, 0x54B2, 0x2383E3, 0xEC, 0xBF})
"""Sizes and the shape of pixels, a rate, and what is empty."""

_PLAIN_COLOUR = frozenset({*range(0x55B1, 0x55BC), 0xEC, 0xBF})
"""Matrix, depth, subsampling, range, transfer and primaries; what comes after them speaks of light."""

HEAD_BYTES = 65_536
"""Tracks that do not lie in so many bytes from the start are not looked at."""


def plain_matroska(path: Path) -> bool:
    """Whether all pictures of a file are shown upright, and no light is said of them; False also where that is unclear."""
    try:
        with path.open("rb", buffering=0) as file:
            head = file.read(HEAD_BYTES)
        tracks = _tracks(head)
        return tracks is not None and all(_plain_track(head, *each) for each in tracks)
    except (OSError, IndexError, ValueError):
        return False


def _tracks(head: bytes) -> list[tuple[int, int]] | None:
    """Return where the tracks' members lie."""
    segment = next(((begin, end) for name, begin, end in _elements(head, 0, len(head)) if name == _SEGMENT), None)
    if segment is None:
        return None
    for name, begin, end in _elements(head, *segment):
        if name == _CLUSTER or end > len(head):
            return None
        if name == _TRACKS:
            return [(first, last) for each, first, last in _elements(head, begin, end) if each == _TRACK]
    return None


def _plain_track(head: bytes, begin: int, end: int) -> bool:
    for name, first, last in _elements(head, begin, end):
        if name in _TURNING or (name == _VIDEO and not _plain_video(head, first, last)):
            return False
    return True


def _plain_video(head: bytes, begin: int, end: int) -> bool:
    for name, first, last in _elements(head, begin, end):
        if name == _COLOUR:
            if not all(each in _PLAIN_COLOUR for each, _, _ in _elements(head, first, last)):
                return False
        elif name == _INTERLACED:
            if int.from_bytes(head[first:last], "big") != _PROGRESSIVE:
                return False
        elif name not in _PLAIN_VIDEO:
            return False
    return True


def _elements(head: bytes, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Return names of elements, and where the content of each begins and ends; one of unknown size ends with all."""
    while begin < end and begin < len(head):
        name, at = _number(head, begin, keep=True)
        size, at = _number(head, at, keep=False)
        last = len(head) if size is None else at + size
        yield name or 0, at, min(last, end) if size is None else last
        begin = last


def _number(head: bytes, at: int, *, keep: bool) -> tuple[int | None, int]:
    """Read a number of variable length; `keep` the bit that tells the length. None for an unknown size."""
    first = head[at]
    length = 9 - first.bit_length()
    if length > 8:
        raise ValueError("a number of more than eight bytes")
    value = int.from_bytes(head[at : at + length], "big")
    if len(head) < at + length:
        raise IndexError
    if keep:
        return value, at + length
    mask = (1 << 7 * length) - 1
    value &= mask
    return (None if value == mask else value), at + length
