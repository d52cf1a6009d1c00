"""Which part of the site answers which path."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from sidecar.services.resources.capability import PREFIX
from sidecar.transport.http.answers import refusal, unauthorized
from sidecar.transport.http.cors import preflight
from sidecar.transport.http.fetching import Fetching
from sidecar.transport.http.front import Front
from sidecar.transport.http.guard import Guard
from sidecar.transport.http.hosting import Ending, Hosting
from sidecar.transport.http.rpc import Rpc
from sidecar.transport.http.token import bearer_holds
from sidecar.transport.http.watching import Watched, route_of


def application(hosting: Hosting, sessions: set[Ending], watched: Watched) -> ASGIApp:
    """Return the site as an ASGI application; `sessions` holds those that are connected to `/rpc`."""
    fetching = Fetching(lambda: hosting.services.resources, hosting.allowed)
    rpc = Rpc(hosting, sessions)
    rest: ASGIApp = _Nothing(hosting) if hosting.front is None else Front(hosting.front)

    async def route(scope: Scope, receive: Receive, send: Send) -> None:
        # Paths are compared as they were sent: what is spelled in another way is another path.
        path = scope["raw_path"]
        chosen: ASGIApp = rest
        if scope["type"] == "http" and scope["method"] == "OPTIONS":
            chosen = preflight(Headers(scope=scope), hosting.allowed())
        elif path == b"/rpc":
            chosen = rpc
        elif scope["type"] == "websocket":
            chosen = _Nothing(hosting)
        elif path.startswith(PREFIX.encode()):
            chosen = fetching
        elif path in watched:
            chosen = watched[path]
        await chosen(scope, receive, send)

    def count(path: bytes, status: int) -> None:
        name = "resources" if path.startswith(PREFIX.encode()) else "rpc" if path == b"/rpc" else route_of(path)
        hosting.services.meter.served(name or "other", status)

    return Guard(route, hosting.loopback.port, hosting.report, count)


class _Nothing:
    """What is not there, of which only those with the token may know."""

    def __init__(self, hosting: Hosting) -> None:
        self._hosting = hosting

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if bearer_holds(Headers(scope=scope), self._hosting.loopback.token):
            answer = refusal(404, "nothing is here")
        else:
            answer = unauthorized()
        await answer(scope, receive, send)
