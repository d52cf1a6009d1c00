"""What the service and its probe workers say to each other: length-prefixed msgpack over the worker's pipes."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any, Literal

import msgspec
from msgspec import Struct

from protocol.commands.media import MediaInfo
from protocol.errors import REGISTRY, Internal, SidecarError
from sidecar.core.packets import CopySpan, PacketTable
from sidecar.core.source import SourceFacts

IndexLevel = Literal["none", "keyframes", "full"]

Depth = IndexLevel | Literal["decoded"]
"""How far a file is read; "decoded": every picture, to find damage."""

HEADER_BYTES = 4
MAX_MESSAGE = 256 * 1024 * 1024
"""A day of frames that are all keyframes is some 50 MB."""


class Request(Struct, frozen=True, tag="probe"):
    """Probe a file. A path is bytes: a name need not be Unicode."""

    path: bytes
    index: Depth


class ListPackets(Struct, frozen=True, tag="packets"):
    """List the packets of the picture stream of that number among all streams."""

    path: bytes
    stream: int


class Extract(Struct, frozen=True, tag="extract"):
    """Write a span's packets of the file `path` to `target`; the span's own path is empty."""

    path: bytes
    span: CopySpan
    target: bytes


class CheckCopy(Struct, frozen=True, tag="check"):
    """Compare a span of the finished file `output` with the source at `path`."""

    path: bytes
    span: CopySpan
    output: bytes
    digest: str


Task = Request | ListPackets | Extract | CheckCopy


class Failure(Struct, frozen=True):
    """A typed error; `members` lack the path, which the service knows as its caller wrote it."""

    kind: str
    message: str
    members: dict[str, Any]


class Answer(Struct, frozen=True):
    """What a task gave: a probe's result and, where an index was read, the facts; packets; or a failure.

    `told` is a digest, or what is wrong with a copy. Paths in all of them are empty.
    """

    info: MediaInfo | None = None
    facts: SourceFacts | None = None
    packets: PacketTable | None = None
    told: str | None = None
    failure: Failure | None = None


def _write_fraction(value: Any) -> Any:
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    raise NotImplementedError(f"{type(value).__name__} does not travel")


def _read_fraction(kind: type, value: Any) -> Any:
    if kind is Fraction:
        return Fraction(value)
    raise NotImplementedError(f"{kind.__name__} does not travel")


_ENCODER = msgspec.msgpack.Encoder(enc_hook=_write_fraction)
_TASKS: msgspec.msgpack.Decoder[Task] = msgspec.msgpack.Decoder(Task, dec_hook=_read_fraction)
_ANSWERS = msgspec.msgpack.Decoder(Answer, dec_hook=_read_fraction)


def encode(message: Task | Answer) -> bytes:
    """Write a message with its length before it."""
    body = _ENCODER.encode(message)
    return len(body).to_bytes(HEADER_BYTES, "big") + body


def decode_task(body: bytes) -> Task:
    """Read a task; raises msgspec.DecodeError."""
    return _TASKS.decode(body)


def decode_answer(body: bytes) -> Answer:
    """Read an answer; raises msgspec.DecodeError."""
    return _ANSWERS.decode(body)


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
