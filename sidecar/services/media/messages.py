"""What the service and its workers say to each other: length-prefixed msgpack over the worker's pipes.

A task goes out; any number of items and then one answer come back. A task with results of its own carries them as
`body`, written and read by `pack` and `unpack`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any, Literal, TypeVar

import msgspec
from msgspec import Struct

from protocol.commands.media import MediaInfo
from protocol.errors import REGISTRY, Internal, SidecarError
from protocol.typed import ready
from sidecar.core.packets import CopySpan, PacketTable
from sidecar.core.source import SourceFacts

Kind = TypeVar("Kind")

IndexLevel = Literal["none", "keyframes", "full"]

Depth = IndexLevel | Literal["decoded"]
"""How far a file is read; "decoded": every picture, to find damage."""

HEADER_BYTES = 4
MAX_MESSAGE = 256 * 1024 * 1024
"""A day of frames that are all keyframes is some 50 MB."""


class Task(Struct, frozen=True):
    """Base of what a worker can be asked; the tag of a subclass names it in `worker.MODULES`.

    A path is bytes: a name need not be Unicode.
    """

    path: bytes


class Request(Task, frozen=True, tag="probe"):
    """Probe a file; `fingerprint` is its, where that is known already."""

    index: Depth
    fingerprint: str = ""


class Survey(Task, frozen=True, tag="survey"):
    """Probe files with their fingerprints, without an index; an item comes for each, an Answer."""

    files: tuple[tuple[bytes, str], ...]


class ListPackets(Task, frozen=True, tag="packets"):
    """List the packets of the picture stream of that number among all streams."""

    stream: int


class ListBitrates(Task, frozen=True, tag="bitrates"):
    """Read from its tables how the bytes of the picture stream of that number are spread over its time."""

    stream: int


class Extract(Task, frozen=True, tag="extract"):
    """Write the packets of spans of one stream of the file `path`, each to its target; the spans' own paths are empty.

    An item comes for each, the digest of its packets.
    """

    spans: tuple[CopySpan, ...]
    targets: tuple[bytes, ...]


class Copied(Struct, frozen=True):
    """A span of a finished file, the digest of its packets (`Extract`), and whether frames at its joins are decoded."""

    span: CopySpan
    digest: str
    decoded: bool = True


class CheckCopies(Task, frozen=True, tag="check"):
    """Compare copied spans of the finished file `output` with a stream of the file `path`; their own paths are empty.

    An item comes for each that is right, and tells nothing; the answer's `told` says what is wrong with the next.
    """

    output: bytes
    copies: tuple[Copied, ...]


class Failure(Struct, frozen=True):
    """A typed error; `members` lack the path, which the service knows as its caller wrote it."""

    kind: str
    message: str
    members: dict[str, Any]


class Item(Struct, frozen=True, tag="item"):
    """Part of what a task finds, sent as soon as it is known; the answer follows the last."""

    body: bytes


Send = Callable[[Item], None]


class Answer(Struct, frozen=True, tag="answer"):
    """What a task gave: a probe's result and, where an index was read, the facts; packets; or a failure.

    `told` is what is wrong with a copy; `body` is a result of the task's own type. Paths in all of them
    are empty.
    """

    info: MediaInfo | None = None
    facts: SourceFacts | None = None
    packets: PacketTable | None = None
    told: str | None = None
    body: bytes | None = None
    failure: Failure | None = None


class _Named(Struct):
    """The tag of a task, whichever it is."""

    type: str


def _write_fraction(value: Any) -> Any:
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    raise NotImplementedError(f"{type(value).__name__} does not travel")


def _read_fraction(kind: type, value: Any) -> Any:
    if kind is Fraction:
        return Fraction(value)
    raise NotImplementedError(f"{kind.__name__} does not travel")


_ENCODER = msgspec.msgpack.Encoder(enc_hook=_write_fraction)
_MESSAGES: msgspec.msgpack.Decoder[Item | Answer] = msgspec.msgpack.Decoder(
    ready(Item | Answer), dec_hook=_read_fraction
)
_NAMES = msgspec.msgpack.Decoder(ready(_Named))


def encode(message: Task | Item | Answer) -> bytes:
    """Write a message with its length before it."""
    body = _ENCODER.encode(message)
    return len(body).to_bytes(HEADER_BYTES, "big") + body


def tag_of(body: bytes) -> str:
    """Return the tag of a task; raises msgspec.DecodeError."""
    return _NAMES.decode(body).type


def decode_message(body: bytes) -> Item | Answer:
    """Read what a worker sends; raises msgspec.DecodeError."""
    return _MESSAGES.decode(body)


def pack(value: Any) -> bytes:
    """Write a value of structs, dataclasses and fractions: a task, or the body of an item or an answer."""
    return _ENCODER.encode(value)


def unpack(body: bytes, kind: type[Kind]) -> Kind:
    """Read what `pack` wrote; raises msgspec.DecodeError."""
    return msgspec.msgpack.decode(body, type=ready(kind), dec_hook=_read_fraction)


def answer_of(info: MediaInfo, facts: SourceFacts | None) -> Answer:
    """Make an answer of a probe's result, without the path: it might not be Unicode."""
    stripped = None if facts is None else replace(facts, path="")
    return Answer(info=msgspec.structs.replace(info, path=""), facts=stripped)


def failure_of(error: SidecarError) -> Answer:
    """Make an answer of a typed error."""
    members = {name: _clean(getattr(error, name)) for name in error.members if name != "path"}
    return Answer(failure=Failure(error.kind, str(_clean(error.message)), members))


def error_of(failure: Failure, path: str) -> SidecarError:
    """Make the typed error again, with the caller's path in it."""
    kind = REGISTRY.get(failure.kind, Internal)
    members = {name: value for name, value in failure.members.items() if name in kind.members}
    if "path" in kind.members:
        members["path"] = path
    return kind(message=failure.message, **members)


def _clean(value: Any) -> Any:
    """Replace what is not Unicode in a text."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
