"""Makes storyboards: the pictures of previews, laid on a sheet by one FFmpeg."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec
import trio

from protocol.commands.preview.storyboard import PreviewStoryboard, Storyboard, StoryboardFrame
from protocol.errors import InvalidParams, ResourceLimit, SidecarError, SourceChanged
from protocol.progress import Begin, End, Items
from protocol.project import VideoExport
from protocol.time import parse_seconds
from sidecar.ffmpeg.builder.board import Board, Finish, build_board, build_lack, lay_out
from sidecar.ffmpeg.builder.text import bundled_fonts
from sidecar.services.media.analysis.messages import Options
from sidecar.services.media.analysis.service import Asked
from sidecar.services.preview.pictures import Look, Picture, look_of, offered
from sidecar.services.preview.storyboard.picks import Pick, by_beginnings, by_count, by_interval
from sidecar.services.preview.storyboard.scenes import Footage, beginnings, footage_of
from sidecar.services.preview.storyboard.track import Thumbnail, clock, thumbnail_track
from sidecar.services.preview.written import Target, write

if TYPE_CHECKING:
    from protocol.commands.shared import Resource
    from sidecar.services.cache.memory import MemoryTier
    from sidecar.services.media.analysis.service import AnalysisService
    from sidecar.services.preview.drawing import Drawing
    from sidecar.services.preview.pictures import Pictures
    from sidecar.services.preview.stage import Stage
    from sidecar.services.preview.telling import Tell
    from sidecar.services.resources import Resources

DRAWN = "1"
"""Raised whenever the same pictures begin to give another sheet."""

AT_ONCE = 2
"""Pictures that are composed at a time: decoders of one source take turns anyway."""

WHOLE = Fraction(1, 2)
"""Seconds of a file that may be left out where all of it is analysed: then others find what was found."""

TRACK = ".vtt"

SHEETS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"jpeg": (".jpg", ".jpeg"), "webp": (".webp",), "png": (".png",)}
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A picture, or what stands for one, and why."""

    picture: Picture
    error: SidecarError | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What pictures are of, how they look, and the id of the request that errors carry."""

    stage: Stage
    look: Look
    finish: Finish
    trace: str


@dataclass(frozen=True, slots=True, eq=False)
class Storyboards:
    """Makes them. Cancelled or failed, no process and no file is left."""

    pictures: Pictures
    analyses: Callable[[], AnalysisService]
    drawing: Drawing
    memory: Callable[[], MemoryTier]
    resources: Callable[[], Resources]

    async def storyboard(
        self,
        request: PreviewStoryboard,
        stage: Stage,
        span: tuple[int, int],
        target: Target | None,
        tell: Tell,
        *,
        trace: str,
    ) -> Storyboard:
        """Make the storyboard of project frames [first, end), and write it where it is asked for.

        Pictures are those of preview.frame, byte for byte; what one cannot be shown for is said beside it, under the
        id `trace`. Raises InvalidParams, LimitExceeded, SourceChanged, what AnalysisService and `write` raise, the
        typed errors of execution, and where no frame can be shown what `Pictures.picture` raises.
        """
        for each in () if target is None else (target, target.beside(TRACK)):
            each.check(stage.sources)
        if target is not None:
            target.check_suffix(*SHEETS[request.format])
        picks = await self._picks(request, stage, span)
        look = look_of(stage, request.width, None, request.format, request.quality)
        board = lay_out(len(picks), look.size, columns=request.columns, gap=request.gap, lines=request.timecodes)
        finish = Finish(request.format, request.quality, request.background)
        drawn = Drawn(stage, look, finish, trace)
        cells = await self._made(drawn, picks, tell)
        made = [cell.picture for cell in cells]
        texts = [clock(pick.frame / stage.rate) for pick in picks] if request.timecodes else []
        sheet, resource = await self._sheet(board, made, texts, finish)
        thumbnails = [
            Thumbnail(pick.first / stage.rate, pick.end / stage.rate, *board.at(number), *board.cell)
            for number, pick in enumerate(picks)
        ]
        track = thumbnail_track(thumbnails, resource.url).encode()
        written: list[str] = []
        if target is not None:
            beside = thumbnail_track(thumbnails, quote(target.path.name)).encode()
            written = [await write(target, sheet), await write(target.beside(TRACK), beside)]
        return Storyboard(
            sheet=resource,
            columns=board.columns,
            rows=board.rows,
            cell_width=board.cell[0],
            cell_height=board.cell[1],
            frames=[
                self._frame(drawn, pick, cell, board.at(number))
                for number, (pick, cell) in enumerate(zip(picks, cells, strict=True))
            ],
            vtt=self.resources().offer_bytes(track, "text/vtt", scan=True),
            failed=(failed := sum(cell.error is not None for cell in cells)),
            exact=not failed and all(stage.complete((pick.frame, pick.frame + 1)) for pick in picks),
            problems=stage.problems_of(span),
            written=written,
        )

    async def _picks(self, request: PreviewStoryboard, stage: Stage, span: tuple[int, int]) -> list[Pick]:
        if (request.interval is not None) + (request.count is not None) + request.scenes != 1:
            raise InvalidParams(detail="exactly one of interval, count and scenes is needed", path="")
        if request.count is not None:
            return by_count(span, request.count)
        if request.interval is not None:
            try:
                interval = parse_seconds(request.interval)
            except ValueError as error:
                raise InvalidParams(detail=str(error), path="/interval") from error
            return by_interval(span, interval, stage.rate)
        cuts: dict[tuple[str, int], list[Fraction]] = {}
        for each in await trio.to_thread.run_sync(footage_of, stage.timeline, span):
            cuts[each.path, each.stream] = await self._cuts(each)
        found = await trio.to_thread.run_sync(beginnings, stage.timeline, span, cuts)
        return by_beginnings(span, found)

    async def _cuts(self, footage: Footage) -> list[Fraction]:
        """Find the cuts of what is played of a file, in seconds from its start."""
        played = footage.begin, footage.end
        length = footage.duration
        whole = length is not None and footage.begin <= WHOLE and footage.end >= length - WHOLE
        asked = Asked(("scenes",), Options(), video=footage.stream, span=None if whole else played)
        found = await self.analyses().analyze(Path(footage.path), asked, shown=footage.path)
        return [] if found.scenes is None else [Fraction(cut.time) for cut in found.scenes.cuts]

    async def _made(self, drawn: Drawn, picks: list[Pick], tell: Tell) -> list[Cell]:
        """Return the pictures, telling of each as it comes."""
        made: dict[int, Cell] = {}
        fatal: list[SidecarError] = []
        waiting = list(enumerate(picks))[::-1]
        tell(Begin(title="Showing frames", total=len(picks)))

        async def work() -> None:
            while waiting:
                number, pick = waiting.pop()
                try:
                    cell = made[number] = await self._cell(drawn, pick.frame)
                except SidecarError as error:
                    fatal.append(error)
                    nursery.cancel_scope.cancel()
                    return
                shown = self._frame(drawn, pick, cell, (0, 0))
                item = {"frame": pick.frame, "time": shown.time, "image": shown.image, "error": shown.error}
                tell(Items(items=[msgspec.to_builtins(item)]))

        async with trio.open_nursery() as nursery:
            for _ in range(AT_ONCE):
                nursery.start_soon(work)
        if fatal:
            raise fatal[0]
        first = made[0].error
        if first is not None and all(cell.error is not None for cell in made.values()):
            raise first
        tell(End())
        return [made[number] for number in range(len(picks))]

    async def _cell(self, drawn: Drawn, frame: int) -> Cell:
        """Return the picture of a frame, or what stands for it."""
        try:
            return Cell(await self.pictures.picture(drawn.stage, frame, drawn.look, scan=True))
        except SourceChanged:
            raise
        except SidecarError as error:
            return Cell(await self._lack(drawn), error)

    async def _lack(self, drawn: Drawn) -> Picture:
        """Return what stands for a picture that cannot be shown."""
        look, memory = drawn.look, self.memory()
        stored = (drawn.stage.export.video or VideoExport()).pixel_format
        decides = repr((DRAWN, "lack", self.drawing.toolchain().version, look, stored))
        key = hashlib.sha256(decides.encode()).hexdigest()
        held = memory.get("frames", key)
        if held is not None:
            return Picture(held.value, key, "cache")
        data = await self.drawing.drawn(build_lack(look.size, drawn.finish, stored))
        self._keep(key, data)
        return Picture(data, key, "cold")

    async def _sheet(
        self, board: Board, pictures: list[Picture], texts: list[str], finish: Finish
    ) -> tuple[bytes, Resource]:
        """Return the sheet and where it is to be had; it is kept under what it is made of."""
        decides = repr((DRAWN, self.drawing.toolchain().version, [each.key for each in pictures], board, texts, finish))
        key, memory = hashlib.sha256(decides.encode()).hexdigest(), self.memory()
        held = memory.get("frames", key)
        if held is not None:
            sheet = held.value
        else:
            images = [each.data for each in pictures]
            command = await trio.to_thread.run_sync(build_board, board, images, texts, finish, bundled_fonts())
            sheet = await self.drawing.drawn(command)
            self._keep(key, sheet)
        width, height = board.size
        resource = self.resources().offer_entry(
            "frames", key, f"image/{finish.format}", bytes=len(sheet), width=width, height=height
        )
        return sheet, resource

    def _keep(self, key: str, data: bytes) -> None:
        memory = self.memory()
        if not memory.put("frames", key, data, scan=True):
            raise ResourceLimit(what="bytes of the memory cache", value=len(data), limit=memory.use().limit)

    def _frame(self, drawn: Drawn, pick: Pick, cell: Cell, place: tuple[int, int]) -> StoryboardFrame:
        return StoryboardFrame(
            frame=pick.frame,
            time=drawn.stage.time(pick.frame),
            x=place[0],
            y=place[1],
            image=offered(self.resources(), drawn.look, cell.picture),
            error=None if cell.error is None else cell.error.data(drawn.trace),
        )
