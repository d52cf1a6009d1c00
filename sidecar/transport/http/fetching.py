"""`/r/...`: resources, for whoever has their URL."""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from sidecar.services.resources import Content, Refusal, Resources
from sidecar.transport.http.answers import SAFE, refusal
from sidecar.transport.http.cors import cors_headers
from sidecar.transport.http.delivery import Delivery, LiveDelivery

LIFETIMES = {
    "immutable": "private, max-age=31536000, immutable",
    "session": "private, no-cache",
}
"""What a browser may keep without asking again, and what it may only keep as long as the tag is the same."""

REFUSALS: dict[Refusal, tuple[int, str]] = {
    "unknown": (404, "nothing is offered here"),
    "gone": (410, "no longer kept: ask for it again"),
}

CONTAINED = {
    # Any page may show them; opened by themselves they run nothing in this origin's name.
    "cross-origin-resource-policy": "cross-origin",
    "content-security-policy": "default-src 'none'; img-src 'self'; media-src 'self'; sandbox",
}


class Fetching:
    """Answers GET and HEAD of resources."""

    def __init__(self, resources: Callable[[], Resources], allowed: Callable[[], frozenset[str]]) -> None:
        self._resources = resources
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        cors = cors_headers(Headers(scope=scope).get("origin"), self._allowed())
        path = scope["raw_path"].decode("ascii")
        live = self._resources().live(path)
        if live is not None:
            await LiveDelivery(live, {**SAFE, **CONTAINED, **cors})(scope, receive, send)
            return
        found = await self._resources().open(path)
        if isinstance(found, Content):
            lifetime = {"cache-control": LIFETIMES[found.lifetime]}
            await Delivery(found, {**SAFE, **CONTAINED, **cors, **lifetime})(scope, receive, send)
        else:
            await refusal(*REFUSALS[found], {**CONTAINED, **cors})(scope, receive, send)
