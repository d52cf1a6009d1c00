"""`/metrics`, `/healthz`, `/readyz`: what those ask who watch over machines."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from sidecar.services.loopback import Loopback
from sidecar.transport.http.answers import refusal
from sidecar.transport.http.cors import METHODS
from sidecar.transport.http.guard import Guard
from sidecar.transport.http.health import Readyz, healthz
from sidecar.transport.http.hosting import Hosting
from sidecar.transport.http.metrics import Metrics

ROUTES: Mapping[str, str] = {"metrics": "/metrics", "healthz": "/healthz", "readyz": "/readyz"}
"""Paths by what answers are counted as."""

Watched = Mapping[bytes, ASGIApp]
"""What answers, by path; two sites that share one share what is kept for those who ask at the same time."""


def watched(hosting: Hosting) -> Watched:
    """Return what answers those who watch."""
    parts: dict[str, ASGIApp] = {"metrics": Metrics(hosting), "healthz": healthz, "readyz": Readyz(hosting)}
    return {ROUTES[name].encode(): part for name, part in parts.items()}


def route_of(path: bytes) -> str | None:
    """Return what an answer of a path is counted as; None of one that is not ours."""
    return next((name for name, known in ROUTES.items() if known.encode() == path), None)


def watching(hosting: Hosting, own: Loopback, parts: Watched) -> ASGIApp:
    """Return the site of the port for those who watch, as an ASGI application: there is nothing else on it."""

    async def route(scope: Scope, receive: Receive, send: Send) -> None:
        part = parts.get(scope["raw_path"])
        chosen: ASGIApp
        if scope["type"] != "http" or part is None:
            chosen = refusal(404, "nothing is here")
        elif scope["method"] not in {"GET", "HEAD"}:
            chosen = refusal(405, "only GET and HEAD", {"allow": METHODS})
        else:
            chosen = part
        await chosen(scope, receive, send)

    def count(path: bytes, status: int) -> None:
        hosting.services.meter.served(route_of(path) or "other", status)

    return Guard(route, own.port, hosting.report, count)
