"""The pictures of a play on its way: laps, what cannot be shown, and in which order that is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from math import inf
from typing import TYPE_CHECKING, cast

import trio
import trio.testing

from protocol.errors import MediaNotFound, SidecarError
from sidecar.core.course import Course
from sidecar.services.preview.play import pictures
from sidecar.services.preview.play.pictures import draw
from sidecar.services.preview.stage import Broken
from tests.harness.patience import PATIENCE

if TYPE_CHECKING:
    import pytest

    from sidecar.services.preview.stage import Stage

RATE = Fraction(25)
GONE = MediaNotFound(path="gone.mp4")


@dataclass(slots=True)
class Studio:
    """Composes frames that say which they are; `windows` are those that it was asked for."""

    broken: tuple[Broken, ...] = ()
    rate: Fraction = RATE
    windows: list[tuple[int, int]] = field(default_factory=list)

    @asynccontextmanager
    async def compose(self, _stage: Stage, window: tuple[int, int]) -> AsyncIterator[tuple[int, AsyncIterator[bytes]]]:
        first, end = window
        for each in self.broken:
            if each.first < end and first < each.end:
                raise each.error
        self.windows.append(window)

        async def frames() -> AsyncIterator[bytes]:
            for number in range(first, end):
                await trio.lowlevel.checkpoint()
                yield b"%d" % number

        yield end, frames()

    async def drawn(self, course: Course, count: int | None = None) -> tuple[list[int], SidecarError | None]:
        """Return the frames that are sent, `count` of them or all, and what is said at last."""
        send, receive = trio.open_memory_channel[pictures.Picture | SidecarError](inf if count is None else 0)
        found: list[int] = []
        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(draw, cast("Stage", self), course, self.compose, send, 30)
                async for each in receive:
                    if isinstance(each, SidecarError):
                        return found, each
                    assert course.frame(each[0]) == int(each[1])
                    found.append(int(each[1]))
                    if len(found) == count:
                        nursery.cancel_scope.cancel()
                        break
        return found, None


def course(start: int, first: int, end: int, speed: str = "1", *, loops: bool = False) -> Course:
    return Course(start, first, end, RATE, RATE, Fraction(speed), loops)


async def test_a_short_lap_is_composed_once() -> None:
    for speed, expected in (("1", [4, 5, 3]), ("-1", [4, 3, 5]), ("2", [4, 3, 5]), ("0.5", [4, 5, 3])):
        studio = Studio()
        found, _ = await studio.drawn(course(4, 3, 6, speed, loops=True), 300)
        assert found == expected * 100, speed
        assert len(studio.windows) == 2


async def test_a_long_lap_is_composed_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "LAP_BYTES", 30)
    studio = Studio()
    found, _ = await studio.drawn(course(100, 100, 120, loops=True), 60)
    assert found == [*range(100, 120)] * 3
    assert studio.windows[:3] == [(100, 120)] * 3


async def test_what_cannot_be_shown_is_told_behind_all_before_it() -> None:
    broken = (Broken(10, 20, GONE),)
    assert await Studio(broken).drawn(course(3, 0, 50)) == ([*range(3, 10)], GONE)
    assert await Studio(broken).drawn(course(40, 0, 50, "-1")) == ([*range(40, 19, -1)], GONE)
    assert await Studio(broken).drawn(course(40, 20, 50, "-1")) == ([*range(40, 19, -1)], None)
    assert await Studio(broken).drawn(course(45, 0, 50, loops=True)) == ([*range(45, 50), *range(10)], GONE)
