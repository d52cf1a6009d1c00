"""One TCP connection: hypercorn's HTTP/1.1 and WebSocket, with time limits, and an end that nobody can hold up.

hypercorn's own server shields what it sends from cancellation, so that a client which does not read keeps the process
alive, and speaks HTTP/2 to whoever asks; of it only the protocol is used.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from math import inf
from typing import Any

import h11
import trio
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.protocol.events import Event as StreamEvent
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.ws_stream import WebsocketBuffer, WSStream
from hypercorn.trio.task_group import TaskGroup
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import AppWrapper, ConnectionState
from wsproto.connection import ConnectionState as SocketState
from wsproto.events import Message

from protocol.framing import MAX_MESSAGE
from sidecar.transport.http.guard import HEADER_BYTES

HEADER_SECONDS = 5.0
"""From the opening of a connection, or the end of an answer, to the end of the next request's headers."""

SEND_SECONDS = 60.0
"""For a client to take a part of an answer (256 KiB) off our hands. A WebSocket may take its time."""

LINGER_SECONDS = 1.0
"""For a client to read the last answer before the connection is gone with it."""

CHUNK = 65_536

UNREAD_BYTES = 65_536
"""Bytes of a live answer that the system may hold for a client that does not read; the kernel doubles it."""


def settings() -> Config:
    """Return how hypercorn's protocol is to behave."""
    config = Config()
    config.h11_max_incomplete_size = HEADER_BYTES
    config.include_server_header = False
    config.accesslog = None
    config.errorlog = None
    config.max_app_queue_size = 2
    return config


class _Incoming(WebsocketBuffer):
    """A message on its way in. One that grows too large is told of, and thrown away as it comes."""

    def __init__(self, line: Line) -> None:
        super().__init__(MAX_MESSAGE)
        self._line = line

    def extend(self, event: Message[Any]) -> None:
        if self.length <= self.max_length and self.length + len(event.data) <= self.max_length:
            super().extend(event)
            return
        self.value, self.length = None, self.max_length + 1
        self._line.on_too_large()


class _Http1(H11Protocol):
    """HTTP/1.1 and nothing else."""

    async def _check_protocol(self, event: h11.Request) -> None:
        """Do not switch to HTTP/2, whether a client asks for it or assumes it."""

    async def _create_stream(self, request: h11.Request) -> None:
        # Compression is lost time on one machine, and a small message that unpacks to gigabytes is a weapon.
        kept = [(name, value) for name, value in request.headers if name != b"sec-websocket-extensions"]
        await super()._create_stream(
            h11.Request(method=request.method, target=request.target, headers=kept, http_version=request.http_version)
        )
        if isinstance(self.stream, WSStream):
            # hypercorn's own would close the connection before anybody could say why.
            self.stream.buffer = _Incoming(self.connection_state["line"])

    async def stream_send(self, event: StreamEvent) -> None:
        # An application that is cut off, or cancelled, says so out of turn: the parser's refusal, or the end, came first.
        line: Line = self.connection_state["line"]
        if not line.over and trio.current_effective_deadline() > -inf:
            await super().stream_send(event)

    async def _send_error_response(self, status_code: int) -> None:
        self.connection_state["line"].over = True
        await super()._send_error_response(status_code)

    async def _close_stream(self) -> None:
        # What is told of an end goes into a queue that may be full of a body which nobody reads. Nobody needs to be
        # told: what still runs is cancelled.
        stream, self.stream = self.stream, None
        if stream is not None:
            stream.closed = True


class Line:
    """A connection from its first byte to its last. It is in `scope["state"]["line"]` of each of its requests."""

    def __init__(
        self, stream: trio.SocketStream, application: AppWrapper, config: Config, context: WorkerContext
    ) -> None:
        self.patient = False
        """Whether the client may leave what is sent unread for as long as it likes."""
        self.on_too_large: Callable[[], None] = self.cut
        """Called when a message of a WebSocket grows beyond the limit: nothing of it is handed on."""
        self.idle = True
        self.over = False
        """Whether nothing that applications send is sent any more."""
        self._stream = stream
        self._application = application
        self._config = config
        self._context = context
        self._scope = trio.CancelScope(deadline=trio.current_time() + HEADER_SECONDS)
        self._sending = trio.Lock()
        self._polite = False

    async def run(self) -> None:
        """Serve it until either side is done with it. Cancelled, it is cut off where it is."""
        async with self._stream:
            with self._scope:
                async with TaskGroup() as tasks:
                    protocol = _Http1(
                        self._application,
                        self._config,
                        self._context,
                        tasks,
                        ConnectionState({"line": self}),
                        False,
                        None,
                        None,
                        self._send,
                    )
                    await self._read(protocol)
                    self.cut()
            if self._polite:
                await self._linger()

    def cut(self) -> None:
        """End it at once."""
        self.over = True
        self._scope.cancel()

    @contextmanager
    def following(self) -> Iterator[None]:
        """Be patient with the client meanwhile, and from now on send little more than it reads."""
        self._stream.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UNREAD_BYTES)
        self.patient = True
        try:
            yield
        finally:
            self.patient = False

    async def _read(self, protocol: _Http1) -> None:
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            while data := await self._stream.receive_some(CHUNK):
                await protocol.handle(RawData(bytes(data)))
                if _is_over(protocol):
                    self._polite = True
                    async with self._sending:
                        """Goodbye may be on its way: to cut the line would be to take it back."""
                    return

    async def _send(self, event: Event) -> None:
        if isinstance(event, RawData):
            await self._send_data(event.data)
        elif isinstance(event, Updated):
            self.idle = event.idle
            self._scope.deadline = trio.current_time() + HEADER_SECONDS if event.idle else inf
        elif isinstance(event, Closed):
            self._polite = True
            self.cut()

    async def _send_data(self, data: bytes) -> None:
        with trio.CancelScope() as limit:
            if not self.patient:
                limit.deadline = trio.current_time() + SEND_SECONDS
            try:
                async with self._sending:
                    await self._stream.send_all(data)
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                self.cut()
        if limit.cancelled_caught:
            self.cut()

    async def _linger(self) -> None:
        """Say that no more comes, and let what still comes in pass: closed at once, the last answer may be lost."""
        with trio.move_on_after(LINGER_SECONDS), suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            await self._stream.send_eof()
            while await self._stream.receive_some(CHUNK):
                pass


def _is_over(protocol: _Http1) -> bool:
    """Say whether no more is to be read: a handshake was none, or a WebSocket was told that its message is too large."""
    stream = protocol.stream
    if stream is None or stream.closed:
        return stream is not None
    if not isinstance(stream, WSStream) or not stream.handshake.accepted:
        return False
    return stream.connection.state is SocketState.LOCAL_CLOSING
