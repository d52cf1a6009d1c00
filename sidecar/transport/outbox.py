"""What one connection has still to send: answers and progress first, events when there is room.

Answers are never dropped. Events stay in their subscriptions until the wire takes them, so a slow reader gets the
latest state instead of its history, and costs no more memory than its subscriptions may hold.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping

import trio

from protocol.jsonrpc import encode_notification
from sidecar.services.events import Subscription

CROWDED_BYTES = 8 * 1024 * 1024
CROWDED_MESSAGES = 10_000
"""Beyond either the connection reads no further requests until its client has read answers."""

TAKE_BYTES = 65_536
"""Events wait in their subscriptions, not in here: at most about this much is handed to the wire at once."""


class Outbox:
    """A queue with one reader, the writer task. `put` never waits."""

    def __init__(self, subscriptions: Mapping[str, Subscription], on_unsendable: Callable[[Exception], None]) -> None:
        self._bodies: deque[bytes] = deque()
        self._bytes = 0
        self._subscriptions = subscriptions
        self._on_unsendable = on_unsendable
        self._closed = False
        self.taken = 0
        """Messages that have been handed out."""
        self._something = trio.Event()
        self._room = trio.Event()
        self._room.set()

    @property
    def crowded(self) -> bool:
        """Say whether the client is so far behind that no more should be asked of us."""
        return self._bytes > CROWDED_BYTES or len(self._bodies) > CROWDED_MESSAGES

    def put(self, body: bytes) -> None:
        """Queue a message."""
        self._bodies.append(body)
        self._bytes += len(body)
        if self.crowded and self._room.is_set():
            self._room = trio.Event()
        self._something.set()

    def wake(self) -> None:
        """Say that a subscription has something to send."""
        self._something.set()

    def close(self) -> None:
        """Let `take` return what is queued and then an end. Events that wait are not sent any more."""
        self._closed = True
        self._something.set()

    async def room(self) -> None:
        """Wait until the client has caught up."""
        await self._room.wait()

    async def take(self) -> list[bytes]:
        """Wait for messages and return some, oldest first; none at all means that the outbox is closed and empty."""
        while True:
            taken = self._take_bodies() or ([] if self._closed else self._take_events())
            self.taken += len(taken)
            if taken or self._closed:
                return taken
            self._something = trio.Event()
            await self._something.wait()

    def _take_bodies(self) -> list[bytes]:
        taken: list[bytes] = []
        size = 0
        while self._bodies and size < TAKE_BYTES:
            body = self._bodies.popleft()
            taken.append(body)
            size += len(body)
        self._bytes -= size
        if not self.crowded:
            self._room.set()
        return taken

    def _take_events(self) -> list[bytes]:
        taken: list[bytes] = []
        size = 0
        while size < TAKE_BYTES:
            # One of each subscription a round: a busy one does not hold up the others.
            events = [event for each in self._subscriptions.values() if (event := each.take()) is not None]
            if not events:
                break
            for event in events:
                try:
                    body = encode_notification("$/event", event)
                except Exception as error:  # noqa: BLE001 - a payload that cannot be written must not end the connection
                    self._on_unsendable(error)
                    continue
                taken.append(body)
                size += len(body)
        return taken
