"""JSON-RPC 2.0 envelopes: bytes to messages, answers to bytes. No I/O.

Decoding has two stages: the envelope with its params left as bytes, then the params by the command's own type. What
cannot be decoded becomes a `Fault`, which says what to answer; nothing here raises on what a peer sends.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from protocol.errors import ErrorData, InvalidRequest, Parse, SidecarError
from protocol.typed import ready

MAX_BATCH = 100

Id = int | float | str | None
"""Echoed unchanged; null is an id as good as any, an absent one makes a notification."""


class Request(Struct, frozen=True):
    """A call that wants an answer; `params` is `{}` where there were none."""

    id: Id
    method: str
    params: Raw


class Notification(Struct, frozen=True):
    """A call that wants none."""

    method: str
    params: Raw


class RemoteError(Struct, frozen=True):
    """The error object of an answer."""

    code: int
    message: str
    data: Any = None


class Reply(Struct, frozen=True):
    """An answer, seen by a client: `error` or else `result`."""

    id: Id
    result: Raw
    error: RemoteError | None


class Fault(Struct, frozen=True):
    """A message that is not one, and the error to answer it with; `id` is None where it has none of its own."""

    id: Id
    error: SidecarError


Message = Request | Notification | Reply | Fault


class Batch(Struct, frozen=True):
    """Messages that are answered together."""

    messages: tuple[Message, ...]


class CancelRequest(Struct, frozen=True):
    """Params of `$/cancelRequest`."""

    id: Id


class _Envelope(Struct):
    jsonrpc: Literal["2.0"]
    id: Id | UnsetType = UNSET
    method: str | UnsetType = UNSET
    params: Raw | UnsetType = UNSET
    result: Raw | UnsetType = UNSET
    error: RemoteError | UnsetType = UNSET


class _Identity(Struct):
    id: Any = None
    method: Any = UNSET
    result: Raw | UnsetType = UNSET
    error: Raw | UnsetType = UNSET


class _Answer(Struct, kw_only=True):
    jsonrpc: str = "2.0"
    id: Id
    result: Any


class _ErrorObject(Struct):
    code: int
    message: str
    data: ErrorData


class _Refusal(Struct, kw_only=True):
    jsonrpc: str = "2.0"
    id: Id
    error: _ErrorObject


class _Call(Struct, omit_defaults=True):
    jsonrpc: str
    method: str
    id: Id | UnsetType = UNSET
    params: Any = UNSET


_ENVELOPE = msgspec.json.Decoder(ready(_Envelope))
_IDENTITY = msgspec.json.Decoder(ready(_Identity))
_CANCEL = msgspec.json.Decoder(ready(CancelRequest))
_BATCH = msgspec.json.Decoder(ready(list[Raw]))
_NO_PARAMS = Raw(b"{}")
_ENCODER = msgspec.json.Encoder()


def decode(body: bytes) -> Message | Batch:
    """Decode one framed message."""
    try:
        str(body, "utf-8")  # what is skipped over is not looked at otherwise
        if body[:1] == b"[":
            return _batch(_BATCH.decode(body))
        return _single(body)
    except (ValueError, RecursionError) as error:
        return Fault(None, Parse(detail=str(error)))


def decode_cancel(params: Raw) -> CancelRequest | None:
    """Decode the params of `$/cancelRequest`; None where they name no request."""
    try:
        return _CANCEL.decode(params)
    except (ValueError, RecursionError):
        return None


def encode_result(id: Id, result: Any) -> bytes:
    """Encode an answer with every member of the result."""
    return _ENCODER.encode(_Answer(id=id, result=result))


def encode_error(id: Id, error: SidecarError, trace_id: str) -> bytes:
    """Encode an error answer."""
    return _ENCODER.encode(
        _Refusal(id=id, error=_ErrorObject(code=error.code, message=error.message, data=error.data(trace_id)))
    )


def encode_batch(answers: list[bytes]) -> bytes:
    """Join encoded answers into one."""
    return b"[" + b",".join(answers) + b"]"


def encode_request(id: Id, method: str, params: Any = UNSET) -> bytes:
    """Encode a call that wants an answer."""
    return _ENCODER.encode(_Call("2.0", method, id, params))


def encode_notification(method: str, params: Any = UNSET) -> bytes:
    """Encode a call that wants no answer."""
    return _ENCODER.encode(_Call("2.0", method, UNSET, params))


def _batch(parts: list[Raw]) -> Batch | Fault:
    if not parts:
        return Fault(None, InvalidRequest(detail="an empty batch"))
    if len(parts) > MAX_BATCH:
        return Fault(None, InvalidRequest(detail=f"a batch of {len(parts)}, {MAX_BATCH} are allowed"))
    return Batch(tuple(_single(bytes(part)) for part in parts))


def _single(body: bytes) -> Message:
    try:
        envelope = _ENVELOPE.decode(body)
    except msgspec.ValidationError as error:
        return _invalid(body, str(error))
    if envelope.method is UNSET:
        return _reply(body, envelope)
    params = _NO_PARAMS if envelope.params is UNSET else envelope.params
    if memoryview(params)[0] not in b"{[":
        return _invalid(body, "params must be an object or an array")
    if envelope.id is UNSET:
        return Notification(envelope.method, params)
    return Request(envelope.id, envelope.method, params)


def _reply(body: bytes, envelope: _Envelope) -> Message:
    id = None if envelope.id is UNSET else envelope.id
    if envelope.result is not UNSET and envelope.error is UNSET:
        return Reply(id, envelope.result, None)
    if envelope.error is not UNSET and envelope.result is UNSET:
        return Reply(id, Raw(b"null"), envelope.error)
    return _invalid(body, "neither a call nor an answer")


def _invalid(body: bytes, detail: str) -> Fault:
    """Refuse a message under its own id, if it is a call with a good one."""
    try:
        known = _IDENTITY.decode(body)
    except ValueError:
        return Fault(None, InvalidRequest(detail=detail))
    answer = known.method is UNSET and (known.result is not UNSET or known.error is not UNSET)
    usable = not answer and isinstance(known.id, (int, float, str)) and not isinstance(known.id, bool)
    return Fault(known.id if usable else None, InvalidRequest(detail=detail))
