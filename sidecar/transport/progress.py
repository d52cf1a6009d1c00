"""Progress of one request: at most 20 values a second, the last always before the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import trio

from protocol.jsonrpc import encode_notification
from sidecar.commands.limits import PROGRESS_PER_SECOND

_INTERVAL = 1 / (PROGRESS_PER_SECOND - 1)
"""Seconds between values: one place of each second is kept for the last."""


class Reporter:
    """Sends what is reported, or keeps it for the next free moment.

    Of values that wait a newer one replaces the older of its kind; `items` are joined, for none may be lost. While
    `crowded` says that the client is behind, everything waits.
    """

    def __init__(
        self,
        token: str | int,
        put: Callable[[bytes], None],
        crowded: Callable[[], bool],
        spawn: Callable[[Callable[[], Awaitable[None]]], None],
    ) -> None:
        self._token = token
        self._put = put
        self._crowded = crowded
        self._spawn = spawn
        self._waiting: dict[str, dict[str, Any]] = {}
        self._due = trio.current_time()
        self._later = False

    def report(self, value: Any) -> None:
        """Report a value of `$/progress`: a mapping, or a struct of `protocol.progress`."""
        plain: dict[str, Any] = msgspec.to_builtins(value)
        kind = plain.get("kind", "report")
        before = self._waiting.get(kind)
        if kind == "items" and before is not None:
            plain = {**plain, "items": [*before["items"], *plain["items"]]}
        self._waiting[kind] = plain
        if self._later:
            return
        if trio.current_time() >= self._due and not self._crowded():
            self._send()
        else:
            self._later = True
            self._spawn(self._send_later)

    def finish(self) -> None:
        """Send all that waits; the answer comes next."""
        while self._waiting:
            self._send()

    def _send(self) -> None:
        kind = next(iter(self._waiting))
        self._put(encode_notification("$/progress", {"token": self._token, "value": self._waiting.pop(kind)}))
        self._due = trio.current_time() + _INTERVAL

    async def _send_later(self) -> None:
        while self._waiting:
            await trio.sleep_until(self._due)
            if self._crowded():
                self._due = trio.current_time() + _INTERVAL
            elif self._waiting:
                self._send()
        self._later = False
