"""One play, from its beginning to its end: what it is at, who reads it, and what is edited meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass

import trio

from protocol.commands.preview.play import PlayPhase, PlayReason, PlayState, PreviewInstant
from protocol.errors import Internal, SidecarError
from protocol.errors.base import ErrorData
from protocol.time import format_exact
from sidecar.ffmpeg.builder.play import container_of
from sidecar.services.events import EventHub
from sidecar.services.preview.play.encoder import Encoder
from sidecar.services.preview.play.faults import first_of
from sidecar.services.preview.play.pace import Pace
from sidecar.services.preview.play.padding import Padding
from sidecar.services.preview.play.pump import Pump, Sources
from sidecar.services.preview.play.show import Asked, Programme, Scene, Show, goes_on
from sidecar.services.resources import Live

UNREAD_SECONDS = 10.0
"""For somebody to come and fetch a play."""

TELL_SECONDS = 0.25
"""Between two tellings of where it is."""

LOOK_SECONDS = 1.0
"""Between two looks whether the files are still those that are played."""


@dataclass(frozen=True, slots=True, eq=False)
class Stand:
    """What a play works with: `open_encoder` starts the process that encodes it."""

    sources: Sources
    open_encoder: Callable[[], AbstractAsyncContextManager[Encoder]]
    events: EventHub


class Player:
    """A play. `live` is what is fetched, `show` what it begins with."""

    def __init__(self, play_id: str, asked: Asked, show: Show, live: Live, stand: Stand) -> None:
        self.play_id = play_id
        self.live = live
        self._asked = asked
        self._stand = stand
        self._state: PlayPhase = "starting"
        self._reason: PlayReason | None = None
        self._error: ErrorData | None = None
        self._programme = Programme(show)
        self._pace = Pace(live)
        self._pump: Pump | None = None
        self._early: Scene | None = None
        self._setting = trio.Lock()
        self._padding = Padding(container_of(asked.picture))
        self._scope = trio.CancelScope()

    @property
    def over(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self._reason is not None

    def at(self) -> PreviewInstant | None:
        """Return where its reader is; None when it is over, or nobody has come."""
        if self.over or not self.live.taken.is_set():
            return None
        return self._programme.at(self._pace.elapsed)

    def stop(self, reason: PlayReason) -> None:
        """End it; one that is over is left alone."""
        self._end("stopped", reason)
        self._scope.cancel()

    async def run(self) -> None:
        """Play until it is over, well or not. Cancelled, it is closed. Raises only faults of ours."""
        try:
            with self._scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._tell_on)
                    nursery.start_soon(self._watch_reader)
                    nursery.start_soon(self._follow_edits)
                    nursery.start_soon(self._follow_files)
                    await self._play()
        except* SidecarError as group:
            self._fail(first_of(group))
        except* Exception:
            self._fail(Internal())
            raise
        finally:
            self._end("stopped", "closed")
            self.live.break_off()

    async def _play(self) -> None:
        """Encode all of it, and have all of that written."""
        async with self._stand.open_encoder() as encoder, trio.open_nursery() as watching:
            watching.start_soon(encoder.watch)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(encoder.deliver, self._deliver)
                nursery.start_soon(encoder.pour)
                sources, asked = self._stand.sources, self._asked
                pump = Pump(asked, self._programme, self._pace, sources, encoder, self._tell, self._edited)
                self._pump = pump
                if self._early is not None:
                    pump.give(self._early)
                await pump.run()
                await encoder.close()
            watching.cancel_scope.cancel()
        if pump.fault is None:
            self.live.finish()
            return
        # What comes before a fault is shown, and who reads it finds why no more comes.
        await self.live.drained()
        self._fail(pump.fault)
        self.live.break_off()

    async def _deliver(self, data: bytes | bytearray) -> None:
        await self.live.write(self._padding.feed(data))

    async def _watch_reader(self) -> None:
        """End it when nobody reads it any more, or nobody comes."""
        with trio.move_on_after(UNREAD_SECONDS):
            await self.live.taken.wait()
        if not self.live.taken.is_set():
            self.stop("unread")
            return
        self._state = "playing"
        self._tell()
        await self.live.left()
        if self.live.exhausted:
            self._pace.end()
        self._end("ended", "end" if self.live.exhausted else "left")
        self._scope.cancel()

    async def _follow_edits(self) -> None:
        """Go on with the project as it has become."""
        if self._asked.project_id is None:
            return
        woken = trio.Event()
        subscription = self._stand.events.subscribe(
            ["project.changed"],
            project_id=self._asked.project_id,
            wake=lambda: woken.set(),  # noqa: PLW0108 - `woken` is another one each time
        )
        try:
            # What was edited between the stage being set and now, nobody has told of.
            await self._edited()
            while True:
                await woken.wait()
                woken = trio.Event()
                changed = False
                while (event := subscription.take()) is not None:
                    changed = changed or bool(event.payload.changed.picture or event.payload.changed.sound)
                if changed:
                    await self._edited()
        finally:
            self._stand.events.unsubscribe(subscription)

    async def _follow_files(self) -> None:
        """Go on with the files as they have become."""
        while True:
            await trio.sleep(LOOK_SECONDS)
            if not await trio.to_thread.run_sync(self._asked.current, self._scene):
                # A file may be half written. Of one that stays so whoever comes to its frames tells.
                with suppress(SidecarError):
                    await self._edited()

    async def _edited(self) -> None:
        """Go on with what there is now, if it is not what is played. One at a time: the last one asked is the newest."""
        async with self._setting:
            scene = await self._asked.fetch()
            if not goes_on(self._programme.show.scene.seen, scene.seen):
                self.stop("changed")
            elif not scene.same(self._scene):
                if self._pump is None:
                    self._early = scene
                else:
                    self._pump.give(scene)
                self._tell()

    @property
    def _scene(self) -> Scene:
        """The newest scene, which is played or about to be."""
        return self._early or self._programme.show.scene if self._pump is None else self._pump.scene

    async def _tell_on(self) -> None:
        """Tell where it is, again and again."""
        while True:
            self._tell()
            await trio.sleep(TELL_SECONDS)

    def _fail(self, error: SidecarError) -> None:
        if not self.over:
            self._error = error.data(self._asked.trace_id)
        self._end("failed", "error")

    def _end(self, state: PlayPhase, reason: PlayReason) -> None:
        """Be over, unless it is; the first reason counts."""
        if self._reason is None:
            self._state, self._reason = state, reason
            self._tell()

    def _tell(self) -> None:
        elapsed = self._pace.elapsed
        at = self._programme.at(elapsed)
        scene = self._scene
        state = PlayState(
            play_id=self.play_id,
            project_id=self._asked.project_id,
            state=self._state,
            reason=self._reason,
            frame=at.frame,
            time=at.time,
            media_time=format_exact(self._programme.second(elapsed)),
            rate=float(self._asked.speed),
            revision=scene.seen.revision,
            anchor=self._programme.anchor,
            error=self._error,
        )
        asked = self._asked
        self._stand.events.publish(
            "play.state", state, project_id=asked.project_id, job_id=self.play_id, only=asked.audience
        )
