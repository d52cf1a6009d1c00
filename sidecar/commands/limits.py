"""Limits of one connection, as `initialize` states them and as they are kept."""

from __future__ import annotations

IN_FLIGHT = 256
"""Requests without an answer; one more is `busy`."""

PROGRESS_PER_SECOND = 20
"""Values of `$/progress` of one request."""

SUBSCRIPTIONS = 256
