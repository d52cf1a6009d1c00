"""The token of everything but capabilities: in the Authorization header, or among the sub-protocols of a WebSocket.

Browsers cannot give a WebSocket headers, so its token comes as the sub-protocol `bearer.<token>` beside PROTOCOL, which
is the one that is chosen: the token is not sent back. It never comes in a URL, which histories and logs keep.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from starlette.datastructures import Headers

PROTOCOL = "sidecar.v1"
BEARER = "bearer."


def bearer_holds(headers: Headers, token: str) -> bool:
    """Say whether the request carries exactly one Authorization header, with the token."""
    given = headers.getlist("authorization")
    if len(given) != 1:
        return False
    scheme, _, value = given[0].partition(" ")
    return scheme.lower() == "bearer" and _equal(value.strip(" "), token)


def protocols_hold(protocols: Sequence[str], token: str) -> bool:
    """Say whether a WebSocket offers PROTOCOL and, once, the token."""
    given = [each.removeprefix(BEARER) for each in protocols if each.startswith(BEARER)]
    return PROTOCOL in protocols and len(given) == 1 and _equal(given[0], token)


def _equal(given: str, token: str) -> bool:
    # In the same time whatever is wrong with it.
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), token.encode())
