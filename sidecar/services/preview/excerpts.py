"""Makes small files of parts of projects, at once and beside all jobs: what a render would write, kept in the cache."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trio

from protocol.commands.shared import Resource
from protocol.errors import NothingToRender, SourceChanged
from protocol.project import Export
from sidecar.core.keys import plan_key
from sidecar.core.timeline import output_span
from sidecar.core.timeline.joining import joined
from sidecar.ffmpeg.builder.render import build_render
from sidecar.ffmpeg.builder.staged import Stages, share_out
from sidecar.ffmpeg.progress import FfmpegProgress
from sidecar.services.cache.pinned import Pinned
from sidecar.services.cache.selection import source_id
from sidecar.services.preview.drawing import Drawing, work_folder
from sidecar.services.preview.stage import Stage
from sidecar.services.render.analyses import with_analyses
from sidecar.services.render.compiling import Draft, analysis_keys
from sidecar.services.render.produce import Bench, produce

if TYPE_CHECKING:
    from sidecar.services.cache.store import CacheStore
    from sidecar.services.resources import Resources

AT_ONCE = 2
"""Excerpts that are made at a time: each takes all cores that it finds."""

Frames = Callable[[int, int], None]
"""Is told how many frames are made, of how many."""


def _nothing(_done: int, _frames: int) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A file that was made or found, and its key; whoever has it releases the file. `sources` are what it shows."""

    key: str
    file: Pinned
    sources: tuple[Path, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Excerpts:
    """Makes them, a few at a time; others wait. They never wait for jobs.

    Cancelled or failed, no process and no file is left.
    """

    drawing: Drawing
    cache: Callable[[], CacheStore]
    fingerprint: Callable[[Path], Awaitable[str]]
    places: trio.CapacityLimiter = field(default_factory=lambda: trio.CapacityLimiter(AT_ONCE))

    async def make(self, stage: Stage, export: Export, *, suffix: str, told: Frames = _nothing) -> Excerpt:
        """Return the file that an export of a stage writes, from the cache where it was made before.

        Raises NothingToRender, LimitExceeded, ResourceLimit, SourceChanged and the typed errors of execution.
        """
        stages, key, sources = await trio.to_thread.run_sync(_compiled, stage, export)
        span = output_span(stages.timeline, export)

        async def write(target: Path) -> Mapping[str, Any]:
            async with self.places:
                await self._write(stages, target, stage.owners, lambda done: told(done, span.frames))
            # Only now is it known that what was read is what the key says.
            await self.check(stage, sources)
            return {"frames": span.frames}

        names = tuple(map(source_id, sources))
        made = await self.cache().make("play", key, write, owners=stage.owners, sources=names, suffix=suffix)
        return Excerpt(key, made, sources)

    async def check(self, stage: Stage, sources: Iterable[Path]) -> None:
        """Raise SourceChanged if one of these files is no longer what it was when the stage was set."""
        for path in sources:
            expected, actual = stage.fingerprints[str(path)], await self.fingerprint(path)
            if actual != expected:
                raise SourceChanged(path=str(path), expected=expected, actual=actual)

    async def _write(self, stages: Stages, target: Path, owners: tuple[str, ...], told: Callable[[int], None]) -> None:
        def report(progress: FfmpegProgress) -> None:
            if progress.frame is not None:
                told(progress.frame)

        async with self.bench() as bench:
            whole = await with_analyses(stages, bench, self.cache(), bench.folder, owners)
            await produce(whole, target, bench, report, lambda: None)

    @asynccontextmanager
    async def bench(self) -> AsyncIterator[Bench]:
        """Give where processes work, until the block is left."""
        drawing = self.drawing
        async with work_folder(drawing.temp) as folder:
            yield Bench(drawing.supervisor, drawing.toolchain(), folder, folder.name)


def _compiled(stage: Stage, export: Export) -> tuple[Stages, str, tuple[Path, ...]]:
    """Share an export out among processes, key the file that it writes, and name the files that are read for it."""
    span = output_span(stage.timeline, export)
    if span.frames == 0:
        raise NothingToRender
    timeline, resources = joined(stage.timeline), stage.resources
    draft = Draft(timeline, export, resources, span, stage.fingerprints, stage.ffmpeg)
    resources = replace(resources, analysis_keys=analysis_keys(draft))
    stages = share_out(timeline, export, resources)
    command = build_render(timeline, export, target="-", resources=resources, sketch=True)
    met = set[str]()
    key = plan_key(command, stage.fingerprints, stage.ffmpeg, met)
    return stages, key, tuple(map(Path, sorted(met)))


async def offer(resources: Resources, made: Excerpt, content_type: str, size: tuple[int, int]) -> Resource:
    """Return where an excerpt is to be had; one that the disk did not keep is offered from memory."""
    width, height = size
    if made.file.stored:
        return resources.offer_entry("play", made.key, content_type, bytes=made.file.bytes, width=width, height=height)
    data = await trio.to_thread.run_sync(made.file.path.read_bytes)
    return resources.offer_bytes(data, content_type, kind="play", width=width, height=height)
