"""Makes strips: what they show, what of it is kept, and the decoding of the rest."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from time import perf_counter

import msgspec
import trio

from protocol.commands.filmstrip import Filmstrip, FilmstripFrame, MediaFilmstrip
from protocol.commands.media import MediaInfo
from protocol.commands.shared import Resource
from protocol.errors import Internal, SidecarError, SourceChanged
from protocol.progress import Begin, End, Items, Progress
from protocol.time import format_exact
from sidecar.services.cache.selection import source_id
from sidecar.services.media.failing import Failing
from sidecar.services.media.filmstrip.look import (
    CONTENT_TYPES,
    Keyframe,
    Locate,
    Look,
    MakeSheet,
    TakeFrames,
    Taken,
    picture_key,
    request_key,
    sheet_key,
)
from sidecar.services.media.filmstrip.plan import (
    Grid,
    Place,
    exact_places,
    grid_of,
    instants,
    keyframe_places,
    limit_ticks,
    look_of,
    picture_of,
    runs_of,
)
from sidecar.services.media.filmstrip.shelf import KIND, Shelf
from sidecar.services.media.messages import Item, Task, error_of, unpack
from sidecar.services.media.service import MediaService
from sidecar.services.places import Places
from sidecar.services.resources import Resources

OPERATION = "media.filmstrip"

SILENCE = 120.0
"""Seconds between two pictures, or for the keyframes of all: a group of 4K frames on a slow machine takes some."""

TOGETHER_BYTES = 64 << 20
"""Bytes of pixels of pictures that are looked up at a time."""

ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""Decoders that give alpha where FFmpeg's own drops it."""

Report = Callable[[Progress], None]


@dataclass(slots=True)
class _Strip:
    """A strip in the making.

    `pictures` are distinct frames by timestamp: their keys, and the bytes of what has come of them (None: cannot be
    decoded). Only for a sheet the `images` themselves are held: a thousand large ones are more than memory may take.
    """

    path: Path
    shown: str
    info: MediaInfo
    number: int
    look: Look
    places: list[Place]
    ways: dict[int, int | None]
    near: int
    grid: Grid | None
    keys: dict[int, str] = field(default_factory=dict)
    pictures: dict[int, int | None] = field(default_factory=dict)
    images: dict[int, bytes] = field(default_factory=dict)
    decoded: set[int] = field(default_factory=set)

    def take(self, pts: int, image: bytes | None) -> None:
        """Note what has come of a frame."""
        self.pictures[pts] = None if image is None else len(image)
        if image is not None and self.grid is not None:
            self.images[pts] = image

    @property
    def tick(self) -> Fraction:
        return Fraction(self.info.video[self.number].time_base)


class FilmstripService:
    """Makes strips of files. Pictures are kept by frame, so that strips of other instants share them.

    Two that ask for the same kind of picture of one file at a time wait for each other, so that none is made twice.
    """

    def __init__(self, media: MediaService, shelf: Shelf, resources: Callable[[], Resources], failing: Failing) -> None:
        self._media = media
        self._failing = failing
        self._shelf = shelf
        self._resources = resources
        self._places = Places[str]()

    async def filmstrip(
        self, request: MediaFilmstrip, path: Path, *, shown: str, report: Report = lambda _: None
    ) -> Filmstrip:
        """Make a strip of the file at an absolute path, `shown` in errors; pictures are reported as they come.

        Raises what MediaService.probe does, InvalidParams, LimitExceeded and SourceChanged. Cancelling ends the worker.
        """
        info = await self._media.probe(path, shown=shown)
        with self._failing.noted(request_key(info.fingerprint, request), shown):
            strip = await self._planned(request, path, shown, info)
            report(Begin(title="Drawing pictures", total=len(strip.places)))
            alike = picture_key(info.fingerprint, strip.number, 0, strip.look)
            with self._places.of(alike) as place:
                async with place:
                    await self._gathered(strip, report)
                    sheet = await self._sheet(strip)
        report(End())
        return Filmstrip(
            frames=[self._frame(strip, number) for number in range(len(strip.places))],
            sheet=sheet,
            cell_width=strip.look.width,
            cell_height=strip.look.height,
            cached=sum(place.pts not in strip.decoded for place in strip.places),
        )

    async def _planned(self, request: MediaFilmstrip, path: Path, shown: str, info: MediaInfo) -> _Strip:
        video = picture_of(info, request.video_stream)
        look = look_of(request, video)
        wanted = instants(request, None if info.duration is None else Fraction(info.duration))
        grid = grid_of(len(wanted), look) if request.sheet else None
        strip = _Strip(path, shown, info, request.video_stream, look, [], {}, 0, grid)
        if request.accuracy == "exact":
            facts = await self._media.facts(path)
            found = exact_places(facts, facts.video[request.video_stream], wanted)
            strip.places, strip.ways, strip.near = found.places, found.keys, found.near
        else:
            start, rate = Fraction(info.start_time), video.frame_rate
            ticks = limit_ticks(wanted, start, strip.tick, None if rate is None else Fraction(rate))
            distinct = tuple(sorted(set(ticks)))
            body = await self._do(strip, Locate(os.fsencode(path), strip.number, distinct))
            keyframes = dict(zip(distinct, unpack(body, list[Keyframe]), strict=True))
            strip.places = keyframe_places(wanted, ticks, [keyframes[tick] for tick in ticks])
            strip.ways = {place.pts: place.pts for place in strip.places}
        strip.keys = {pts: picture_key(info.fingerprint, strip.number, pts, look) for pts in strip.ways}
        return strip

    async def _gathered(self, strip: _Strip, report: Report) -> None:
        """Find or make every picture."""
        await self._found(strip, report)
        missing = [pts for pts in strip.keys if pts not in strip.pictures]
        if not missing:
            return
        before = perf_counter()

        def take(item: Item) -> None:
            nonlocal before
            taken = unpack(item.body, Taken)
            pts, now = missing[taken.place], perf_counter()
            strip.take(pts, taken.image)
            strip.decoded.add(pts)
            if taken.image is None:
                self._shelf.fail(strip.keys[pts], strip.shown)
            else:
                self._shelf.keep(strip.keys[pts], taken.image, seconds=now - before, source=source_id(strip.path))
            before = now
            self._tell(strip, [pts], report)

        task = TakeFrames(
            path=os.fsencode(strip.path),
            stream=strip.number,
            look=strip.look,
            runs=runs_of([(place, pts, strip.ways[pts]) for place, pts in enumerate(missing)]),
            near=strip.near,
            decoder=ALPHA_DECODERS.get(strip.info.video[strip.number].codec) if strip.look.alpha else None,
        )
        try:
            answer = await self._media.pool.stream(
                task, seconds=SILENCE, shown=strip.shown, on_item=take, operation=OPERATION
            )
        finally:
            with trio.CancelScope(shield=True):
                changed = await self._changed(strip)
        if changed is not None:
            raise changed
        if answer.failure is not None:
            raise error_of(answer.failure, strip.shown)

    async def _found(self, strip: _Strip, report: Report) -> None:
        """Take what is kept, some pictures at a time."""
        together = max(1, TOGETHER_BYTES // (4 * strip.look.width * strip.look.height))
        frames = list(strip.keys.items())
        for first in range(0, len(frames), together):
            some = frames[first : first + together]
            kept = await self._shelf.find([key for _, key in some])
            for pts, key in some:
                if key in kept or self._shelf.failed(key):
                    strip.take(pts, kept.get(key))
            self._tell(strip, [pts for pts, _ in some if pts in strip.pictures], report)

    async def _changed(self, strip: _Strip) -> SourceChanged | None:
        """Say whether the file has become another while it was read, and keep nothing of what was read then."""
        try:
            now = await self._media.fingerprint(strip.path)
        except SidecarError:
            now = None
        if now == strip.info.fingerprint:
            return None
        await self._shelf.take_back(strip.keys[pts] for pts in strip.decoded)
        return SourceChanged(path=strip.shown, expected=strip.info.fingerprint, actual=now)

    async def _sheet(self, strip: _Strip) -> Resource | None:
        if strip.grid is None:
            return None
        grid, look = strip.grid, strip.look
        images = [strip.images.get(place.pts) for place in strip.places]
        names = tuple(
            None if image is None else strip.keys[place.pts] for place, image in zip(strip.places, images, strict=True)
        )
        key = sheet_key(names, grid.columns, grid.step, look)
        kept = (await self._shelf.find([key])).get(key)
        if kept is None:
            started = perf_counter()
            clear = look.alpha and look.format != "jpeg"
            task = MakeSheet(
                path=b"",
                images=tuple(images),
                columns=grid.columns,
                step=grid.step,
                format=look.format,
                quality=look.quality,
                background=look.background,
                alpha=clear,
            )
            kept = await self._do(strip, task)
            self._shelf.keep(key, kept, seconds=perf_counter() - started, source=source_id(strip.path))
        rows = -(-len(images) // grid.columns)
        size = grid.columns * grid.step[0], rows * grid.step[1]
        return self._resource(key, len(kept), look, size)

    async def _do(self, strip: _Strip, task: Task) -> bytes:
        answer = await self._media.pool.do(task, seconds=SILENCE, shown=strip.shown, operation=OPERATION)
        if answer.failure is not None:
            raise error_of(answer.failure, strip.shown)
        if answer.body is None:
            raise Internal(message="a task gave no result")
        return answer.body

    def _tell(self, strip: _Strip, fresh: list[int], report: Report) -> None:
        """Report the frames of the strip that show one of these pictures."""
        if not fresh:
            return
        shown = set(fresh)
        frames = [self._frame(strip, number) for number, place in enumerate(strip.places) if place.pts in shown]
        report(Items(items=[msgspec.to_builtins(frame) for frame in frames]))

    def _frame(self, strip: _Strip, number: int) -> FilmstripFrame:
        place = strip.places[number]
        length = strip.pictures.get(place.pts)
        size = strip.look.width, strip.look.height
        cell = strip.grid.at(number) if strip.grid is not None and length is not None else (None, None)
        return FilmstripFrame(
            time=format_exact(place.instant),
            source_time=format_exact(place.pts * strip.tick - Fraction(strip.info.start_time)),
            exact=place.exact,
            image=None if length is None else self._resource(strip.keys[place.pts], length, strip.look, size),
            x=cell[0],
            y=cell[1],
        )

    def _resource(self, key: str, length: int, look: Look, size: tuple[int, int]) -> Resource:
        return self._resources().offer_entry(
            KIND, key, CONTENT_TYPES[look.format], bytes=length, width=size[0], height=size[1]
        )
