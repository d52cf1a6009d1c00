"""Bytes to messages and back: a line a message, or LSP's Content-Length headers. No I/O.

The first byte that is not white space decides: `C` begins a header, anything else a line. Answers are framed in kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from protocol.errors import MessageTooLarge, Parse, SidecarError

MAX_MESSAGE = 16 * 1024 * 1024
"""Bytes of one message."""

MAX_HEADER = 4096
"""Bytes of one header block; LSP's own are below 100."""

Style = Literal["lines", "headers"]

_BLANK = b" \t\r\n"
_LENGTH = re.compile(rb"^content-length[ \t]*:[ \t]*(\d{1,19})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_HEADER_END = re.compile(rb"\r?\n\r?\n")


class Framer:
    """Cuts a stream of bytes into messages.

    `style` is None until the first byte has come. Once `fault` is set the framing is lost: nothing more comes out,
    and the connection can only be answered with that error and closed.
    """

    def __init__(self, *, limit: int = MAX_MESSAGE, style: Style | None = None) -> None:
        self.style: Style | None = style
        self.fault: SidecarError | None = None
        self._limit = limit
        self._buffer = bytearray()
        self._searched = 0
        self._length: int | None = None

    def feed(self, data: bytes) -> list[bytes]:
        """Return the messages that these bytes complete. Blank lines and a trailing carriage return are not part of any."""
        if self.fault is not None:
            return []
        self._buffer += data
        if self.style is None:
            self._recognise()
        if self.style is None:
            return []
        return list(self._lines() if self.style == "lines" else self._bodies())

    def end(self) -> list[bytes]:
        """Return the last line, if the stream ended without its newline."""
        return self.feed(b"\n") if self.style == "lines" else []

    def wrap(self, body: bytes) -> bytes:
        """Frame a message as the other side frames its own; until that is known, as a line."""
        if self.style == "headers":
            return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        return body + b"\n"

    def _recognise(self) -> None:
        blank = len(self._buffer) - len(self._buffer.lstrip(_BLANK))
        del self._buffer[:blank]
        if self._buffer:
            self.style = "headers" if self._buffer[0] in b"Cc" else "lines"

    def _lines(self) -> Iterator[bytes]:
        start = 0
        # Each byte is searched once: a line that comes in many pieces must not cost the square of its length.
        while (end := self._buffer.find(b"\n", max(start, self._searched))) != -1:
            line = bytes(self._buffer[start:end]).strip(_BLANK)
            start = end + 1
            if len(line) > self._limit:
                self._lose(MessageTooLarge(limit=self._limit))
                return
            if line:
                yield line
        del self._buffer[:start]
        self._searched = len(self._buffer)
        if self._searched > self._limit:
            self._lose(MessageTooLarge(limit=self._limit))

    def _bodies(self) -> Iterator[bytes]:
        while self.fault is None:
            if self._length is None:
                self._length = self._header()
            if self._length is None or len(self._buffer) < self._length:
                return
            yield bytes(self._buffer[: self._length])
            del self._buffer[: self._length]
            self._length = None

    def _header(self) -> int | None:
        """Take a header block off the buffer and return the length that it announces, once it is whole and right."""
        block = bytes(self._buffer[:MAX_HEADER])
        end = _HEADER_END.search(block)
        if end is None:
            if len(block) == MAX_HEADER:
                self._lose(Parse(detail=f"a header block beyond {MAX_HEADER} bytes"))
            return None
        found = _LENGTH.search(block, 0, end.end())
        if found is None:
            self._lose(Parse(detail="a header block without Content-Length"))
            return None
        length = int(found[1])
        if length > self._limit:
            self._lose(MessageTooLarge(limit=self._limit))
            return None
        del self._buffer[: end.end()]
        return length

    def _lose(self, fault: SidecarError) -> None:
        self.fault = fault
        self._buffer.clear()
