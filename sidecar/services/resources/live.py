"""A body that is sent while it is made: to one reader at a time, who may begin again while all of it is still held."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import trio

AHEAD = 512 * 1024
"""Bytes that may wait for the reader before the writer has to."""

HELD = 1024 * 1024
"""Bytes from the start that are held for a reader who asks once more: players do, when they have seen the head."""

GRACE = 1.0
"""Seconds in which such a reader comes back."""

PART = 64 * 1024


class Live:
    """What is written by one task and read by whoever has the URL. Made of `content_type`; its length is not known."""

    def __init__(self, content_type: str, *, ahead: int = AHEAD, held: int = HELD) -> None:
        self.content_type = content_type
        self.taken = trio.Event()
        """Set once a reader has come."""
        self._ahead = ahead
        self._held = held
        self._data = bytearray()
        self._start = 0
        self._read = 0
        self._reader: LiveReader | None = None
        self._finished = False
        self._broken = False
        self._changed = trio.Event()
        self._waited = 0.0
        self._waiting: float | None = None

    @property
    def written(self) -> int:
        """Bytes written so far."""
        return self._start + len(self._data)

    @property
    def exhausted(self) -> bool:
        """Whether it is finished, and a reader has had all of it."""
        return self._finished and self._read == self.written

    @property
    def waited(self) -> float:
        """Seconds that the writer has waited for its reader, so far."""
        return self._waited + (0.0 if self._waiting is None else trio.current_time() - self._waiting)

    async def write(self, data: bytes | bytearray) -> None:
        """Add bytes; returns when few enough wait to be read. Raises BrokenResourceError when it was broken off.

        Cancelled, the bytes are written all the same.
        """
        if self._broken:
            raise trio.BrokenResourceError
        self._data += data
        self._tell()
        self._waiting = trio.current_time()
        try:
            while self.written - self._read > self._ahead:
                await self._changed.wait()
                if self._broken:
                    raise trio.BrokenResourceError
        finally:
            self._waited = self.waited
            self._waiting = None

    def finish(self) -> None:
        """Say that nothing more comes."""
        self._finished = True
        self._tell()

    def break_off(self) -> None:
        """End it where it is: a reader is told that not all has come. What was finished stays finished."""
        if not self._finished:
            self._broken = True
            self._data.clear()
            self._tell()

    def take(self) -> LiveReader | None:
        """Begin to read from the start, in place of whoever reads now; None when the start is no longer held."""
        if self._broken or self._start:
            return None
        self._read = 0
        self._reader = LiveReader(self)
        self.taken.set()
        self._tell()
        return self._reader

    async def drained(self) -> None:
        """Wait until a reader has had all that was written."""
        while self._reader is None or self._read < self.written:
            await self._changed.wait()

    async def left(self) -> None:
        """Wait until a reader has come and gone, and no other comes who still can."""
        await self.taken.wait()
        while True:
            while self._reader is not None:
                await self._changed.wait()
            with trio.move_on_after(0.0 if self._start or self._broken else GRACE):
                while self._reader is None:
                    await self._changed.wait()
            if self._reader is None:
                return

    async def part(self, reader: LiveReader) -> bytes:
        """Return what comes next for a reader; nothing at the end."""
        while True:
            if self._broken or self._reader is not reader:
                raise trio.BrokenResourceError
            begin = self._read - self._start
            if begin < len(self._data):
                part = bytes(self._data[begin : begin + PART])
                self._read += len(part)
                if self.written > self._held:
                    del self._data[: self._read - self._start]
                    self._start = self._read
                self._tell()
                return part
            if self._finished:
                return b""
            await self._changed.wait()

    def leave(self, reader: LiveReader) -> None:
        """Take note that a reader has gone."""
        if self._reader is reader:
            self._reader = None
            self._tell()

    def _tell(self) -> None:
        changed, self._changed = self._changed, trio.Event()
        changed.set()


class LiveReader:
    """One reading of a live body; a context manager, left when it is over."""

    def __init__(self, live: Live) -> None:
        self._live = live

    async def read(self) -> bytes:
        """Return some bytes as soon as there are any; none at the end.

        Raises BrokenResourceError when the body was broken off, or somebody else reads it now.
        """
        return await self._live.part(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.leave(self)
