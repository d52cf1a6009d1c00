"""`/metrics`: all metrics, in OpenMetrics for those who ask for it, else in Prometheus' own format."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import trio
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from protocol.errors import SidecarError
from sidecar.transport.http.answers import PRIVATE, SAFE, refusal, unauthorized
from sidecar.transport.http.hosting import Hosting
from sidecar.transport.http.kept import Kept
from sidecar.transport.http.token import bearer_holds

if TYPE_CHECKING:
    from protocol.commands.metrics import MetricsPage
    from sidecar.services.monitoring.exposition import Format

FORMS: tuple[Format, ...] = ("text", "openmetrics")

KEPT_SECONDS = 0.5
"""For which a page is given to all who ask: two servers that scrape cost as much as one."""

LONGEST = 5.0
"""Seconds for a page: those who scrape wait ten."""

_QUALITY = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")
_OPENMETRICS = "application/openmetrics-text"


class Metrics:
    """Answers those with the token, or everybody on this machine where the settings say so. No page of a browser may read it."""

    def __init__(self, hosting: Hosting) -> None:
        self._hosting = hosting
        self._pages = {form: Kept(partial(self._page, form), KEPT_SECONDS) for form in FORMS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._answer(Headers(scope=scope))
        await answer(scope, receive, send)

    async def _answer(self, headers: Headers) -> Response:
        hosting = self._hosting
        if hosting.services.scraping.token and not bearer_holds(headers, hosting.loopback.token):
            return unauthorized()
        if not hosting.services.monitoring.begun:
            return refusal(503, "nothing has been looked at yet")
        form = accepted(", ".join(headers.getlist("accept")))
        with trio.move_on_after(LONGEST):
            try:
                page = await self._pages[form].get()
            except SidecarError as error:
                return refusal(503, error.message)
            return Response(page.text.encode(), headers={"content-type": page.content_type, **SAFE, **PRIVATE})
        return refusal(503, "it takes too long")

    async def _page(self, form: Format) -> MetricsPage:
        page: MetricsPage = await self._hosting.services.monitoring.page(form)
        return page


def accepted(header: str) -> Format:
    """Choose by an Accept header (RFC 9110 §12.5.1): OpenMetrics where it is named, and nothing is liked better.

    Whoever accepts neither gets text: it is what everybody reads who asks for this path.
    """
    ranges = list(_ranges(header))
    openmetrics = max((quality for name, version, quality in ranges if _is_openmetrics(name, version)), default=0.0)
    # Of those that mean text the nearest counts.
    text = next(
        (
            quality
            for wanted in ("text/plain", "text/*", "*/*")
            for name, version, quality in ranges
            if name == wanted and version in (None, "0.0.4")
        ),
        0.0,
    )
    return "openmetrics" if openmetrics > 0 and openmetrics >= text else "text"


def _is_openmetrics(name: str, version: str | None) -> bool:
    return name == _OPENMETRICS and version in (None, "1.0.0")


def _ranges(header: str) -> Iterator[tuple[str, str | None, float]]:
    """Give what is accepted: a type in small letters, its version if one is named, and how much it is liked."""
    for part in header.split(","):
        name, *given = (piece.strip() for piece in part.split(";"))
        parameters = {
            key.strip().lower(): value.strip().strip('"') for key, _, value in (each.partition("=") for each in given)
        }
        quality = parameters.get("q", "1")
        if name and _QUALITY.fullmatch(quality):
            yield name.lower(), parameters.get("version"), float(quality)
