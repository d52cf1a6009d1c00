"""Requests by view: the newest supersedes the others, and steps forward run in a pipeline."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import trio

from protocol.errors import Cancelled, SidecarError
from sidecar.services.preview.composer import Composer
from sidecar.services.preview.pictures import Look, Picture, Pictures
from sidecar.services.preview.pipeline import REACH, Pipeline
from sidecar.services.preview.stage import Stage

T = TypeVar("T")

View = tuple[Hashable, str]
"""A view: whose it is, and its name among theirs."""

MOST_PIPELINES = 4
MOST_LANES = 64

WINDOW = 300
"""Frames that a pipeline is made for."""

LEAST_WINDOW = 8
"""Frames for which a pipeline is worth its start."""

LEAD = 15
"""Frames before the end of a pipeline at which the one behind it is started."""


@dataclass(slots=True, eq=False)
class _Lane:
    """What a view has shown last, and its pipelines: the one that runs, and the one that goes on from its end."""

    last: tuple[Stage, Look, int] | None = None
    running: Pipeline | None = None
    following: Pipeline | None = None
    followed: Pipeline | None = None
    """The one whose successor was asked for: once, whatever came of it."""

    def stop(self) -> None:
        for pipeline in (self.running, self.following):
            if pipeline is not None:
                pipeline.stop()
        self.running = self.following = self.followed = None


@dataclass(slots=True, eq=False)
class _Turn:
    """The one request of a view that is being served."""

    scope: trio.CancelScope = field(default_factory=trio.CancelScope)
    superseded: bool = False


class Views:
    """Serves the pictures of views."""

    def __init__(self, composer: Composer, pictures: Pictures, tasks: trio.Nursery) -> None:
        self._composer = composer
        self._pictures = pictures
        self._tasks = tasks
        self._turns: dict[View, _Turn] = {}
        self._lanes: OrderedDict[View, _Lane] = OrderedDict()

    async def newest(self, view: View, serve: Callable[[], Awaitable[T]]) -> T:
        """Serve a request of a view, in place of the one that is being served; that one raises Cancelled."""
        turn = _Turn()
        older = self._turns.get(view)
        self._turns[view] = turn
        if older is not None:
            older.superseded = True
            older.scope.cancel()
        try:
            with turn.scope:
                found = await serve()
                if not turn.superseded:
                    return found
        finally:
            if self._turns.get(view) is turn:
                del self._turns[view]
        raise Cancelled(reason="superseded")

    async def picture(self, view: View, stage: Stage, frame: int, look: Look) -> Picture:
        """Return a picture as `Pictures.picture` does; the next frames of a view come from a pipeline."""
        lane = self._lane(view)
        last, lane.last = lane.last, (stage, look, frame)
        kept = self._pictures.kept(stage, frame, look)
        pipeline = await self._pipeline(lane, stage, look, frame, None if kept is not None else last)
        if kept is not None:
            if pipeline is not None:
                pipeline.want(frame)
            return kept
        if pipeline is not None:
            found = await pipeline.frame(frame)
            if found is not None:
                await self._pictures.current(stage)
                return found
            # It ended; a process for this frame alone says why, or shows it.
        return await self._pictures.picture(stage, frame, look)

    def close(self, peer: Hashable) -> None:
        """End the pipelines of a peer that has gone, and let go of what its views have shown."""
        for view in [view for view in self._lanes if view[0] == peer]:
            self._lanes.pop(view).stop()

    async def _pipeline(
        self, lane: _Lane, stage: Stage, look: Look, frame: int, last: tuple[Stage, Look, int] | None
    ) -> Pipeline | None:
        """Return the pipeline that reaches a frame; a new one where the view went a step forward from `last`."""
        following = lane.following
        if following is not None and following.reaches(stage, look, frame):
            if lane.running is not None:
                lane.running.stop()
            lane.running, lane.following = following, None
        running = lane.running
        if running is not None and running.reaches(stage, look, frame):
            if running.end - frame <= LEAD and lane.followed is not running:
                lane.followed = running
                self._tasks.start_soon(self._follow, lane, running)
            return running
        if last is None:
            return None
        lane.stop()
        if last[0] is stage and last[1] == look and 0 < frame - last[2] <= REACH:
            lane.running = await self._start(stage, look, frame)
        return lane.running

    async def _follow(self, lane: _Lane, running: Pipeline) -> None:
        """Start what goes on where a pipeline ends."""
        following = await self._start(running.stage, running.look, running.end)
        if following is not None and lane.running is not running:
            following.stop()
        elif following is not None:
            lane.following = following

    async def _start(self, stage: Stage, look: Look, first: int) -> Pipeline | None:
        """Start a pipeline from a frame on, as far as one process may go; None where nothing is left."""
        end = min([stage.frames, first + WINDOW, *(each.first for each in stage.broken if each.end > first)])
        if end <= first:
            return None
        going = partial(self._composer.going, stage, (first, end), look.size, look.image)
        try:
            window, fed = await trio.to_thread.run_sync(going)
        except SidecarError:
            return None
        # A newer request may have come meanwhile: its pipeline is the one that counts.
        await trio.lowlevel.checkpoint_if_cancelled()
        if window[1] - first < LEAST_WINDOW < end - first:
            return None
        pipeline = Pipeline(stage, look, window, fed)
        self._make_room()
        self._tasks.start_soon(pipeline.run, self._composer, self._keep)
        return pipeline

    def _make_room(self) -> None:
        """End pipelines of the views that were asked least recently, so that one more may run."""
        for lane in list(self._lanes.values()):
            if sum(_runs(each) for each in self._lanes.values()) < MOST_PIPELINES:
                return
            if lane is not next(reversed(self._lanes.values())):
                lane.stop()

    def _lane(self, view: View) -> _Lane:
        lane = self._lanes.setdefault(view, _Lane())
        self._lanes.move_to_end(view)
        while len(self._lanes) > MOST_LANES:
            self._lanes.popitem(last=False)[1].stop()
        return lane

    def _keep(self, stage: Stage, frame: int, look: Look, data: bytes, seconds: float) -> Picture:
        return self._pictures.keep(stage, frame, look, data, seconds=seconds)


def _runs(lane: _Lane) -> int:
    return sum(each is not None and not each.ended for each in (lane.running, lane.following))
