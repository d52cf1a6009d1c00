"""Wires all services together: the only place that knows every constructor.

What a shell does not wait for is imported and made later: `Members` once it has its answer, what compiles timelines
(planner, fonts, builders) by the first request that needs it. Neighbours are given a function that returns the service.
"""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Hashable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import trio

from sidecar.ffmpeg.supervisor import Supervisor, open_supervisor
from sidecar.services.events import EventHub
from sidecar.services.folders import Folders, roots_of, settings_file
from sidecar.services.instance import open_folders
from sidecar.services.late import Late, open_late
from sidecar.services.logs import Log, open_log
from sidecar.services.loopback import Loopback, Scraping, open_loopback, open_scraping
from sidecar.services.settings import SettingsStore
from sidecar.services.stderr import BoundedStderr
from sidecar.services.tools import Tools

if TYPE_CHECKING:
    from sidecar.services.bin import BinService
    from sidecar.services.cache.kinds import Kind
    from sidecar.services.cache.memory import MemoryTier
    from sidecar.services.cache.service import CacheService
    from sidecar.services.cache.store import CacheStore
    from sidecar.services.ffmpeg_command import FfmpegCommandService
    from sidecar.services.fonts import FontService
    from sidecar.services.gpu.service import GpuService
    from sidecar.services.media.analysis.service import AnalysisService
    from sidecar.services.media.failing import Failing
    from sidecar.services.media.filmstrip.service import FilmstripService
    from sidecar.services.media.filmstrip.shelf import Shelf
    from sidecar.services.media.proxy.service import ProxyService
    from sidecar.services.media.service import MediaService
    from sidecar.services.media.waveform.service import WaveformService
    from sidecar.services.members import Members
    from sidecar.services.monitoring.meter import Meter
    from sidecar.services.monitoring.service import MonitoringService
    from sidecar.services.preview.excerpts import Excerpts
    from sidecar.services.preview.play.service import PlayService
    from sidecar.services.preview.service import PreviewService
    from sidecar.services.projects import ProjectService
    from sidecar.services.render.planner import Planner
    from sidecar.services.render.service import RenderService
    from sidecar.services.resources import Resources
    from sidecar.services.system import SystemService

Jobs = Literal["run", "hold", "own"]


@dataclass(frozen=True, slots=True)
class ServiceOptions:
    """What an instance starts from.

    `arguments` are settings by wire name that come before environment and file; `environ` None is the process's own;
    `stderr` gets a copy of the log, if given. `jobs` says what becomes of jobs: "run" goes on with those that earlier
    processes left, "hold" has them in hand without running any, "own" leaves them alone and forgets its own. `late`:
    the members are opened by `Services.begin` or `Services.whole`, not before.
    """

    arguments: Mapping[str, Any] = field(default_factory=dict)
    environ: Mapping[str, str] | None = None
    stderr: BoundedStderr | None = None
    jobs: Jobs = "run"
    late: bool = False


@dataclass(frozen=True, eq=False)
class Services:
    """Everything behind the commands. Members are there after `whole`; the rest is made when it is first asked for.

    `started` is a Unix time. What those services open is closed by `stack`, then by `opened`, after the members; `tasks`
    run until then.
    """

    settings: SettingsStore
    folders: Folders
    log: Log
    events: EventHub
    supervisor: Supervisor
    tools: Tools
    loopback: Loopback
    scraping: Scraping
    jobs: Jobs
    started: float
    opened: ExitStack
    tasks: trio.Nursery
    stack: AsyncExitStack
    late: Late[Members]

    async def whole(self) -> None:
        """Wait until the members are there. Those who wait go on in the order in which they came."""
        await self.late.wait()

    def begin(self) -> None:
        """Have the members opened, jobs of earlier processes gone on with, and all looked at. Returns at once."""
        self.tasks.start_soon(self._begin)

    async def _begin(self) -> None:
        members = await self.late.wait()
        members.render.begin()
        members.monitoring.begin()

    @property
    def _members(self) -> Members:
        if self.late.held is None:
            raise AssertionError("asked for before the services were whole")
        return self.late.held

    @property
    def media(self) -> MediaService:
        """What reads files."""
        return self._members.media

    @property
    def shelf(self) -> Shelf:
        """Pictures of strips."""
        return self._members.shelf

    @property
    def projects(self) -> ProjectService:
        """Open projects."""
        return self._members.projects

    @property
    def bin(self) -> BinService:
        """The files of open projects."""
        return self._members.bin

    @property
    def render(self) -> RenderService:
        """The jobs."""
        return self._members.render

    @cached_property
    def meter(self) -> Meter:
        """What operations are counted with."""
        from sidecar.services.monitoring.meter import Meter  # noqa: PLC0415 - start-up time

        return Meter()

    @property
    def monitoring(self) -> MonitoringService:
        """What is counted and measured."""
        return self._members.monitoring

    @property
    def instance_id(self) -> str:
        """Name of this instance among all on the machine."""
        return self.folders.instance_id

    @cached_property
    def system(self) -> SystemService:
        """What this instance says of itself and the machine."""
        from sidecar.services.system import SystemService  # noqa: PLC0415 - start-up time

        return SystemService(
            settings=self.settings,
            folders=self.folders,
            log=self.log,
            toolchain=self.tools.require,
            capabilities=self.tools.capabilities,
            fonts=lambda: self.fonts.list_fonts(),  # noqa: PLW0108 - they are made when they are asked for
            started=self.started,
        )

    @cached_property
    def fonts(self) -> FontService:
        """The fonts at hand."""
        from sidecar.services.fonts import FontService  # noqa: PLC0415 - start-up time

        return FontService()

    @cached_property
    def memory(self) -> MemoryTier:
        """What is kept in memory by key."""
        from sidecar.services.cache.wiring import make_memory  # noqa: PLC0415 - start-up time

        return make_memory(self.settings, self._tell_cache)

    @cached_property
    def cache(self) -> CacheStore:
        """The files kept by key."""
        from sidecar.services.cache.wiring import open_cache  # noqa: PLC0415 - start-up time

        return self.opened.enter_context(open_cache(self.folders, self.settings, self.log, self.memory))

    @cached_property
    def caches(self) -> CacheService:
        """Both tiers of the cache as a whole."""
        from sidecar.services.cache.wiring import make_caches  # noqa: PLC0415 - start-up time

        return make_caches(
            self.memory,
            self.cache,
            self,
            settings=self.settings,
            projects=self.projects,
        )

    @cached_property
    def planner(self) -> Planner:
        """What plans renders."""
        from sidecar.services.render.planner import Planner  # noqa: PLC0415 - start-up time

        workers = self.settings.current.workers
        return Planner(self.projects, self.media, self.fonts, self.tools, lambda: self.cache, lambda: self.gpu, workers)

    @cached_property
    def commands(self) -> FfmpegCommandService:
        """What shows commands without running them."""
        from sidecar.services.ffmpeg_command import FfmpegCommandService  # noqa: PLC0415 - start-up time

        return FfmpegCommandService(self.media, self.planner, self.tools)

    @cached_property
    def gpu(self) -> GpuService:
        """What of the machine's hardware works."""
        from sidecar.services.gpu.proofs import Proofs, driver_version  # noqa: PLC0415 - start-up time
        from sidecar.services.gpu.service import GpuService  # noqa: PLC0415 - start-up time

        return GpuService(
            Proofs(self.tools, self.supervisor, self.folders.temp, driver_version),
            ours=lambda: {child.pid for child in self.supervisor.children()},
        )

    @cached_property
    def resources(self) -> Resources:
        """What gives bytes by URL."""
        from sidecar.services.resources import Resources  # noqa: PLC0415 - start-up time
        from sidecar.services.resources.capability import cache_secret  # noqa: PLC0415 - start-up time

        resources = Resources(
            self.loopback, lambda: self.memory, lambda: self.cache, lambda: cache_secret(self.folders.cache)
        )
        self.stack.callback(resources.close)
        return resources

    @cached_property
    def waveforms(self) -> WaveformService:
        """Peaks of the sound of files."""
        from sidecar.services.media.waveform.service import WaveformService  # noqa: PLC0415 - start-up time

        return WaveformService(self.media, lambda: self.cache, lambda: self.resources, self._failing("waveforms"))

    @cached_property
    def analyses(self) -> AnalysisService:
        """Measures of the picture and sound of files."""
        from sidecar.services.media.analysis.service import AnalysisService  # noqa: PLC0415 - start-up time

        return AnalysisService(self.media, lambda: self.cache, self._failing("analysis"))

    @cached_property
    def filmstrips(self) -> FilmstripService:
        """Small pictures of files."""
        from sidecar.services.media.filmstrip.service import FilmstripService  # noqa: PLC0415 - start-up time

        return FilmstripService(self.media, self.shelf, lambda: self.resources, self._failing("filmstrips"))

    @cached_property
    def proxies(self) -> ProxyService:
        """Small files that stand for large ones."""
        from sidecar.services.media.proxy.service import ProxyService  # noqa: PLC0415 - start-up time

        return ProxyService(
            self.media,
            lambda: self.cache,
            lambda: self.resources,
            supervisor=self.supervisor,
            toolchain=self.tools.require,
            height=lambda: self.settings.current.proxy_height,
            failing=self._failing("proxies", seconds=300.0),
        )

    def _failing(self, kind: Kind, seconds: float = 30.0) -> Failing:
        from sidecar.services.media.failing import Failing  # noqa: PLC0415 - start-up time

        return Failing(lambda: self.memory, kind, seconds)

    @cached_property
    def previews(self) -> Late[PreviewService]:
        """What shows pictures of projects; opened by who waits for it first."""
        late = Late(self._open_previews)
        self.tasks.start_soon(late.hold)
        # Before the members, which pictures are read with.
        self.stack.push_async_callback(late.end)
        return late

    def leave(self, peer: Hashable) -> None:
        """Let go of what is kept for a connection that is over."""
        if self.previews.held is not None:
            self.previews.held.views.close(peer)

    def _open_previews(self) -> AbstractAsyncContextManager[PreviewService]:
        from sidecar.services.preview.opening import open_previews_of  # noqa: PLC0415 - start-up time

        return open_previews_of(self)

    @cached_property
    def excerpts(self) -> Excerpts:
        """What makes small files of parts of projects."""
        from sidecar.services.preview.drawing import Drawing  # noqa: PLC0415 - start-up time
        from sidecar.services.preview.excerpts import Excerpts  # noqa: PLC0415 - start-up time

        drawing = Drawing(self.supervisor, self.tools.require, self.folders.temp)
        return Excerpts(drawing, lambda: self.cache, lambda path: self.media.fingerprint(path))  # noqa: PLW0108 - opened late

    @cached_property
    def plays(self) -> PlayService:
        """What plays projects as streams."""
        from sidecar.services.preview.play.service import PlayService, PlayTools  # noqa: PLC0415 - start-up time
        from sidecar.services.preview.play.sounds import SoundDesk  # noqa: PLC0415 - start-up time

        desk = SoundDesk(self.supervisor, self.tools.require, lambda: self.cache, self.folders.temp)
        tools = PlayTools(
            previews=lambda: self.previews.wait(),  # noqa: PLW0108 - opened by the first play, not before
            sound=desk,
            resources=lambda: self.resources,
            capabilities=self.tools.capabilities,
            events=self.events,
            report=lambda what, error: self.log.logger.error(what, exc_info=error),
        )
        plays = PlayService(tools, self.tasks)
        _ = self.previews  # plays are ended before what shows their pictures
        self.stack.push_async_callback(plays.close)
        return plays

    def _tell_cache(self, memory: MemoryTier) -> None:
        from sidecar.services.cache.wiring import tell_cache  # noqa: PLC0415 - start-up time

        self.tasks.start_soon(tell_cache, memory, lambda: self.cache, self.settings, self.events)


@asynccontextmanager
async def open_services(options: ServiceOptions) -> AsyncIterator[Services]:
    """Open an instance; on leaving, jobs are ended, children are gone and folders are given back.

    Raises SettingsInvalid and DiskFull when the folders cannot be had.
    """
    started = time.time()
    environ = os.environ if options.environ is None else options.environ
    events = EventHub()
    settings = SettingsStore(settings_file(environ), arguments=options.arguments, environ=environ, events=events)
    async with AsyncExitStack() as stack:
        folders = stack.enter_context(open_folders(roots_of(settings.current), guest=options.jobs == "own"))
        log = stack.enter_context(open_log(folders.log, settings, events, options.stderr))
        supervisor = await stack.enter_async_context(open_supervisor())
        opened = stack.enter_context(ExitStack())
        tasks = await stack.enter_async_context(_open_tasks())
        loopback = stack.enter_context(open_loopback(lambda: settings.current.http_port, log.logger))
        current = settings.current
        scraping = stack.enter_context(open_scraping(current.metrics_port, token=current.metrics_token))
        late = await stack.enter_async_context(open_late(lambda: _open_members(services)))
        tools = Tools(settings, environ, supervisor)
        services = Services(
            settings=settings,
            folders=folders,
            log=log,
            events=events,
            supervisor=supervisor,
            tools=tools,
            loopback=loopback,
            scraping=scraping,
            jobs=options.jobs,
            started=started,
            opened=opened,
            tasks=tasks,
            stack=stack,
            late=late,
        )
        if options.late:
            # It runs beside what is left to be done until somebody asks.
            tasks.start_soon(tools.look)
        else:
            await services.whole()
        yield services


def _open_members(services: Services) -> AbstractAsyncContextManager[Members]:
    from sidecar.services.members import open_members  # noqa: PLC0415 - start-up time

    return open_members(services)


@asynccontextmanager
async def _open_tasks() -> AsyncIterator[trio.Nursery]:
    """Give where tasks run until the services close."""
    async with trio.open_nursery() as nursery:
        try:
            yield nursery
        finally:
            nursery.cancel_scope.cancel()
