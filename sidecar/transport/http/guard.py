"""Refuses what no page and no client of ours sends, before anything looks at what it asks for."""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sidecar.services.loopback import HOST
from sidecar.transport.http.answers import refusal
from sidecar.transport.http.cors import METHODS

CLOSE = {"connection": "close"}

HEADER_BYTES = 16 * 1024

STATUS = frozenset({"http.response.start", "websocket.accept", "websocket.http.response.start"})
"""Messages with which an answer begins."""

SWITCHED = 101
"""The status of a WebSocket that is accepted."""


class Guard:
    """An application around another one, which sees only requests that may be meant for it."""

    def __init__(
        self,
        application: ASGIApp,
        port: int,
        report: Callable[[str, Exception], None],
        count: Callable[[bytes, int], None],
    ) -> None:
        """`count` is told the path and the status of each answer."""
        self._application = application
        self._count = count
        self._hosts = _hosts(port)
        self._report = report

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = self._refused(scope)
        if refused is not None:
            self._count(scope["raw_path"], refused.status_code)
            await refused(scope, receive, send)
            return
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            if message["type"] in STATUS:
                self._count(scope["raw_path"], message.get("status", SWITCHED))
            await send(message)

        try:
            await self._application(scope, receive, watched)
        except Exception as error:  # noqa: BLE001 - whatever fails is this one answer, and ends nothing else
            self._report("a request by HTTP failed", error)
            # One that has begun is left incomplete, which closes the connection: the client must not take it for whole.
            if not begun:
                self._count(scope["raw_path"], 500)
                await refusal(500, "an internal error: the log has it", CLOSE)(scope, receive, send)

    def _refused(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if scope["http_version"] not in {"1.0", "1.1"}:
            return refusal(505, "HTTP/1.1 is spoken here", CLOSE)
        # A name that resolves to this address is not this address: that is how pages reach into the machine.
        if headers.getlist("host") not in self._hosts:
            return refusal(421, "no such host here", CLOSE)
        if _size(scope) > HEADER_BYTES:
            return refusal(431, "that is too long a header", CLOSE)
        if not scope["raw_path"].startswith(b"/"):
            return refusal(400, "only paths are asked for here", CLOSE)
        if scope["type"] == "http" and scope["method"] not in {"GET", "HEAD", "OPTIONS"}:
            return refusal(405, "only GET and HEAD", {"allow": METHODS, **CLOSE})
        if "transfer-encoding" in headers or headers.get("content-length", "0") != "0":
            return refusal(400, "no request has a body here", CLOSE)
        return None


def _size(scope: Scope) -> int:
    """Return the bytes of a request's header; the parser bounds only one that comes in pieces."""
    fields = sum(len(name) + len(value) for name, value in scope["headers"])
    return fields + len(scope["raw_path"]) + len(scope["query_string"])


def _hosts(port: int) -> list[list[str]]:
    """Return the Host headers, each the only one of its request, that mean this address."""
    names = [HOST, "localhost"]
    return [[f"{name}:{port}"] for name in names] + ([[name] for name in names] if port == 80 else [])
