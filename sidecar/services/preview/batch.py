"""Many pictures at once: neighbours from one process, the others each from its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import floor
from typing import Any

import msgspec
import trio

from protocol.commands.preview.batch import Batch, BatchItem, PreviewBatch
from protocol.errors import InvalidParams, SidecarError
from sidecar.services.preview.composer import Composer
from sidecar.services.preview.pictures import Look, Picture, Pictures, offered
from sidecar.services.preview.stage import Stage
from sidecar.services.resources import Resources

AT_A_TIME = 2
"""Processes of a batch: requests that somebody waits for come between."""

GAP = 8
"""Frames that lie at most so far apart are composed in one go, those between too."""

LONGEST = 240
"""Frames of one go."""

Report = Callable[[Any], None]


def batch_frames(params: PreviewBatch, stage: Stage) -> list[int]:
    """Return the frames that a batch asks for, in its order; raises InvalidParams."""
    given = [params.frames, params.times, params.count]
    if sum(each is not None for each in given) != 1:
        raise InvalidParams(detail="exactly one of frames, times and count", path="/frames")
    if params.count is None and params.range is not None:
        raise InvalidParams(detail="a range is of a count", path="/range")
    if params.frames is not None:
        return [stage.frame(frame, None, f"/frames/{at}") for at, frame in enumerate(params.frames)]
    if params.times is not None:
        return [stage.frame(None, time, f"/times/{at}") for at, time in enumerate(params.times)]
    first, end = stage.span(params.range) if stage.frames else (0, 1)
    count = params.count or 1
    return [first + floor((2 * at + 1) * (end - first) / (2 * count)) for at in range(count)]


def goes(frames: Sequence[int]) -> Iterator[list[int]]:
    """Split frames into runs of rising near neighbours."""
    run: list[int] = []
    for frame in frames:
        if run and not (0 < frame - run[-1] <= GAP and frame - run[0] < LONGEST):
            yield run
            run = []
        run.append(frame)
    if run:
        yield run


@dataclass(slots=True)
class Tray:
    """What a batch asks for, and what has been made of it so far."""

    stage: Stage
    look: Look
    frames: list[int]
    resources: Resources
    trace: str
    report: Report | None = None
    items: dict[int, BatchItem] = field(default_factory=dict)
    cached: int = 0

    async def filled(self, composer: Composer, pictures: Pictures, *, asked_order: bool) -> Batch:
        """Make every picture."""
        self._tell({"kind": "begin", "title": "Drawing pictures", "total": len(self.frames)})
        wanted = list(dict.fromkeys(self.frames)) if asked_order else sorted(set(self.frames))
        missing = []
        for frame in wanted:
            kept = pictures.kept(self.stage, frame, self.look)
            if kept is None:
                missing.append(frame)
            else:
                self._done(frame, kept)
        runs = goes(missing)

        async def work() -> None:
            for run in runs:
                await self._run(run, composer, pictures)

        async with trio.open_nursery() as nursery:
            for _ in range(1 if asked_order else AT_A_TIME):
                nursery.start_soon(work)
        self._tell({"kind": "end"})
        items = [self.items[at] for at in range(len(self.frames))]
        return Batch(items=items, failed=sum(item.error is not None for item in items), cached=self.cached)

    async def _run(self, run: list[int], composer: Composer, pictures: Pictures) -> None:
        """Make the pictures of a run in as few goes as may be; the one that a go fails at is made alone.

        So are those behind it, where that failed too, until one is made: a source that fails is not tried twice a frame.
        """
        left, most = list(run), LONGEST
        while left:
            first, waiting = left[0], len(left)
            if any(each.first <= first < each.end for each in self.stage.broken):
                await self._alone(left.pop(0), pictures)
                continue
            if most == 1:
                most = 2 if await self._alone(left.pop(0), pictures) else 1
                continue
            try:
                # What was too much for one process is so a moment later, too.
                most = 2 * await self._go(left, most, composer, pictures)
            except SidecarError:
                fruitless, span = len(left) == waiting, min(most, left[-1] + 1 - first)
                made = await self._alone(left.pop(0), pictures)
                if fruitless:
                    most = max(1, span // 2) if made else 1

    async def _go(self, left: list[int], most: int, composer: Composer, pictures: Pictures) -> int:
        """Make frames in one go, each taken out of `left` once it is there; returns how many one process may take."""
        stage, size, image = self.stage, self.look.size, self.look.image
        first = left[0]
        end = min([left[-1] + 1, first + most, *(each.first for each in stage.broken if each.first > first)])
        window, fed = await trio.to_thread.run_sync(partial(composer.going, stage, (first, end), size, image))
        wanted = [frame for frame in left if frame < window[1]]
        if len(wanted) == 1:
            await self._alone(left.pop(0), pictures)
            return window[1] - first
        async with composer.frames(stage, window, size=size, image=image, fed=fed) as frames:
            began = trio.current_time()
            for frame in range(first, wanted[-1] + 1):
                data = await anext(frames)
                if frame == left[0]:
                    now = trio.current_time()
                    await pictures.current(stage)
                    self._done(frame, pictures.keep(stage, frame, self.look, data, seconds=now - began, scan=True))
                    left.pop(0)
                    began = now
        return window[1] - first

    async def _alone(self, frame: int, pictures: Pictures) -> bool:
        """Make a picture by a process of its own, or say why there is none; returns whether there is one."""
        try:
            self._done(frame, await pictures.picture(self.stage, frame, self.look, scan=True))
        except SidecarError as error:
            self._failed(frame, error)
            return False
        return True

    def _done(self, frame: int, picture: Picture) -> None:
        exact = self.stage.exact((frame, frame + 1), self.look.size)
        image = offered(self.resources, self.look, picture)
        self._add(
            frame,
            lambda at: BatchItem(
                index=at, frame=frame, time=self.stage.time(frame), image=image, exact=exact, error=None
            ),
        )
        self.cached += picture.origin == "cache"

    def _failed(self, frame: int, error: SidecarError) -> None:
        data = error.data(self.trace)
        self._add(
            frame,
            lambda at: BatchItem(
                index=at, frame=frame, time=self.stage.time(frame), image=None, exact=False, error=data
            ),
        )

    def _add(self, frame: int, item: Callable[[int], BatchItem]) -> None:
        made = [item(at) for at, each in enumerate(self.frames) if each == frame]
        self.items |= {each.index: each for each in made}
        self._tell({"kind": "items", "items": [msgspec.to_builtins(each) for each in made]})

    def _tell(self, value: Any) -> None:
        if self.report is not None:
            self.report(value)
