"""A render service whose plans and runs are the test's: what is real is the queue, the journal and the events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
import trio

from protocol.commands.render import (
    Encoders,
    Job,
    JobMove,
    JobsQuery,
    PlanSummary,
    RenderProgress,
    RenderResult,
    RenderStart,
    Reused,
    SegmentCounts,
    Started,
    Verified,
)
from protocol.commands.shared import ProjectRef
from protocol.project import Project
from sidecar.services.access import ReadAccess
from sidecar.services.events import EventHub
from sidecar.services.monitoring.meter import Meter
from sidecar.services.render.delivery import Delivery
from sidecar.services.render.job import RenderJob
from sidecar.services.render.limits import JobFolders, RenderLimits
from sidecar.services.render.neighbours import Neighbours
from sidecar.services.render.service import RenderService, open_render_service
from tests.harness.patience import PATIENCE

FILM: dict[str, Any] = {
    "schema": "timeline/1",
    "id": "film",
    "frameRate": "25",
    "width": 64,
    "height": 36,
    "tracks": [],
}
SUMMARY = PlanSummary(
    frames=25,
    duration="1/1",
    segments=1,
    cached=0,
    copied=0,
    encode=1,
    frames_to_encode=25,
    estimated_seconds=None,
    estimated_bytes=None,
    encoder=Encoders(video="libx264", audio=None),
)


def progress_of(job: RenderJob, state: Any = "running", fraction: float = 0.5) -> RenderProgress:
    return RenderProgress(
        job_id=job.job_id,
        state=state,
        stage="picture",
        fraction=fraction,
        frame=12,
        frames=25,
        frames_cached=0,
        frames_copied=0,
        frames_encoded=12,
        fps=None,
        speed=None,
        bitrate=None,
        bytes=0,
        bytes_predicted=None,
        elapsed=1.0,
        eta=None,
        segments=SegmentCounts(total=1, cached=0, copied=0, encoded=0, running=1, failed=0),
        current=[],
        retries=0,
        fallback=None,
    )


def result_of(job: RenderJob) -> RenderResult:
    return RenderResult(
        path=str(job.target),
        bytes=1,
        frames=25,
        duration="1/1",
        seconds=1.0,
        encoder=SUMMARY.encoder,
        fallback=None,
        reused=Reused(cached=0, copied=0, encoded=1),
        verified=Verified(streams=True, frames=True, duration=True, joins=0),
        loudness=None,
        warnings=[],
        sidecars=[],
    )


@dataclass
class Planning:
    """Plans without looking at anything, and remembers what it was asked for."""

    asked: list[tuple[ProjectRef, Any, Any]] = field(default_factory=list)
    media: Any = None

    async def plan(self, ref: ProjectRef, _changes: Any, span: Any, check_read: Any, *, without: Any = ()) -> Any:
        await trio.lowlevel.checkpoint()
        self.asked.append((ref, span, check_read))
        project = msgspec.convert(ref.inline, Project)
        return SimpleNamespace(
            project=project,
            export=project.export,
            base=None if ref.base_path is None else Path(ref.base_path),
            summary=SUMMARY,
            problems=[],
            fingerprints={},
            read=(),
        )

    async def fingerprint(self, _: Path) -> str:
        raise AssertionError("nothing is read")

    damage = fingerprint

    def cache(self) -> Any:
        return None


@dataclass
class Switches:
    """In the supervisor's place: which jobs' children would be frozen."""

    frozen: set[str] = field(default_factory=set)

    def pause(self, tag: str) -> None:
        self.frozen.add(tag)

    def resume(self, tag: str) -> None:
        self.frozen.discard(tag)


@dataclass
class Lines:
    """In the log's place."""

    lines: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def logger(self) -> Lines:
        return self

    def info(self, event: str, **fields: Any) -> None:
        self.lines.append((event, fields))

    warning = exception = info


@dataclass
class Running:
    """A job at work: the test says how it ends."""

    job: RenderJob
    report: Any
    ended: trio.Event = field(default_factory=trio.Event)
    error: Exception | None = None

    def finish(self, error: Exception | None = None) -> None:
        self.error = error
        self.ended.set()


class Waiting:
    """The service, and what stands around it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.events = EventHub()
        self.planning = Planning()
        self.switches = Switches()
        self.log = Lines()
        self.running: dict[str, Running] = {}
        self.limits = RenderLimits(running=2, kept=200)
        self.service: RenderService

    async def run_job(self, job: RenderJob, _planned: Any, _shop: Any, report: Any) -> RenderResult:
        run = self.running[job.job_id] = Running(job, report)
        try:
            report(progress_of(job))
            await run.ended.wait()
            await job.control.going()
        finally:
            del self.running[job.job_id]
        if run.error is not None:
            raise run.error
        return result_of(job)

    async def start(self, job_id: str, *, read: ReadAccess | None = None, **members: Any) -> Started:
        project = members.pop("project", FILM)
        request = RenderStart(
            project=ProjectRef(inline=project, base_path=members.pop("base_path", None)),
            output=str(self.home / f"{job_id}.mp4"),
            job_id=job_id,
            **members,
        )
        return await self.service.start(request, Path(request.output), read or ReadAccess(), "trace")

    async def move(self, job_id: str, *, last: bool = False, **members: Any) -> Job:
        return await self.service.move(JobMove(job_id=job_id, **members, **({"before": None} if last else {})))

    async def at_work(self, *job_ids: str) -> None:
        """Wait until exactly these jobs are at work."""
        with trio.fail_after(PATIENCE):
            while set(self.running) != set(job_ids):
                await trio.lowlevel.checkpoint()

    async def written(self) -> None:
        """Wait until the journal has everything."""
        with trio.fail_after(PATIENCE):
            while self.service._writer.busy:
                await trio.lowlevel.checkpoint()

    def state(self, job_id: str) -> str:
        return self.service.job(job_id).state

    def states(self, *job_ids: str) -> list[str]:
        return [self.state(job_id) for job_id in job_ids]

    def positions(self, *job_ids: str) -> list[int | None]:
        return [self.service.job(job_id).position for job_id in job_ids]

    async def enqueue(self, count: int) -> None:
        """Start so many jobs, one after the other."""
        for number in range(count):
            await self.start(f"job-{number}", priority=number % 7)

    async def cancel_all(self) -> None:
        """Cancel everything, as fast as a client may ask for it."""
        page: str | None = None
        async with trio.open_nursery() as nursery:
            while True:
                listed = self.service.jobs(JobsQuery(limit=1_000, after=page))
                for job in listed.jobs:
                    nursery.start_soon(self.service.cancel, job.job_id)
                page = listed.next
                if page is None:
                    break

    async def finish(self, job_id: str, error: Exception | None = None) -> Job:
        self.running[job_id].finish(error)
        with trio.fail_after(PATIENCE):
            return await self.service.wait(job_id)


@asynccontextmanager
async def waiting(
    home: Path, patch: pytest.MonkeyPatch, *, data: Path | None = None, adopted: tuple[Path, ...] = (), **limits: int
) -> AsyncIterator[Waiting]:
    """Open the service over the journal in `home/data` (or `data`)."""
    desk = Waiting(home)
    desk.limits = RenderLimits(running=limits.get("running", 2), kept=limits.get("kept", 200))
    patch.setattr("sidecar.services.render.run.run_job", desk.run_job)
    patch.setattr("sidecar.services.render.delivery.delivery_of", lambda _, target: Delivery(target))
    patch.setattr("sidecar.services.render.delivery.check_delivery", lambda *_, **__: None)
    neighbours = Neighbours(
        planner=lambda: cast("Any", desk.planning),
        supervisor=cast("Any", desk.switches),
        toolchain=lambda: cast("Any", None),
        events=desk.events,
        log=cast("Any", desk.log),
        temp=home / "temp",
        owner="owner",
        limits=lambda: desk.limits,
        folders=JobFolders(data or home / "data", adopted),
        meter=Meter(),
    )
    async with open_render_service(neighbours) as service:
        desk.service = service
        await service.opened()
        yield desk
