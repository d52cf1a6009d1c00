"""`/healthz`: whether the loop goes round. `/readyz`: whether there is something in the way of work."""

from __future__ import annotations

import trio
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sidecar.services.monitoring.readiness import Reason
from sidecar.transport.http.answers import plain, refusal
from sidecar.transport.http.hosting import Hosting
from sidecar.transport.http.kept import Kept
from sidecar.transport.http.token import bearer_holds

KEPT_SECONDS = 0.5
"""For which an answer holds: whoever asks all the time must not have folders written to all the time."""

LONGEST = 5.0
"""Seconds to find out."""


async def healthz(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer, which is all that is to be known; nothing is waited for, and no thread is needed."""
    await plain("ok")(scope, receive, send)


class Readyz:
    """Answers 200, or 503 with the reasons; those who have the token are told of them what may be nobody else's business."""

    def __init__(self, hosting: Hosting) -> None:
        self._hosting = hosting
        self._reasons = Kept(self._look, KEPT_SECONDS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._answer(Headers(scope=scope))
        await answer(scope, receive, send)

    async def _answer(self, headers: Headers) -> Response:
        with trio.move_on_after(LONGEST):
            reasons = await self._reasons.get()
            if not reasons:
                return plain("ready")
            told = bearer_holds(headers, self._hosting.loopback.token)
            lines = [f"{each.what}: {each.detail}" if told and each.detail else each.what for each in reasons]
            return refusal(503, "\n".join(lines))
        return refusal(503, "it takes too long to find out")

    async def _look(self) -> list[Reason]:
        reasons: list[Reason] = await self._hosting.services.monitoring.ready()
        return reasons
