"""A client's side of a WebSocket, by wsproto."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec
import trio
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Message,
    Ping,
    Pong,
    RejectConnection,
    Request,
    TextMessage,
)
from wsproto.extensions import Extension

from tests.harness.patience import PATIENCE
from tests.transport.table import encoded


class RefusedError(Exception):
    """The handshake was answered with a status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class ClosedError(Exception):
    """The other side closed, with a code; None when the connection just ended."""

    def __init__(self, code: int | None) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Socket:
    """An open WebSocket."""

    stream: trio.SocketStream
    wire: WSConnection
    protocol: str | None = None
    extensions: list[Extension] = field(default_factory=list)
    waiting: list[Event] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    told: list[Any] = field(default_factory=list)

    async def send(self, text: str | bytes) -> None:
        """Send a text message, or a binary one."""
        event = TextMessage(data=text) if isinstance(text, str) else BytesMessage(data=text)
        await self.stream.send_all(self.wire.send(event))

    async def receive(self) -> Any:
        """Return the next message, decoded; raises ClosedError."""
        with trio.fail_after(PATIENCE):
            while True:
                event = await self.event()
                if isinstance(event, TextMessage):
                    self.text.append(event.data)
                    if event.message_finished:
                        whole, self.text = "".join(self.text), []
                        return msgspec.json.decode(whole)
                elif isinstance(event, CloseConnection):
                    with suppress(trio.BrokenResourceError):
                        await self.stream.send_all(self.wire.send(event.response()))
                    raise ClosedError(int(event.code))
                elif isinstance(event, Ping):
                    await self.stream.send_all(self.wire.send(event.response()))
                else:
                    assert not isinstance(event, (BytesMessage, Message)), event

    async def event(self) -> Event:
        while not self.waiting:
            try:
                data = await self.stream.receive_some(65_536)
            except trio.BrokenResourceError:
                raise ClosedError(None) from None
            if not data:
                raise ClosedError(None)
            self.wire.receive_data(data)
            self.waiting += [event for event in self.wire.events() if not isinstance(event, Pong)]
        return self.waiting.pop(0)

    async def ask(self, method: str, params: Any = None, id: Any = 1) -> None:
        await self.send(encoded(method, params, id).decode())

    async def answer(self, id: Any) -> Any:
        """Return the answer to a request; what comes before it is kept in `told`."""
        while True:
            message = await self.receive()
            if message.get("id", ...) == id:
                return message
            self.told.append(message)

    async def call(self, method: str, params: Any = None, id: Any = 1) -> Any:
        await self.ask(method, params, id)
        return await self.answer(id)

    async def closed(self) -> int | None:
        """Wait for the other side to close, and return its code."""
        try:
            while True:
                self.told.append(await self.receive())
        except ClosedError as error:
            return error.code


@asynccontextmanager
async def connect(
    port: int,
    *,
    protocols: list[str] | None = None,
    headers: dict[str, str] | None = None,
    path: str = "/rpc",
    extensions: list[Extension] | None = None,
) -> AsyncIterator[Socket]:
    """Open a WebSocket; raises RefusedError."""
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
        wire = WSConnection(ConnectionType.CLIENT)
        given = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
        request = Request(
            host=f"127.0.0.1:{port}",
            target=path,
            subprotocols=protocols or [],
            extra_headers=given,
            extensions=extensions or [],
        )
        await stream.send_all(wire.send(request))
        socket = Socket(stream, wire)
        with trio.fail_after(PATIENCE):
            event = await socket.event()
        if isinstance(event, RejectConnection):
            raise RefusedError(event.status_code)
        assert isinstance(event, AcceptConnection), event
        socket.protocol, socket.extensions = event.subprotocol, event.extensions
        yield socket
