"""`/rpc`: JSON-RPC over a WebSocket, a message of it a text message, with a connection of its own."""

from __future__ import annotations

from functools import partial

import trio
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketDisconnected

from protocol.errors import MessageTooLarge
from protocol.framing import MAX_MESSAGE
from sidecar.transport.dispatcher import Connection
from sidecar.transport.finish import ANSWER_SECONDS, finish
from sidecar.transport.http.answers import refusal
from sidecar.transport.http.hosting import Ending, Hosting
from sidecar.transport.http.token import PROTOCOL, bearer_holds, protocols_hold

SESSIONS = 16
"""WebSockets at once: a window each is plenty."""

NORMAL, GOING_AWAY, NO_TEXT, TOO_LARGE = 1000, 1001, 1003, 1009
"""Close codes of RFC 6455 §7.4.1."""

READ_GRACE = 2.0
"""Seconds for requests that came before the one that ends the session."""


class Rpc:
    """Lets those in who have the token, and whose page, if they are one, was named."""

    def __init__(self, hosting: Hosting, sessions: set[Ending]) -> None:
        self._hosting = hosting
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = self._refused(scope)
        if refused is not None:
            await refused(scope, receive, send)
            return
        socket = WebSocket(scope, receive, send)
        await socket.accept(PROTOCOL if PROTOCOL in scope["subprotocols"] else None)
        line = scope["state"]["line"]
        line.patient = True
        session = Session(self._hosting, socket)
        line.on_too_large = session.too_large.set
        self._sessions.add(session)
        try:
            await session.run()
        finally:
            self._sessions.discard(session)

    def _refused(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        # Cookies are not the only thing that browsers do for any page: they open WebSockets for it, too.
        origins = headers.getlist("origin")
        if origins and (len(origins) > 1 or origins[0] not in self._hosting.allowed()):
            return refusal(403, "initialize.allowOrigins does not name this page's origin")
        token = self._hosting.loopback.token
        if not bearer_holds(headers, token) and not protocols_hold(scope.get("subprotocols", ()), token):
            return refusal(401, "the token of initialize is missing or wrong", {"www-authenticate": "Bearer"})
        if scope["type"] == "http":
            return refusal(426, "this is a WebSocket", {"upgrade": "websocket", "connection": "upgrade"})
        if self._hosting.primary.phase != "ready" or len(self._sessions) >= SESSIONS:
            return refusal(503, "no more connections now")
        return None


class Session:
    """One connection over a WebSocket. It ends when its client leaves, or is told to."""

    def __init__(self, hosting: Hosting, socket: WebSocket) -> None:
        self._hosting = hosting
        self._socket = socket
        self.too_large = trio.Event()
        """Set by whoever reads the socket, when a message grows beyond the limit."""
        self._left = trio.Event()
        self._grace = 0.0
        self._code: int | None = NORMAL
        self._reading = trio.CancelScope()
        self._written = trio.Event()

    def leave(self, grace: float, code: int | None = GOING_AWAY) -> None:
        """Begin to end it: what was read gets `grace` seconds. The first time counts. `code` None: nobody is there."""
        if not self._left.is_set():
            self._grace, self._code = grace, code
            self._left.set()

    async def run(self) -> None:
        """Serve it. Cancelled, it leaves requests unanswered."""
        hosting = self._hosting
        async with trio.open_nursery() as nursery:
            connection = Connection(
                hosting.table,
                hosting.services,
                nursery,
                limiters=hosting.limiters,
                log=hosting.services.log.logger,
                meter=lambda: hosting.services.meter,
                on_quit=partial(self.leave, 0, NORMAL),
                primary=hosting.primary,
            )
            try:
                nursery.start_soon(self._read, connection)
                nursery.start_soon(self._write, connection)
                nursery.start_soon(self._refuse, connection)
                await self._left.wait()
                self._reading.cancel()
                if self._code is not None:
                    await finish(connection, self._written, self._grace)
                    await self._close(self._code)
                nursery.cancel_scope.cancel()
            finally:
                connection.leave()
                for subscription in connection.peer.subscriptions.values():
                    hosting.services.events.unsubscribe(subscription)
                hosting.services.leave(connection.peer)

    async def _read(self, connection: Connection) -> None:
        with self._reading:
            while not self._left.is_set():
                message = await self._socket.receive()
                if message["type"] == "websocket.disconnect":
                    self.leave(0, None)
                    return
                if self.too_large.is_set():
                    return  # this is what is left of it
                text = message.get("text")
                if text is None:
                    self.leave(READ_GRACE, NO_TEXT)
                    return
                body = text.encode()
                if len(body) > MAX_MESSAGE:
                    self.too_large.set()
                    return
                connection.receive(body)
                if connection.outbox.crowded:
                    await connection.outbox.room()

    async def _refuse(self, connection: Connection) -> None:
        await self.too_large.wait()
        connection.refuse(MessageTooLarge(limit=MAX_MESSAGE))
        self.leave(READ_GRACE, TOO_LARGE)

    async def _write(self, connection: Connection) -> None:
        """Own the socket: nobody else writes, and no request's cancellation can leave half a message on it."""
        try:
            while messages := await connection.outbox.take():
                for message in messages:
                    await self._socket.send_text(message.decode())
        except (WebSocketDisconnect, WebSocketDisconnected):
            self.leave(0, None)
        self._written.set()

    async def _close(self, code: int) -> None:
        with trio.move_on_after(ANSWER_SECONDS):
            try:
                await self._socket.close(code)
            except (WebSocketDisconnect, WebSocketDisconnected):
                return
