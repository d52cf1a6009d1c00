"""One composition that runs forward: it makes what is asked for, a little more, and then waits."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import trio

from sidecar.core.spans import Timed
from sidecar.ffmpeg.builder.preview import Fed
from sidecar.services.preview.composer import Composer
from sidecar.services.preview.pictures import Look, Picture
from sidecar.services.preview.stage import Stage

AHEAD = 3
"""Frames that are made beyond the newest that was asked for."""

REACH = 12
"""A frame so far ahead is reached by composing those between; beyond, a process of its own is sooner."""

HELD = AHEAD + 2
"""Frames that it holds itself, besides the memory tier: those that somebody may be waiting for."""

IDLE = 5.0
"""Seconds after which a pipeline that nobody asks ends."""

Keep = Callable[[Stage, int, Look, bytes, float], Picture]


class Pipeline:
    """Frames [first, end) of a stage, in order. `run` makes them, any number of others ask for them."""

    def __init__(self, stage: Stage, look: Look, window: tuple[int, int], fed: Fed) -> None:
        self.stage = stage
        self.look = look
        self.first, self.end = first, _ = window
        self._fed = fed
        self.position = first
        self.error: Exception | None = None
        self.ended = False
        self._wanted = first + 1
        self._recent: dict[int, Picture] = {}
        self._asked = trio.Event()
        self._advanced = trio.Event()
        self._scope = trio.CancelScope()

    def reaches(self, stage: Stage, look: Look, frame: int) -> bool:
        """Whether a frame is soon had from it."""
        if self.ended or stage is not self.stage or look != self.look:
            return False
        return frame in self._recent or self.position <= frame < min(self.end, self.position + REACH)

    def want(self, frame: int) -> None:
        """Have it go on to a few frames behind this one."""
        self._wanted = max(self._wanted, min(self.end, frame + 1 + AHEAD))
        self._asked.set()

    async def frame(self, frame: int) -> Picture | None:
        """Wait for a frame that it reaches; None where it ended before. Cancelling leaves it running."""
        self.want(frame)
        with Timed("ffmpeg", role="pipeline"):
            while frame not in self._recent and not self.ended:
                await self._advanced.wait()
        return self._recent.get(frame)

    def stop(self) -> None:
        """End it at once."""
        self._scope.cancel()

    async def run(self, composer: Composer, keep: Keep) -> None:
        """Make frames until the last one is made, nobody has asked for a while, or it is stopped."""
        try:
            with self._scope:
                await self._run(composer, keep)
        except Exception as error:  # noqa: BLE001 - who asks for a frame meets it again, by a process of its own
            self.error = error
        finally:
            self.ended = True
            self._turn()

    async def _run(self, composer: Composer, keep: Keep) -> None:
        window = self.first, self.end
        look = self.look
        async with composer.frames(self.stage, window, size=look.size, image=look.image, fed=self._fed) as frames:
            began = perf_counter()
            async for data in frames:
                now = perf_counter()
                self._recent[self.position] = keep(self.stage, self.position, self.look, data, now - began)
                self._recent.pop(self.position - HELD, None)
                self.position += 1
                self._turn()
                if not await self._go_on():
                    return
                began = perf_counter()

    async def _go_on(self) -> bool:
        """Wait until more is wanted; False when nobody has asked for long."""
        while self.position >= self._wanted:
            self._asked = trio.Event()
            with trio.move_on_after(IDLE) as waiting:
                await self._asked.wait()
            if waiting.cancelled_caught:
                return False
        return True

    def _turn(self) -> None:
        self._advanced.set()
        self._advanced = trio.Event()
