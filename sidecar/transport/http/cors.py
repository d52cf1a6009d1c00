"""Which pages may read answers: the origins that `initialize` named, by name and never `*`."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

METHODS = "GET, HEAD"
REQUEST_HEADERS = "Authorization, If-Match, If-None-Match, If-Range, Range"
EXPOSED = "Accept-Ranges, Content-Length, Content-Range, ETag"
PREFLIGHT_SECONDS = "600"


def cors_headers(origin: str | None, allowed: frozenset[str]) -> dict[str, str]:
    """Return what lets a page of this origin read an answer; what is cached depends on the origin in any case."""
    if origin is None or origin not in allowed:
        return {"vary": "Origin"}
    return {
        "access-control-allow-origin": origin,
        "access-control-expose-headers": EXPOSED,
        "vary": "Origin",
    }


def preflight(headers: Mapping[str, str], allowed: frozenset[str]) -> Response:
    """Answer OPTIONS: what a page may ask for, or 403 to one that may not ask."""
    origin = headers.get("origin")
    if origin is None or origin not in allowed:
        return Response(status_code=403, headers={"vary": "Origin"})
    if headers.get("access-control-request-method") not in {"GET", "HEAD"}:
        return Response(status_code=405, headers={"allow": METHODS, "vary": "Origin"})
    answer = {
        **cors_headers(origin, allowed),
        "access-control-allow-methods": METHODS,
        "access-control-allow-headers": REQUEST_HEADERS,
        "access-control-max-age": PREFLIGHT_SECONDS,
    }
    if headers.get("access-control-request-private-network") == "true":
        answer["access-control-allow-private-network"] = "true"
    return Response(status_code=204, headers=answer)
