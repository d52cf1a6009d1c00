"""What a pump writes while it is given one scene after another."""

from __future__ import annotations

import gc
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, cast

import trio
import trio.testing

from protocol.commands.shared import When
from protocol.errors import InvalidProject, MediaNotFound, SidecarError
from sidecar.services.preview.play.encoder import Encoder
from sidecar.services.preview.play.pace import Pace
from sidecar.services.preview.play.pictures import Composing
from sidecar.services.preview.play.pump import Pump, Sources
from sidecar.services.preview.play.show import Asked, Programme, Scene, Show, first_course
from sidecar.services.preview.play.sounds import SoundDesk
from sidecar.services.preview.stage import Stage
from tests.harness.patience import PATIENCE

EDITS = 5


async def frames(what: str, window: tuple[int, int]) -> AsyncIterator[bytes]:
    for _ in range(*window):
        await trio.lowlevel.checkpoint()
        yield what.encode()


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


@dataclass
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

    def span(self, _wanted: object) -> tuple[int, int]:
        return 0, self.frames


def scene_of(each: Set) -> Scene:
    return Scene(cast("Stage", each), cast("Stage", each))


ASKED = Asked(
    fetch=trio.sleep_forever,
    current=lambda _: True,
    range=None,
    speed=Fraction(1),
    loops=False,
    size=(16, 16),
    sounds=False,
    picture="vp8",
    project_id="film",
    trace_id="trace",
    audience=None,
)


def show_of(scene: Scene, begin: int = 0) -> Show:
    return Show(scene, first_course(scene.seen, ASKED, When(frame=begin)), begin)


def pump_of(
    scene: Scene, written: Written, compose: Composing, renew: Callable[[], Awaitable[None]] = trio.lowlevel.checkpoint
) -> Pump:
    sources = Sources(compose, cast("SoundDesk", None))
    pace, encoder = cast("Pace", written), cast("Encoder", written)
    return Pump(ASKED, Programme(show_of(scene)), pace, sources, encoder, lambda: None, renew)


async def test_edits_in_a_row_do_not_hold_a_play_up() -> None:
    scenes = [scene_of(each) for each in map(Set, range(EDITS + 1))]
    written = Written()

    @asynccontextmanager
    async def compose(stage: Stage, window: tuple[int, int]) -> AsyncIterator[tuple[int, AsyncIterator[bytes]]]:
        # The next edit comes before a frame of this one is there.
        if stage.revision is not None and stage.revision < EDITS:
            pump.give(scenes[stage.revision + 1])
        await trio.testing.wait_all_tasks_blocked()
        yield window[1], frames(str(stage.revision), window)

    pump = pump_of(scenes[0], written, compose)
    with trio.fail_after(PATIENCE):
        await pump.run()
    assert len(written.frames) == 10
    # Each was shown for a frame at least, and the newest to the end.
    assert written.frames == [*(b"%d" % each for each in range(EDITS)), *[b"%d" % EDITS] * (10 - EDITS)]


async def test_what_cannot_be_shown_ends_it_unless_something_else_takes_its_place() -> None:
    gone = MediaNotFound(path="gone.mp4")
    written = Written()
    renewed: Iterator[Scene | SidecarError] = iter([scene_of(Set(1)), InvalidProject(detail="half written")])

    @asynccontextmanager
    async def compose(stage: Stage, window: tuple[int, int]) -> AsyncIterator[tuple[int, AsyncIterator[bytes]]]:
        broken = 4 if stage.revision == 0 else 7
        if window[0] >= broken:
            raise gone
        yield broken, frames(str(stage.revision), (window[0], broken))

    async def renew() -> None:
        await trio.lowlevel.checkpoint()
        scene = next(renewed)
        if isinstance(scene, SidecarError):
            raise scene
        pump.give(scene)

    pump = pump_of(scene_of(Set(0)), written, compose, renew)
    with trio.fail_after(PATIENCE):
        await pump.run()
    assert pump.fault is gone
    assert written.frames == [*[b"0"] * 4, *[b"1"] * 3]


def test_of_what_was_played_before_an_edit_no_stage_is_held() -> None:
    first = Set(0)
    held = weakref.ref(first)
    programme = Programme(show_of(scene_of(first)))
    programme.begin(show_of(scene_of(Set(1)), 5))
    del first
    gc.collect()
    assert held() is None
    assert [programme.at(number / 25).frame for number in (0, 4, 5, 9, 14)] == [0, 4, 5, 9, 9]
