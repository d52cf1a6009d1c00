"""A client, sans I/O: what to send comes out as bytes, what was received goes in as bytes and comes out as events.

client = Client()
number, data = client.request("media.probe", {"path": "a.mov"})
...                                    # write data, read chunk
for event in client.feed(chunk): ...   # Answer(number, result) | Failed(number, error) | Progressed | Happened | ...
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Raw

from protocol import errors, jsonrpc
from protocol.errors import REGISTRY, Cause, ConnectionLost, ErrorData, SidecarError, msgspec_camel
from protocol.events import Event
from protocol.framing import Framer, Style
from protocol.typed import ready


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a request, as JSON values."""

    id: int
    result: Any


@dataclass(frozen=True, slots=True)
class Failed:
    """The error of a request; `trace_id` leads to its log lines."""

    id: int
    error: SidecarError
    trace_id: str | None


@dataclass(frozen=True, slots=True)
class Progressed:
    """Progress of a request made with `progress=True`; the token is its id."""

    token: str | int
    value: Any


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of a subscription; `missed` says that events before it were dropped."""

    event: Event
    missed: bool


@dataclass(frozen=True, slots=True)
class Unexpected:
    """Something that is no answer to a pending request and no known notification: to be logged."""

    body: bytes


Incoming = Answer | Failed | Progressed | Happened | Unexpected


class _Progress(msgspec.Struct, frozen=True):
    token: str | int
    value: Any


class Client:
    """One connection. Not safe to use from several threads at once."""

    def __init__(self, *, style: Style = "lines") -> None:
        self._framer = Framer(style=style)
        self._pending: dict[int, str] = {}
        self._seen: dict[str, int] = {}
        self._made = 0
        self._lost: ConnectionLost | None = None

    @property
    def pending(self) -> Mapping[int, str]:
        """Methods that have not been answered, by request id."""
        return self._pending

    def request(
        self, method: str, params: Mapping[str, Any] | None = None, *, progress: bool = False
    ) -> tuple[int, bytes]:
        """Return the id of a new request and the bytes to send. After `lose` it raises ConnectionLost."""
        if self._lost is not None:
            raise self._lost
        self._made += 1
        given = dict(params or {})
        if progress:
            given["progressToken"] = self._made
        self._pending[self._made] = method
        return self._made, self._framer.wrap(jsonrpc.encode_request(self._made, method, given))

    def notify(self, method: str, params: Mapping[str, Any] | None = None) -> bytes:
        """Return the bytes of a notification."""
        return self._framer.wrap(jsonrpc.encode_notification(method, dict(params or {})))

    def cancel(self, id: int) -> bytes:
        """Return the bytes that ask for an end of a request. It is still answered: cancelled, or its result."""
        return self.notify("$/cancelRequest", {"id": id})

    def feed(self, data: bytes) -> list[Incoming]:
        """Return what these bytes complete. When the framing is lost, every pending request fails."""
        if self._lost is not None:
            return []
        incoming = [event for body in self._framer.feed(data) for event in self._received(body)]
        if self._framer.fault is not None:
            incoming += self.lose(self._framer.fault.message)
        return incoming

    def lose(self, detail: str) -> list[Incoming]:
        """Give up the connection: every pending request fails with connectionLost. Nothing comes after it."""
        self._lost = ConnectionLost(detail=detail)
        lost: list[Incoming] = [Failed(id, ConnectionLost(detail=detail), None) for id in self._pending]
        self._pending.clear()
        return lost

    def _received(self, body: bytes) -> list[Incoming]:
        message = jsonrpc.decode(body)
        messages = message.messages if isinstance(message, jsonrpc.Batch) else (message,)
        return [self._event(one) or Unexpected(body) for one in messages]

    def _event(self, message: jsonrpc.Message) -> Incoming | None:
        if isinstance(message, jsonrpc.Reply):
            return self._answer(message)
        if isinstance(message, jsonrpc.Notification):
            try:
                return self._notification(message.method, message.params)
            except msgspec.ValidationError:
                return None
        return None

    def _answer(self, reply: jsonrpc.Reply) -> Incoming | None:
        if not isinstance(reply.id, int) or self._pending.pop(reply.id, None) is None:
            return None
        if reply.error is None:
            return Answer(reply.id, msgspec.json.decode(reply.result))
        return Failed(reply.id, *rebuild(reply.error))

    def _notification(self, method: str, params: Raw) -> Incoming | None:
        if method == "$/progress":
            progress = msgspec.json.decode(params, type=ready(_Progress))
            return Progressed(progress.token, progress.value)
        if method == "$/event":
            event = msgspec.json.decode(params, type=ready(Event))
            before = self._seen.get(event.subscription, 0)
            self._seen[event.subscription] = event.seq
            return Happened(event, missed=event.seq != before + 1)
        return None


def rebuild(error: jsonrpc.RemoteError) -> tuple[SidecarError, str | None]:
    """Return the typed error that was answered, and its trace id.

    A kind that this client does not know (a newer sidecar), or one without the context that it should have, becomes
    `internal` with what was said as its message and its cause.
    """
    try:
        data = msgspec.convert(error.data, ready(ErrorData))
    except msgspec.ValidationError:
        return errors.Internal(message=error.message, causes=(_cause(str(error.code), error.message, {}),)), None
    kind = REGISTRY.get(data.kind)
    if kind is not None:
        known = {name: data.context[wire] for name in kind.members if (wire := msgspec_camel(name)) in data.context}
        if all(name in known or hasattr(kind, name) for name in kind.members):
            same = {"message": error.message, "suggestion": data.suggestion, "causes": data.causes}
            return kind(**known, **same), data.trace_id
    causes = (_cause(data.kind, error.message, data.context), *data.causes)
    return errors.Internal(message=error.message, suggestion=data.suggestion, causes=causes), data.trace_id


def _cause(kind: str, message: str, context: dict[str, Any]) -> Cause:
    return Cause(kind=kind, message=message, context=context)
