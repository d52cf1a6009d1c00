"""Sends a resource, or what of it was asked for, in parts: no file is ever in memory whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.types import Receive, Scope, Send
from trio import BrokenResourceError

from sidecar.services.resources import Content, Live
from sidecar.transport.http.answers import refusal
from sidecar.transport.http.conditions import judged, range_holds
from sidecar.transport.http.ranges import Span, requested

if TYPE_CHECKING:
    from sidecar.transport.http.line import Line

PART = 256 * 1024
"""Bytes that are read and sent at once."""

NOTHING = {"content-length": "0", "cache-control": "no-store"}


@dataclass(frozen=True, slots=True)
class Plan:
    """A status, headers of its own, and the bytes that follow; none where the status says so."""

    status: int
    headers: Mapping[str, str]
    span: Span | None


def plan(method: str, headers: Mapping[str, str], content: Content) -> Plan:
    """Decide what answers a GET or HEAD of something that is there."""
    about = {"etag": f'"{content.tag}"', "accept-ranges": "bytes"}
    outcome = judged(headers, content.tag)
    if outcome == "notModified":
        return Plan(304, about, None)
    if outcome == "failed":
        return Plan(412, NOTHING, None)
    whole = (0, content.bytes)
    asked = headers.get("range")
    # Of methods only GET knows ranges (RFC 9110 §14.2).
    if method != "GET" or asked is None or not range_holds(headers, content.tag):
        return Plan(200, _entity(about, content, whole), whole)
    span = requested(asked, content.bytes)
    if span == "unsatisfiable":
        return Plan(416, {**NOTHING, "content-range": f"bytes */{content.bytes}"}, None)
    if span == "whole":
        return Plan(200, _entity(about, content, whole), whole)
    ranged = {"content-range": f"bytes {span[0]}-{span[1] - 1}/{content.bytes}"}
    return Plan(206, {**_entity(about, content, span), **ranged}, span)


@dataclass(frozen=True, slots=True)
class Delivery:
    """An answer that sends open content and closes it, whatever becomes of the request."""

    content: Content
    headers: Mapping[str, str]

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        with self.content:
            asked = {name.decode("latin-1"): value.decode("latin-1") for name, value in _joined(scope)}
            decided = plan(scope["method"], asked, self.content)
            both = {**self.headers, **decided.headers}
            raw = [(name.encode(), value.encode("latin-1")) for name, value in both.items()]
            await send({"type": "http.response.start", "status": decided.status, "headers": raw})
            if decided.span is not None and scope["method"] != "HEAD":
                await self._send_span(*decided.span, send)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_span(self, start: int, stop: int, send: Send) -> None:
        while start < stop:
            part = await self.content.source.read(start, min(PART, stop - start))
            if not part:
                # Cut short meanwhile. Only a connection that breaks says that not all has come.
                raise OSError("less is there than was promised")
            start += len(part)
            await send({"type": "http.response.body", "body": part, "more_body": True})


@dataclass(frozen=True, slots=True)
class LiveDelivery:
    """An answer that sends a live body as it is made, to a client that may take its time; no part of it is to be had.

    That is what a GET of a range of it gets too, as RFC 9110 §14.2 allows: players ask for "bytes=0-".
    """

    live: Live
    headers: Mapping[str, str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        about = {"content-type": self.live.content_type, "accept-ranges": "none", "cache-control": "no-store"}
        raw = [(name.encode(), value.encode("latin-1")) for name, value in {**self.headers, **about}.items()]
        start = {"type": "http.response.start", "status": 200, "headers": raw}
        if scope["method"] == "HEAD":
            await send(start)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        reader = self.live.take()
        if reader is None:
            await refusal(410, "its beginning is no longer kept", self.headers)(scope, receive, send)
            return
        line: Line = scope["state"]["line"]
        with reader, line.following():
            await send(start)
            try:
                while part := await reader.read():
                    await send({"type": "http.response.body", "body": part, "more_body": True})
            except BrokenResourceError:
                # Only a connection that breaks says that not all has come.
                line.cut()
            else:
                await send({"type": "http.response.body", "body": b"", "more_body": False})


def _entity(about: Mapping[str, str], content: Content, span: Span) -> dict[str, str]:
    return {**about, "content-type": content.content_type, "content-length": str(span[1] - span[0])}


def _joined(scope: Scope) -> list[tuple[bytes, bytes]]:
    """Return headers with those that came several times made one, as RFC 9110 §5.3 says."""
    joined: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        joined[name] = joined[name] + b", " + value if name in joined else value
    return list(joined.items())
