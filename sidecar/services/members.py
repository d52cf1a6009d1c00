"""The services that work on projects and files. A shell waits for none of them: they are opened once it has its answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sidecar.services.bin import BinService, open_bin_service
from sidecar.services.media.filmstrip.shelf import Shelf, open_shelf
from sidecar.services.media.service import MediaService, open_media_service, worker_count
from sidecar.services.monitoring.service import MonitoringService
from sidecar.services.monitoring.wiring import monitored
from sidecar.services.projects import ProjectService, open_project_service
from sidecar.services.render.limits import JobFolders, RenderLimits
from sidecar.services.render.neighbours import Neighbours
from sidecar.services.render.service import RenderService, open_render_service

if TYPE_CHECKING:
    from sidecar.services.container import Services


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """What has tasks of its own, and is closed in the reverse of this order."""

    media: MediaService
    shelf: Shelf
    projects: ProjectService
    bin: BinService
    render: RenderService
    monitoring: MonitoringService


@asynccontextmanager
async def open_members(services: Services) -> AsyncIterator[Members]:
    """Open them for these services; on leaving, jobs and children are ended."""
    folders, settings, events, log = services.folders, services.settings, services.events, services.log
    memory, cache = (lambda: services.memory), (lambda: services.cache)
    async with AsyncExitStack() as stack:
        media = await stack.enter_async_context(
            open_media_service(services.supervisor, folders.temp, settings, cache=cache, memory=memory)
        )
        shelf = await stack.enter_async_context(open_shelf(memory, cache))
        projects = await stack.enter_async_context(
            open_project_service(
                folders=folders,
                media=media,
                fonts=lambda: services.fonts,
                capabilities=services.tools.capabilities,
                settings=settings,
                events=events,
                log=log,
            )
        )
        readers = worker_count(settings.current.workers)
        bin_ = await stack.enter_async_context(open_bin_service(media, events, log, readers=readers))
        neighbours = Neighbours(
            planner=lambda: services.planner,
            supervisor=services.supervisor,
            toolchain=services.tools.require,
            events=events,
            log=log,
            temp=folders.temp,
            owner=folders.instance_id,
            limits=_limits(services),
            folders=JobFolders() if services.jobs == "own" else JobFolders(folders.data, folders.adopted),
            meter=services.meter,
        )
        render = await stack.enter_async_context(open_render_service(neighbours))
        settings.watch(lambda _: render.advance())
        monitoring = await stack.enter_async_context(monitored(services, render, media))
        yield Members(media, shelf, projects, bin_, render, monitoring)


def _limits(services: Services) -> Callable[[], RenderLimits]:
    def limits() -> RenderLimits:
        current = services.settings.current
        found = RenderLimits.of(
            current.max_jobs,
            current.keep_finished_jobs,
            workers=current.workers,
            least=current.min_free_disk_bytes,
        )
        return found if services.jobs != "hold" else replace(found, running=0)

    return limits
