"""The pictures of a play, in the order of its way: composed by windows, or backwards by small pieces turned round."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from math import ceil

import trio

from protocol.errors import SidecarError
from sidecar.core.course import Course
from sidecar.services.preview.stage import Stage

WINDOW_SECONDS = 10
"""Seconds of the project that one process composes. What begins while the one before is still being encoded costs no time."""

AHEAD_BYTES = 24 * 1024 * 1024
AHEAD_FRAMES = 30
"""Pictures that wait to be encoded, at most."""

LAP_BYTES = 32 * 1024 * 1024
"""Pictures of a lap that are held for the next ones: processes for each lap of a short one would never keep up."""

FIRST_TURNED = 4
"""Frames of the first piece that is turned round: they are waited for. Each one after it is twice as long."""

Composing = Callable[[Stage, tuple[int, int]], AbstractAsyncContextManager[tuple[int, AsyncIterator[bytes]]]]
"""Composes project frames from the first of a window of a stage up to its end, or up to an earlier one, which is given
before the raw frames: no more than one process can be asked for."""

Picture = tuple[int, bytes]
"""A frame, and how far on the way it is."""


def room(size: tuple[int, int]) -> int:
    """Return how many frames of a size may wait."""
    usual = size[0] * size[1] * 3 // 2
    return max(2, min(AHEAD_FRAMES, AHEAD_BYTES // usual))


async def draw(
    stage: Stage, course: Course, compose: Composing, send: trio.MemorySendChannel[Picture | SidecarError], many: int
) -> None:
    """Send the pictures that a play shows, until its way ends, and close the channel, which holds `many`.

    What composing raises comes as the last thing, behind the pictures before it.
    """
    with send:
        drawing = _Drawing(stage, course, compose, send, many)
        try:
            while course.way is None or drawing.gone < course.way:
                await drawing.lap()
        except SidecarError as error:
            await send.send(error)


@dataclass(slots=True)
class _Drawing:
    stage: Stage
    course: Course
    compose: Composing
    send: trio.MemorySendChannel[Picture | SidecarError]
    many: int
    gone: int = 0
    _held: list[bytes] = field(default_factory=list)
    _holding: bool = False

    async def lap(self) -> None:
        """Send what is left of a lap; a whole one that is short is composed once."""
        if self._held:
            for frame in self._held:
                await self._pass(frame)
            return
        first, end = self.course.lap(self.gone)
        self._holding = self.course.loops and (first, end) == (self.course.first, self.course.end)
        await (self._forward(first, end) if self.course.forward else self._backward(first, end))
        self._holding = False

    async def _forward(self, first: int, end: int) -> None:
        """Send project frames [first, end)."""
        at = first
        while at < end:
            until = min(end, at + ceil(WINDOW_SECONDS * self.stage.rate))
            # What comes before frames that cannot be shown can be.
            until = min([each.first for each in self.stage.broken if at < each.first < until], default=until)
            async with self.compose(self.stage, (at, until)) as (at, frames):
                async for frame in frames:
                    await self._next(frame)

    async def _backward(self, first: int, end: int) -> None:
        """Send project frames [first, end), the last one first."""
        at, length = end, FIRST_TURNED
        while at > first:
            begin = max(first, at - min(length, self.many))
            begin = reached = max([each.end for each in self.stage.broken if begin < each.end < at], default=begin)
            turned: list[bytes] = []
            while reached < at:
                async with self.compose(self.stage, (reached, at)) as (reached, frames):
                    turned += [frame async for frame in frames]
            while turned:
                await self._next(turned.pop())
            at, length = begin, 2 * length

    async def _next(self, frame: bytes) -> None:
        """Send a frame that was composed."""
        if self._holding:
            self._held.append(frame)
            if len(self._held) * len(frame) > LAP_BYTES:
                self._held.clear()
                self._holding = False
        await self._pass(frame)

    async def _pass(self, frame: bytes) -> None:
        if shown(self.course, self.gone):
            await self.send.send((self.gone, frame))
        self.gone += 1


def shown(course: Course, gone: int) -> bool:
    """Whether any frame of a play is at a place of the way: of a fast one only some are."""
    return course.gone(ceil(gone / course.step)) == gone
