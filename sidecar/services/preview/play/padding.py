"""Fills a stream up to whole blocks wherever it may, so that a browser hands on at once what has come.

Chromium reads what it plays in blocks of 32 KiB and hands on none that is not full: of a quiet picture that is more than
a second, by which everything would be late. What is put in between is passed over by every player: void elements
between the clusters of WebM, free boxes between the fragments of MP4.
"""

from __future__ import annotations

from typing import Protocol

from sidecar.ffmpeg.builder.play import PlayContainer

BLOCK = 32 * 1024

SEGMENT = bytes.fromhex("18538067")
CLUSTER = bytes.fromhex("1f43b675")
VOID = b"\xec"
LEAST_VOID = 9
LEAST_FREE = 8
"""Bytes of the heads of what is put in between."""

ENDS_FRAGMENT = b"mdat"


class Head(Protocol):
    """Reads what an element begins with: the bytes to its end, and whether something may be put in behind it.

    None: more has to come to say so. An element of 0 bytes is one that has no end.
    """

    def __call__(self, data: bytes | bytearray, /) -> tuple[int, bool] | None: ...


class Padding:
    """Bytes in, bytes out, with what fills them up."""

    def __init__(self, container: PlayContainer) -> None:
        self._head: Head = _webm if container == "webm" else _mp4
        self._void = _free_box if container == "mp4" else _void_element
        self._least = LEAST_FREE if container == "mp4" else LEAST_VOID
        self._left = 0
        self._fills = False
        self._endless = False
        self._begun = bytearray()
        self._sent = 0

    def feed(self, data: bytes | bytearray) -> bytes:
        """Take what was encoded and return what is to be sent of it now."""
        out = bytearray()
        rest = memoryview(bytes(data))
        while rest:
            if self._endless:
                out += rest
                break
            if not self._left:
                rest = self._begin(rest, out)
                continue
            part = rest[: self._left]
            out += part
            rest = rest[len(part) :]
            self._left -= len(part)
            if not self._left and self._fills:
                out += self._fill(self._sent + len(out))
        self._sent += len(out)
        return bytes(out)

    def _begin(self, rest: memoryview, out: bytearray) -> memoryview:
        """Read the head of an element, of which a part may have come before."""
        known = len(self._begun)
        self._begun += rest[:32]
        found = self._head(self._begun)
        if found is None:
            return memoryview(b"")
        length, self._fills = found
        if length == 0:
            self._endless = True
        # Handed on as part of the element, what of it came before this piece first.
        out += self._begun[:known]
        self._left = max(0, length - known)
        self._begun.clear()
        return rest

    def _fill(self, sent: int) -> bytes:
        missing = -sent % BLOCK
        if not missing:
            return b""
        return self._void(missing if missing >= self._least else missing + BLOCK)


def _webm(data: bytes | bytearray) -> tuple[int, bool] | None:
    """Read an EBML element. The segment counts as its head alone: its children follow."""
    if not data:
        return None
    width = 9 - data[0].bit_length()
    if len(data) <= width:
        return None
    more = 9 - data[width].bit_length()
    head = width + more
    if width > 4 or more > 8:
        return 0, False
    if len(data) < head:
        return None
    size = int.from_bytes(data[width:head], "big") & (1 << 7 * more) - 1
    if data[:width] == SEGMENT:
        return head, False
    return (0, False) if size == (1 << 7 * more) - 1 else (head + size, data[:width] == CLUSTER)


def _mp4(data: bytes | bytearray) -> tuple[int, bool] | None:
    """Read a box."""
    if len(data) < 8:
        return None
    size = int.from_bytes(data[:4], "big")
    if size == 1:
        if len(data) < 16:
            return None
        size = int.from_bytes(data[8:16], "big")
    return size, bytes(data[4:8]) == ENDS_FRAGMENT


def _void_element(length: int) -> bytes:
    return VOID + (1 << 56 | length - LEAST_VOID).to_bytes(8, "big") + bytes(length - LEAST_VOID)


def _free_box(length: int) -> bytes:
    return length.to_bytes(4, "big") + b"free" + bytes(length - LEAST_FREE)
