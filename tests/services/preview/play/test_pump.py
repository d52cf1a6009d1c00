"""What a pump writes while it is given one scene after another."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, cast

import trio
import trio.testing

from protocol.commands.shared import When
from sidecar.services.preview.play.encoder import Encoder
from sidecar.services.preview.play.pace import Pace
from sidecar.services.preview.play.pump import Pump, Sources
from sidecar.services.preview.play.show import Asked, Programme, Scene, Show, first_course
from sidecar.services.preview.play.sounds import SoundDesk
from sidecar.services.preview.stage import Stage
from tests.harness.patience import PATIENCE

EDITS = 5


@dataclass(slots=True)
class Written:
    """An encoder, and a pace that holds nothing back."""

    frames: list[bytes] = field(default_factory=list)

    async def picture(self, frame: bytes) -> None:
        await trio.lowlevel.checkpoint()
        self.frames.append(frame)

    def sound(self, floats: bytes) -> None:
        assert not floats

    async def until(self, _media: float) -> None:
        await trio.lowlevel.checkpoint()

    def finish(self, _media: float) -> None:
        pass


@dataclass(slots=True)
class Set:
    """A stage of ten frames, number `revision` of a project."""

    revision: int
    length: int = 10
    frames: int = 10
    rate: Fraction = Fraction(25)
    broken: tuple[Any, ...] = ()

    def time(self, frame: int) -> str:
        return f"{frame}/25"

    def frame(self, frame: int | None, _time: object, _path: str) -> int:
        return frame or 0


async def test_edits_in_a_row_do_not_hold_a_play_up() -> None:
    scenes = [Scene(cast("Stage", each), cast("Stage", each)) for each in map(Set, range(EDITS + 1))]
    written = Written()

    @asynccontextmanager
    async def compose(stage: Stage, window: tuple[int, int]) -> AsyncIterator[tuple[int, AsyncIterator[bytes]]]:
        # The next edit comes before a frame of this one is there.
        if stage.revision is not None and stage.revision < EDITS:
            pump.give(scenes[stage.revision + 1])
        await trio.testing.wait_all_tasks_blocked()

        async def frames() -> AsyncIterator[bytes]:
            for _ in range(*window):
                await trio.lowlevel.checkpoint()
                yield str(stage.revision).encode()

        yield window[1], frames()

    asked = Asked(
        fetch=trio.sleep_forever,
        range=None,
        speed=Fraction(1),
        loops=False,
        size=(16, 16),
        sounds=False,
        picture="vp8",
        project_id="film",
        trace_id="trace",
    )
    programme = Programme(Show(scenes[0], first_course(scenes[0].seen, asked, When(frame=0)), 0))
    sources = Sources(compose, cast("SoundDesk", None))
    pump = Pump(asked, programme, cast("Pace", written), sources, cast("Encoder", written), lambda: None)
    with trio.fail_after(PATIENCE):
        await pump.run()
    assert len(written.frames) == 10
    # Each was shown for a frame at least, and the newest to the end.
    assert written.frames == [*(b"%d" % each for each in range(EDITS)), *[b"%d" % EDITS] * (10 - EDITS)]
