"""The preview service: pictures of projects as a render would show them, by view, one or many."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from protocol.commands.preview.batch import Batch, PreviewBatch
from protocol.commands.preview.frame import MOST_INLINE, PreviewFrame, PreviewPicture
from protocol.errors import SourceChanged
from sidecar.ffmpeg.supervisor import Supervisor
from sidecar.ffmpeg.toolchain import Toolchain
from sidecar.services.access import ReadAccess
from sidecar.services.fonts import FontService
from sidecar.services.media.proxy.service import ProxyService
from sidecar.services.media.service import MediaService
from sidecar.services.preview.batch import Report, Tray, batch_frames
from sidecar.services.preview.composer import Composer, open_composer
from sidecar.services.preview.decoding.pool import Decoders, open_decoders
from sidecar.services.preview.pictures import Pictures, look_of, offered
from sidecar.services.preview.reading import Reader
from sidecar.services.preview.stages import Stages, Without
from sidecar.services.preview.views import View, Views
from sidecar.services.projects import ProjectService
from sidecar.services.resources import Resources

if TYPE_CHECKING:
    from sidecar.services.cache.memory import MemoryTier
    from sidecar.services.cache.store import CacheStore


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """Other services, and what the instance has for previews. `folder` is one of the instance's own."""

    projects: ProjectService
    media: MediaService
    fonts: Callable[[], FontService]
    memory: Callable[[], MemoryTier]
    cache: Callable[[], CacheStore]
    proxies: Callable[[], ProxyService]
    resources: Callable[[], Resources]
    supervisor: Supervisor
    toolchain: Callable[[], Toolchain]
    folder: Path
    workers: Callable[[], int]


@dataclass(frozen=True, slots=True, eq=False)
class PreviewService:
    """Shows pictures. Cancelling a request ends the FFmpeg that works for it alone, and leaves what was decoded."""

    stages: Stages
    decoders: Decoders
    composer: Composer
    pictures: Pictures
    views: Views
    resources: Callable[[], Resources]

    async def frame(self, params: PreviewFrame, read: ReadAccess, peer: Hashable) -> PreviewPicture:
        """Show one picture; its view is one of `peer`. Files are opened as `read` allows.

        Raises Cancelled (superseded) once a newer request of the same view has come, InvalidParams, what
        Stages.of_project and Pictures.picture do. A source that changes meanwhile is read again, once.
        """
        view = None if params.view is None else (peer, params.view)
        serve = partial(self._frame, params, read, view)
        return await serve() if view is None else await self.views.newest(view, serve)

    async def batch(
        self,
        params: PreviewBatch,
        path: Path | None,
        read: ReadAccess,
        *,
        trace: str,
        report: Report | None = None,
    ) -> Batch:
        """Show many pictures of a project, or of the file at `path`; what one cannot be shown for is in its item.

        Raises InvalidParams, and what setting the stage does.
        """
        if params.project is not None:
            stage = await self.stages.of_project(params.project, read, media=params.media)
        elif path is not None:
            stage = await self.stages.of_file(path, read, shown=params.path or str(path))
        else:
            raise AssertionError("a batch is of a project or of a file")
        look = look_of(stage, params.width, params.height, params.format, params.quality)
        tray = Tray(stage, look, batch_frames(params, stage), self.resources(), trace, report)
        return await tray.filled(self.composer, self.pictures, asked_order=params.order == "asked")

    async def _frame(self, params: PreviewFrame, read: ReadAccess, view: View | None) -> PreviewPicture:
        try:
            return await self._shown(params, read, view)
        except SourceChanged:
            return await self._shown(params, read, view)

    async def _shown(self, params: PreviewFrame, read: ReadAccess, view: View | None) -> PreviewPicture:
        out = params.without
        without = Without(frozenset(out.effects), frozenset(out.clips), out.subtitles)
        stage = await self.stages.of_project(params.project, read, without=without, media=params.media)
        frame = stage.frame(params.frame, params.time)
        look = look_of(stage, params.width, params.height, params.format, params.quality)
        if view is None:
            picture = await self.pictures.picture(stage, frame, look)
        else:
            picture = await self.views.picture(view, stage, frame, look)
        window = frame, frame + 1
        inline = params.inline and len(picture.data) <= MOST_INLINE
        return PreviewPicture(
            frame=frame,
            time=stage.time(frame),
            revision=stage.revision,
            image=offered(self.resources(), look, picture),
            data=base64.b64encode(picture.data).decode() if inline else None,
            exact=stage.exact(window, look.size),
            from_=picture.origin,
            media=stage.media,
            problems=stage.problems_of(window),
        )


@asynccontextmanager
async def open_previews(neighbours: Neighbours) -> AsyncIterator[PreviewService]:
    """Open the service; on leaving its processes are gone."""
    supervisor, folder, toolchain = neighbours.supervisor, neighbours.folder, neighbours.toolchain
    async with (
        open_decoders(supervisor, folder, workers=neighbours.workers) as decoders,
        open_composer(decoders, supervisor, toolchain, folder) as composer,
        trio.open_nursery() as tasks,
    ):
        reader = Reader(neighbours.media, neighbours.fonts, neighbours.cache, neighbours.proxies, decoders.warm)
        stages = Stages(neighbours.projects, reader, toolchain, tasks, decoders.forget)
        pictures = Pictures(composer, neighbours.memory, stages.same)
        try:
            yield PreviewService(
                stages, decoders, composer, pictures, Views(composer, pictures, tasks), neighbours.resources
            )
        finally:
            tasks.cancel_scope.cancel()
