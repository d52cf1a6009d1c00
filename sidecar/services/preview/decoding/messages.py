"""What the sidecar and its decoders say to each other: length-prefixed msgpack, orders out and reports back."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from protocol.typed import ready
from sidecar.services.media.messages import HEADER_BYTES, MAX_MESSAGE, Failure


class Origin(Struct, frozen=True):
    """A picture stream and how it is decoded: the stream's number among all of the file, a decoder's name if not usual.

    `seekable` false: it can be decoded from its first packet only.
    """

    path: bytes
    stream: int
    decoder: str | None
    seekable: bool


class Format(Struct, frozen=True):
    """What raw frames are: the name of the pixel format, width and height."""

    pixel_format: str
    width: int
    height: int


class Reduction(Struct, frozen=True):
    """Filters that make frames smaller, each with its arguments, and what they give."""

    steps: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    format: Format


class Write(Struct, frozen=True, tag="write"):
    """Write a frame for each tick to the FIFO. `Began` comes before the first byte, `Ended` after the last.

    `format` is that of the frames as they are stored; they are written so, or as the `reduction` makes them.
    """

    id: int
    origin: Origin
    format: Format
    ticks: tuple[int, ...]
    fifo: bytes
    reduction: Reduction | None = None


class Cancel(Struct, frozen=True, tag="cancel"):
    """Leave an order; `Ended` comes for it."""

    id: int


class Forget(Struct, frozen=True, tag="forget"):
    """Let go of a file."""

    path: bytes


class Allow(Struct, frozen=True, tag="allow"):
    """Hold at most so many bytes of pictures, and have decoders that take about so many at most."""

    held: int
    decoders: int


Order = Write | Cancel | Forget | Allow


class Work(Struct, frozen=True):
    """What a worker has done so far, and what it holds (`Stats` of the pool)."""

    decoded: int = 0
    written: int = 0
    hits: int = 0
    seeks: int = 0
    held_bytes: int = 0
    decoders: int = 0


def together(works: Sequence[Work]) -> Work:
    """Add up what several have done and hold."""
    return Work(*map(sum, zip(*map(msgspec.structs.astuple, works), strict=True)))


class Began(Struct, frozen=True, tag="began"):
    """The reader is there, and the first byte goes out."""

    id: int


class Ended(Struct, frozen=True, tag="ended"):
    """An order is done or given up."""

    id: int
    work: Work
    failure: Failure | None = None


Report = Began | Ended

_ENCODER = msgspec.msgpack.Encoder()
_ORDERS: msgspec.msgpack.Decoder[Order] = msgspec.msgpack.Decoder(ready(Order))
_REPORTS: msgspec.msgpack.Decoder[Report] = msgspec.msgpack.Decoder(ready(Report))


def encode(message: Order | Report) -> bytes:
    """Write a message with its length before it."""
    body = _ENCODER.encode(message)
    return len(body).to_bytes(HEADER_BYTES, "big") + body


def decode_order(body: bytes) -> Order:
    """Read an order; raises msgspec.DecodeError."""
    return _ORDERS.decode(body)


class Reports:
    """Bytes in, reports out."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes | bytearray) -> list[Report]:
        """Take what was read, and return what is whole; raises msgspec.DecodeError for what is no report."""
        self._data += data
        found = []
        while len(self._data) >= HEADER_BYTES:
            size = int.from_bytes(self._data[:HEADER_BYTES], "big")
            if size > MAX_MESSAGE:
                raise msgspec.DecodeError("a report of no sensible length")
            if len(self._data) < HEADER_BYTES + size:
                break
            found.append(_REPORTS.decode(self._data[HEADER_BYTES : HEADER_BYTES + size]))
            del self._data[: HEADER_BYTES + size]
        return found
