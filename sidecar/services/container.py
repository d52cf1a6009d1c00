"""Wires all services together: the only place that knows every constructor.

What compiles timelines (planner, fonts, builders) is imported and made by the first request that needs it: a shell waits
for `initialize`, and importing those takes about as long as everything else. Neighbours are given a function that
returns the service.
"""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import trio

from sidecar.ffmpeg.supervisor import Supervisor, open_supervisor
from sidecar.ffmpeg.toolchain import Toolchain
from sidecar.services.bin import BinService, open_bin_service
from sidecar.services.cache.wiring import make_caches, make_memory, open_late_cache, tell_cache
from sidecar.services.events import EventHub
from sidecar.services.folders import Folders, roots_of, settings_file
from sidecar.services.instance import open_folders
from sidecar.services.logs import Log, publisher
from sidecar.services.loopback import Loopback
from sidecar.services.media import MediaService, open_media_service
from sidecar.services.media.filmstrip.shelf import Shelf, open_shelf
from sidecar.services.media.service import worker_count
from sidecar.services.projects import ProjectService, open_project_service
from sidecar.services.render.limits import JobFolders, RenderLimits
from sidecar.services.render.neighbours import Neighbours
from sidecar.services.render.service import RenderService, open_render_service
from sidecar.services.settings import SettingsStore
from sidecar.services.stderr import BoundedStderr
from sidecar.services.system import SystemService
from sidecar.services.tools import Tools

if TYPE_CHECKING:
    from sidecar.services.cache.memory import MemoryTier
    from sidecar.services.cache.service import CacheService
    from sidecar.services.cache.store import CacheStore
    from sidecar.services.ffmpeg_command import FfmpegCommandService
    from sidecar.services.fonts import FontService
    from sidecar.services.gpu.service import GpuService
    from sidecar.services.media.analysis.service import AnalysisService
    from sidecar.services.media.filmstrip.service import FilmstripService
    from sidecar.services.media.proxy.service import ProxyService
    from sidecar.services.media.waveform.service import WaveformService
    from sidecar.services.render.planner import Planner
    from sidecar.services.resources import Resources


@dataclass(frozen=True, slots=True)
class ServiceOptions:
    """What an instance starts from.

    `arguments` are settings by wire name that come before environment and file; `environ` None is the process's own;
    `stderr` gets a copy of the log, if given. `jobs` says what becomes of jobs: "run" goes on with those that earlier
    processes left, "hold" has them in hand without running any, "own" leaves them alone and forgets its own.
    """

    arguments: Mapping[str, Any] = field(default_factory=dict)
    environ: Mapping[str, str] | None = None
    stderr: BoundedStderr | None = None
    jobs: Literal["run", "hold", "own"] = "run"


@dataclass(frozen=True, slots=True, eq=False)
class Services:
    """Everything behind the commands."""

    settings: SettingsStore
    folders: Folders
    log: Log
    events: EventHub
    supervisor: Supervisor
    tools: Tools
    late_fonts: Callable[[], FontService]
    late_memory: Callable[[], MemoryTier]
    late_cache: Callable[[], CacheStore]
    media: MediaService
    projects: ProjectService
    bin: BinService
    render: RenderService
    late_commands: Callable[[], FfmpegCommandService]
    late_gpu: Callable[[], GpuService]
    loopback: Loopback
    late_resources: Callable[[], Resources]
    late_caches: Callable[[], CacheService]
    late_waveforms: Callable[[], WaveformService]
    late_analyses: Callable[[], AnalysisService]
    late_filmstrips: Callable[[], FilmstripService]
    late_proxies: Callable[[], ProxyService]
    system: SystemService

    @property
    def instance_id(self) -> str:
        """Name of this instance among all on the machine."""
        return self.folders.instance_id

    @property
    def fonts(self) -> FontService:
        """The fonts at hand."""
        return self.late_fonts()

    @property
    def memory(self) -> MemoryTier:
        """What is kept in memory by key."""
        return self.late_memory()

    @property
    def cache(self) -> CacheStore:
        """The files kept by key."""
        return self.late_cache()

    @property
    def commands(self) -> FfmpegCommandService:
        """What shows commands without running them."""
        return self.late_commands()

    @property
    def gpu(self) -> GpuService:
        """What of the machine's hardware works."""
        return self.late_gpu()

    @property
    def resources(self) -> Resources:
        """What gives bytes by URL."""
        return self.late_resources()

    @property
    def caches(self) -> CacheService:
        """Both tiers of the cache as a whole."""
        return self.late_caches()

    @property
    def waveforms(self) -> WaveformService:
        """Peaks of the sound of files."""
        return self.late_waveforms()

    @property
    def analyses(self) -> AnalysisService:
        """Measures of the picture and sound of files."""
        return self.late_analyses()

    @property
    def filmstrips(self) -> FilmstripService:
        """Small pictures of files."""
        return self.late_filmstrips()

    @property
    def proxies(self) -> ProxyService:
        """Small files that stand for large ones."""
        return self.late_proxies()

    @property
    def toolchain(self) -> Toolchain | None:
        """The FFmpeg in use; None when none is usable."""
        return self.tools.current()


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
        log = _open_log(stack, folders, settings, events, options.stderr)
        supervisor = await stack.enter_async_context(open_supervisor())
        tools = Tools(settings, environ, supervisor)
        fonts = cache(_make_fonts)
        memory = cache(
            lambda: make_memory(settings, lambda made: tasks.start_soon(tell_cache, made, late_cache, settings, events))
        )
        late_cache = stack.enter_context(open_late_cache(folders, settings, log, memory))
        tasks = await stack.enter_async_context(_open_tasks())
        loopback = _make_loopback(stack, settings, log)
        media = await stack.enter_async_context(
            open_media_service(supervisor, folders.temp, settings, cache=late_cache, memory=memory)
        )
        shelf = await stack.enter_async_context(open_shelf(memory, late_cache))
        projects = await stack.enter_async_context(
            open_project_service(
                folders=folders,
                media=media,
                fonts=fonts,
                capabilities=tools.capabilities,
                settings=settings,
                events=events,
                log=log,
            )
        )
        readers = worker_count(settings.current.workers)
        bin_ = await stack.enter_async_context(open_bin_service(media, events, log, readers=readers))
        gpu = cache(lambda: _make_gpu(tools, supervisor, folders))
        planner = cache(
            lambda: _make_planner(
                projects, media, fonts(), tools, late_cache, gpu=gpu, workers=settings.current.workers
            )
        )
        render = await stack.enter_async_context(
            open_render_service(
                Neighbours(
                    planner=planner,
                    supervisor=supervisor,
                    toolchain=tools.require,
                    events=events,
                    log=log,
                    temp=folders.temp,
                    owner=folders.instance_id,
                    limits=lambda: _render_limits(options, settings),
                    folders=JobFolders() if options.jobs == "own" else JobFolders(folders.data, folders.adopted),
                )
            )
        )
        settings.watch(lambda _: render.advance())
        system = SystemService(
            settings=settings,
            folders=folders,
            log=log,
            toolchain=tools.require,
            capabilities=tools.capabilities,
            fonts=lambda: fonts().list_fonts(),
            started=started,
        )
        resources = cache(lambda: _make_resources(stack, loopback, memory, late_cache, folders))
        waveforms = cache(lambda: _make_waveforms(media, late_cache, resources))
        yield Services(
            settings=settings,
            folders=folders,
            log=log,
            events=events,
            supervisor=supervisor,
            tools=tools,
            late_fonts=fonts,
            late_memory=memory,
            late_cache=late_cache,
            media=media,
            projects=projects,
            bin=bin_,
            render=render,
            late_commands=cache(lambda: _make_commands(media, planner(), tools)),
            late_gpu=gpu,
            loopback=loopback,
            late_resources=resources,
            late_caches=cache(
                lambda: make_caches(
                    memory(), late_cache(), waveforms, settings=settings, projects=projects, media=media
                )
            ),
            late_waveforms=waveforms,
            late_analyses=cache(lambda: _make_analyses(media, late_cache)),
            late_filmstrips=cache(lambda: _make_filmstrips(media, shelf, resources)),
            late_proxies=cache(lambda: _make_proxies(media, late_cache, resources, tools, settings)),
            system=system,
        )


def _open_log(
    stack: AsyncExitStack, folders: Folders, settings: SettingsStore, events: EventHub, stderr: BoundedStderr | None
) -> Log:
    """Open the log until the stack is left; its lines are events, its level follows the settings."""
    current = settings.current
    log = Log(folders.log, level=current.log_level, files=current.log_files, stderr=stderr)
    stack.callback(log.close)
    log.listen(publisher(events))
    stack.callback(log.listen, None)
    settings.watch(lambda new: log.set_level(new.log_level))
    if settings.broken is not None:
        log.logger.warning("the settings file was set aside", detail=str(settings.broken))
    return log


def _render_limits(options: ServiceOptions, settings: SettingsStore) -> RenderLimits:
    current = settings.current
    limits = RenderLimits.of(
        current.max_jobs,
        current.keep_finished_jobs,
        workers=current.workers,
        least=current.min_free_disk_bytes,
    )
    return limits if options.jobs != "hold" else replace(limits, running=0)


def _make_fonts() -> FontService:
    from sidecar.services.fonts import FontService  # noqa: PLC0415 - start-up time

    return FontService()


@asynccontextmanager
async def _open_tasks() -> AsyncIterator[trio.Nursery]:
    """Give where tasks run until the services close."""
    async with trio.open_nursery() as nursery:
        try:
            yield nursery
        finally:
            nursery.cancel_scope.cancel()


def _make_loopback(stack: AsyncExitStack, settings: SettingsStore, log: Log) -> Loopback:
    def report(wanted: int, used: int) -> None:
        log.logger.warning("the port for HTTP is taken", wanted=wanted, used=used)

    loopback = Loopback(lambda: settings.current.http_port, report)
    stack.callback(loopback.close)
    return loopback


def _make_resources(
    stack: AsyncExitStack,
    loopback: Loopback,
    memory: Callable[[], MemoryTier],
    late_cache: Callable[[], CacheStore],
    folders: Folders,
) -> Resources:
    from sidecar.services.resources import Resources  # noqa: PLC0415 - start-up time
    from sidecar.services.resources.capability import cache_secret  # noqa: PLC0415 - start-up time

    resources = Resources(loopback, memory, late_cache, lambda: cache_secret(folders.cache))
    stack.callback(resources.close)
    return resources


def _make_planner(
    projects: ProjectService,
    media: MediaService,
    fonts: FontService,
    tools: Tools,
    late_cache: Callable[[], CacheStore],
    *,
    gpu: Callable[[], GpuService],
    workers: int,
) -> Planner:
    from sidecar.services.render.planner import Planner  # noqa: PLC0415 - start-up time

    return Planner(projects, media, fonts, tools, late_cache, gpu, workers)


def _make_waveforms(
    media: MediaService, late_cache: Callable[[], CacheStore], resources: Callable[[], Resources]
) -> WaveformService:
    from sidecar.services.media.waveform.service import WaveformService  # noqa: PLC0415 - start-up time

    return WaveformService(media, late_cache, resources)


def _make_filmstrips(media: MediaService, shelf: Shelf, resources: Callable[[], Resources]) -> FilmstripService:
    from sidecar.services.media.filmstrip.service import FilmstripService  # noqa: PLC0415 - start-up time

    return FilmstripService(media, shelf, resources)


def _make_proxies(
    media: MediaService,
    late_cache: Callable[[], CacheStore],
    resources: Callable[[], Resources],
    tools: Tools,
    settings: SettingsStore,
) -> ProxyService:
    from sidecar.services.media.proxy.service import ProxyService  # noqa: PLC0415 - start-up time

    return ProxyService(
        media,
        late_cache,
        resources,
        supervisor=tools.supervisor,
        toolchain=tools.require,
        height=lambda: settings.current.proxy_height,
    )


def _make_analyses(media: MediaService, late_cache: Callable[[], CacheStore]) -> AnalysisService:
    from sidecar.services.media.analysis.service import AnalysisService  # noqa: PLC0415 - start-up time

    return AnalysisService(media, late_cache)


def _make_commands(media: MediaService, planner: Planner, tools: Tools) -> FfmpegCommandService:
    from sidecar.services.ffmpeg_command import FfmpegCommandService  # noqa: PLC0415 - start-up time

    return FfmpegCommandService(media, planner, tools)


def _make_gpu(tools: Tools, supervisor: Supervisor, folders: Folders) -> GpuService:
    from sidecar.services.gpu.proofs import Proofs, driver_version  # noqa: PLC0415 - start-up time
    from sidecar.services.gpu.service import GpuService  # noqa: PLC0415 - start-up time

    return GpuService(Proofs(tools, supervisor, folders.temp, driver_version))
