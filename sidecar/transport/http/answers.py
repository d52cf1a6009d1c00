"""Headers that belong to an answer of any kind, and answers of one line."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

SAFE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
"""On every answer: bytes are what their type says, and no page tells another site where it got them."""

PRIVATE = {"cache-control": "no-store", "cross-origin-resource-policy": "same-origin"}


def refusal(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer that says in one line why there is none; `connection: close` ends what cannot be trusted."""
    return Response(
        f"{text}\n",
        status_code=status,
        headers={"content-type": "text/plain; charset=utf-8", **SAFE, **PRIVATE, **(headers or {})},
    )


def plain(text: str) -> Response:
    """Return an answer that says one thing."""
    return refusal(200, text)


def unauthorized() -> Response:
    """Return the answer to those who have not the token."""
    return refusal(401, "the token of initialize is missing or wrong", {"www-authenticate": "Bearer"})
