"""The clock of a play: how far its reader is, if it plays what it gets at once."""

from __future__ import annotations

import trio

from sidecar.services.resources import Live

LEAD = 0.4
"""Seconds that are made ahead of the reader: what it needs to begin, and to live through another beginning here."""

LOOK = 0.1
"""Seconds between two looks at a clock that may have been held up."""


MOMENT = 1e-6
"""Seconds that are no wait: a clock that counts in doubles may not move by less."""


class Pace:
    """Runs from when the reader comes, and stands while it takes nothing, or is given nothing.

    A connection on one machine takes many seconds of such a stream before it is full, and a browser reads all it can:
    neither is what bounds how far a play runs ahead. This is.
    """

    def __init__(self, live: Live) -> None:
        self._live = live
        self._lead = LEAD
        self._began: float | None = None
        self._made = 0.0
        self._ended = False

    @property
    def elapsed(self) -> float:
        """Seconds of the stream that the reader has played."""
        return self._made if self._ended else min(self._made, self._clock())

    def finish(self, media: float) -> None:
        """Say how long the stream is, all of which has been made."""
        self._made = media

    def end(self) -> None:
        """Say that the reader has had all of it."""
        self._ended = True

    async def until(self, media: float) -> None:
        """Wait until what comes at a second of the stream is to be made; all before that has been."""
        self._made = media
        behind = self._clock() - media
        if behind > 0 and self._began is not None:
            # The reader has run dry, and stood still meanwhile.
            self._began += behind
        while (early := media - self._clock() - self._lead) > MOMENT:
            if not self._live.taken.is_set():
                await self._live.taken.wait()
            else:
                await trio.sleep(min(early, LOOK))

    def _clock(self) -> float:
        if not self._live.taken.is_set():
            return 0.0
        now = trio.current_time() - self._live.waited
        if self._began is None:
            self._began = now
        return now - self._began
