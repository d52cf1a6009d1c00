"""Writes a play into its encoder, frame by frame, in step and in time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import trio

from protocol.errors import SidecarError
from sidecar.ffmpeg.builder.play import lead_samples
from sidecar.ffmpeg.builder.sound.rows import SAMPLE_BYTES
from sidecar.services.preview.play.encoder import Encoder
from sidecar.services.preview.play.heard import Heard, Sound
from sidecar.services.preview.play.pace import Pace
from sidecar.services.preview.play.pictures import Composing, Picture, draw, room
from sidecar.services.preview.play.show import Asked, Programme, Scene, Show, next_course
from sidecar.services.preview.play.sounds import WAITING, SoundDesk, pour


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """Where pictures and sound come from."""

    compose: Composing
    sound: SoundDesk


@dataclass(slots=True, eq=False)
class Pump:
    """Plays the newest show of a programme until its end; `jumped` is called when what follows is something else.

    `number` is the frame of the stream that is to be written next. The samples of its sound that are written already
    are the surplus: another show does not give them again. `fault` is why the next frame cannot be shown; then `renew`
    is asked, which may give another scene; what it raises leaves the fault as it is.
    """

    asked: Asked
    programme: Programme
    pace: Pace
    sources: Sources
    encoder: Encoder
    jumped: Callable[[], None]
    renew: Callable[[], Awaitable[None]]
    number: int = 0
    fault: SidecarError | None = None
    _surplus: int = 0
    _next: Scene | None = None
    _begun: bool = False
    _waiting: trio.CancelScope = field(default_factory=trio.CancelScope)

    @property
    def scene(self) -> Scene:
        """The newest scene, which is played or about to be."""
        return self._next or self.programme.show.scene

    def give(self, scene: Scene) -> None:
        """Go on with another scene, from the next frame on that is not yet written.

        What is played has shown a frame by then: edits in a row, of which the newest counts, would hold it up for ever.
        """
        self._next = scene
        if self._begun:
            self._waiting.cancel()

    async def run(self) -> None:
        """Write everything up to the end, or up to the frame of a fault. Raises the errors of the encoder."""
        if self.asked.sounds:
            line = self.programme.show.scene.heard.timeline
            lead = lead_samples(self.asked.speed, line.sample_rate)
            self.encoder.sound(bytes(lead * line.channels * SAMPLE_BYTES))
        while True:
            await self._show(self.programme.show)
            if self.fault is not None and self._next is None:
                with suppress(SidecarError):
                    await self.renew()
            scene, self._next = self._next, None
            if scene is None:
                break
            self.fault = None
            shown = self.programme.show.instant(self.number).frame
            course = next_course(scene.seen, self.asked, shown)
            if course is None:
                break
            self.programme.begin(Show(scene, course, self.number))
            self.jumped()
        self.pace.finish(float(self.number / self.programme.rate))

    async def _show(self, show: Show) -> None:
        """Write a show, until its end or until another is to take its place."""
        many = room(self.asked.size)
        pictures, drawn = trio.open_memory_channel[Picture | SidecarError](many)
        floats, poured = trio.open_memory_channel[bytes | SidecarError](WAITING)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(draw, show.scene.seen, show.course, self.sources.compose, pictures, many)
            heard: Heard | None = None
            if self.asked.sounds:
                nursery.start_soon(pour, show.scene.heard, show.course, self.sources.sound, floats)
                heard = Heard(show, Sound(poured), self.asked, self._surplus)
            await self._write(show, drawn, heard)
            if heard is not None:
                self._surplus = heard.surplus(self.number)
            nursery.cancel_scope.cancel()

    async def _write(
        self, show: Show, drawn: trio.MemoryReceiveChannel[Picture | SidecarError], heard: Heard | None
    ) -> None:
        course = show.course
        held: Picture = -1, b""
        last = course.start
        self._begun = False
        while self._next is None or not self._begun:
            number = self.number - show.begin
            if course.length is not None and number >= course.length:
                return
            wanted = course.gone(number)
            floats = b""
            with trio.CancelScope() as self._waiting:
                await self.pace.until(float(self.number / self.programme.rate))
                try:
                    while held[0] < wanted:
                        held = await _next_of(drawn)
                    if heard is not None:
                        floats = await heard.read(self.number)
                except SidecarError as error:
                    self.fault = error
            if self._waiting.cancelled_caught or self.fault is not None:
                return
            frame = course.frame(wanted)
            if (frame < last) == course.forward and frame != last:
                self.programme.jump(self.number, frame)
                self.jumped()
            last = frame
            self.encoder.sound(floats)
            await self.encoder.picture(held[1])
            self.number += 1
            self._begun = True


async def _next_of(drawn: trio.MemoryReceiveChannel[Picture | SidecarError]) -> Picture:
    """Return the next picture, or raise why there is none; a fault of ours is about to end all of it."""
    try:
        found = await drawn.receive()
    except trio.EndOfChannel:
        await trio.sleep_forever()
        raise
    if isinstance(found, SidecarError):
        raise found
    return found
