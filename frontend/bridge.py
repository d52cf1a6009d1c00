"""Between the page and the sidecar: messages both ways, and what the page may not do is refused here.

One connection of the sidecar outlives pages (a reload) and pages outlive sidecars (a crash), so ids, progress and
subscriptions of one are never taken for another's: the page's ids are replaced on the way in and put back on the way
out. Methods may be called from any thread.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import RLock
from typing import Any

import msgspec
from msgspec import Raw

from frontend.capabilities import Capabilities
from frontend.opened import NOTED
from protocol import jsonrpc
from protocol.errors import ConnectionLost, InvalidRequest, MessageTooLarge, Parse, SidecarError
from protocol.framing import MAX_MESSAGE
from protocol.typed import ready

STARTING = "the sidecar is being started"

_NO_TRACE = ""
"""What is refused here is in nobody's log."""


class _Progress(msgspec.Struct):
    token: str | int
    value: Raw


class _Subscription(msgspec.Struct):
    subscription: str


_PROGRESS = msgspec.json.Decoder(ready(_Progress))
_SUBSCRIPTION = msgspec.json.Decoder(ready(_Subscription))


@dataclass(frozen=True, slots=True)
class _Pending:
    """A request of the page that the sidecar has not answered."""

    id: jsonrpc.Id
    method: str
    params: dict[str, Any]
    token: Any


class Bridge:
    """The page's connection. `post` takes each message for the page, in order."""

    def __init__(self, capabilities: Capabilities, post: Callable[[str], None]) -> None:
        self._capabilities = capabilities
        self._post = post
        self._lock = RLock()
        self._send: Callable[[bytes], None] | None = None
        self._initialized: dict[str, Any] = {}
        self._why = STARTING
        self._over = False
        self._made = 0
        self._pending: dict[str, _Pending] = {}
        self._opening: tuple[jsonrpc.Id, Mapping[str, Any]] | None = None
        self._subscriptions: set[str] = set()
        self._forgotten: set[str] = set()
        self._leaving: dict[str, _Pending] = {}
        self._ending: dict[str, str] = {}

    def ready(self, initialized: dict[str, Any], send: Callable[[bytes], None]) -> None:
        """Connect it to a sidecar, and answer the page that waits for one."""
        with self._lock:
            self._initialized, self._send, self._over = initialized, send, False
            if self._opening is not None:
                self._answer_opening(*self._opening)

    def lost(self, reason: str, *, over: bool) -> None:
        """Answer all that waits with connectionLost; `over`: no other sidecar will come."""
        with self._lock:
            self._send, self._why, self._over = None, reason, over
            pending, self._pending = self._pending, {}
            self._subscriptions, self._forgotten, self._leaving, self._ending = set(), set(), {}, {}
            self._capabilities.lost()
            for each in pending.values():
                self._refuse(each.id, ConnectionLost(detail=reason))
            if over and self._opening is not None:
                self._refuse(self._opening[0], ConnectionLost(detail=reason))
                self._opening = None

    def renew(self) -> None:
        """Forget the page that was: it has gone, or opens its connection anew. Its requests are cancelled."""
        with self._lock:
            self._opening = None
            for number, each in self._pending.items():
                self._write(jsonrpc.encode_notification("$/cancelRequest", {"id": number}))
                if each.method == "events.subscribe" or each.method in NOTED:
                    self._leaving[number] = each
            self._pending.clear()
            for name in self._subscriptions:
                self._unsubscribe(name)
            self._subscriptions.clear()

    def send(self, text: str) -> None:
        """Take a message of the page: it is answered by the sidecar, or refused."""
        try:
            body = text.encode()
        except UnicodeEncodeError as error:
            self._refuse(None, Parse(detail=str(error)))
            return
        if len(body) > MAX_MESSAGE:
            self._refuse(None, MessageTooLarge(limit=MAX_MESSAGE))
            return
        match jsonrpc.decode(body):
            case jsonrpc.Request(id=id, method=method, params=params):
                try:
                    self._request(id, method, _object(params))
                except SidecarError as refused:
                    self._refuse(id, refused)
            case jsonrpc.Notification(method="$/cancelRequest", params=params):
                self._cancel(params)
            case jsonrpc.Fault(id=id, error=fault):
                self._refuse(id, fault)
            case jsonrpc.Batch():
                self._refuse(None, InvalidRequest(detail="a page sends one message at a time"))
            case _:
                pass  # answers to nothing, and notifications that end sidecars, are not the page's

    def message(self, body: bytes) -> None:
        """Take a message of the sidecar. One that says nothing that can be understood is passed over."""
        try:
            self._take(body)
        except Exception as fault:  # noqa: BLE001 - it is this one message, and no end of the others
            _log(fault)

    def _take(self, body: bytes) -> None:
        match jsonrpc.decode(body):
            case jsonrpc.Reply() as reply:
                self._answered(reply)
            case jsonrpc.Notification(method="$/progress", params=params):
                self._progressed(params)
            case jsonrpc.Notification(method="$/event", params=params):
                with self._lock:
                    if _SUBSCRIPTION.decode(params).subscription not in self._forgotten:
                        self._post(body.decode())
            case _:
                pass  # a later version may say more

    def _open(self, id: jsonrpc.Id, given: Mapping[str, Any]) -> None:
        with self._lock:
            self.renew()
            if self._over:
                self._refuse(id, ConnectionLost(detail=self._why))
            elif self._send is None:
                self._opening = (id, given)
            else:
                self._answer_opening(id, given)

    def _answer_opening(self, id: jsonrpc.Id, given: Mapping[str, Any]) -> None:
        """Answer the page's `initialize` as the shell's was, without the token: it would open what is refused here."""
        self._opening = None
        said, own = self._initialized, given.get("schemaHash")
        http = said["http"]
        result = {
            **said,
            "granted": self._capabilities.roots(),
            "schemaMatches": None if own is None else own == said["schemaHash"],
            "http": None if http is None else {**http, "token": ""},
        }
        self._post(jsonrpc.encode_result(id, result).decode())

    def _request(self, id: jsonrpc.Id, method: str, given: dict[str, Any]) -> None:
        if method == "initialize":
            self._open(id, given)
            return
        self._capabilities.check(method, given)
        token = given.get("progressToken")
        with self._lock:
            if self._send is None:
                raise ConnectionLost(detail=self._why)
            number = self._next()
            if token is not None:
                given["progressToken"] = number
            self._pending[number] = _Pending(id, method, given if method in NOTED else {}, token)
            self._capabilities.sent(method, given)
            # What was looked at is what is sent, not the text that it was read from.
            self._write(jsonrpc.encode_request(number, method, given))

    def _cancel(self, params: Raw) -> None:
        wanted = jsonrpc.decode_cancel(params)
        with self._lock:
            for number, each in self._pending.items():
                if wanted is not None and each.id == wanted.id and type(each.id) is type(wanted.id):
                    self._write(jsonrpc.encode_notification("$/cancelRequest", {"id": number}))
                    return

    def _answered(self, reply: jsonrpc.Reply) -> None:
        number = str(reply.id)
        with self._lock:
            asked = self._pending.get(number) or self._leaving.get(number)
        if asked is not None and asked.method in NOTED:
            # Looking at all the files of a project takes its time: whoever sends does not wait for that.
            self._note(asked, reply)
        with self._lock:
            pending = self._pending.pop(number, None)
            if pending is None:
                self._answered_us(number, reply)
            elif reply.error is not None:
                self._post(_text(pending.id, b"error", msgspec.json.encode(reply.error)))
            else:
                self._post(_text(pending.id, b"result", bytes(reply.result)))
                if pending.method == "events.subscribe":
                    self._subscriptions.add(_subscription(reply))

    def _note(self, asked: _Pending, reply: jsonrpc.Reply) -> None:
        try:
            if reply.error is None:
                self._capabilities.answered(asked.method, asked.params, msgspec.json.decode(reply.result))
            else:
                data = reply.error.data
                self._capabilities.refused(asked.method, asked.params, data["kind"] if isinstance(data, dict) else None)
        except Exception as fault:  # noqa: BLE001 - the page can make of it what it can
            _log(fault)

    def _answered_us(self, number: str, reply: jsonrpc.Reply) -> None:
        """A page that has gone had asked: nobody waits, but what it has begun is ended."""
        left = self._leaving.pop(number, None)
        if left is not None and left.method == "events.subscribe" and reply.error is None:
            self._unsubscribe(_subscription(reply))
        if (name := self._ending.pop(number, None)) is not None:
            self._forgotten.discard(name)

    def _progressed(self, params: Raw) -> None:
        progress = _PROGRESS.decode(params)
        with self._lock:
            pending = self._pending.get(str(progress.token))
            if pending is not None:
                told = {"token": pending.token, "value": progress.value}
                self._post(jsonrpc.encode_notification("$/progress", told).decode())

    def _unsubscribe(self, name: str) -> None:
        number = self._next()
        self._ending[number] = name
        self._forgotten.add(name)
        self._write(jsonrpc.encode_request(number, "events.unsubscribe", {"subscription": name}))

    def _next(self) -> str:
        self._made += 1
        return f"page-{self._made}"

    def _write(self, body: bytes) -> None:
        if self._send is not None:
            self._send(body)

    def _refuse(self, id: jsonrpc.Id, error: SidecarError) -> None:
        self._post(jsonrpc.encode_error(id, error, _NO_TRACE).decode())


def _log(fault: Exception) -> None:
    sys.stderr.write(f"studio: a message of the sidecar is not understood: {fault!r}\n")


def _object(params: Raw) -> dict[str, Any]:
    """Return params by name; ones by position, which no method takes, are none. Raises Parse for what nests too deep."""
    try:
        given = msgspec.json.decode(params)
    except (ValueError, RecursionError) as error:
        raise Parse(detail=str(error)) from error
    return given if isinstance(given, dict) else {}


def _subscription(reply: jsonrpc.Reply) -> str:
    return _SUBSCRIPTION.decode(reply.result).subscription


def _text(id: jsonrpc.Id, member: bytes, value: bytes) -> str:
    """Return an answer without reading what is in it."""
    return (b'{"jsonrpc":"2.0","id":%b,"%b":%b}' % (msgspec.json.encode(id), member, value)).decode()
