"""The render service: plans, and a queue of jobs that run one process each."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from protocol.commands.render import (
    Job,
    JobList,
    JobsQuery,
    Plan,
    RenderPreset,
    RenderProgress,
    RenderResult,
    RenderStart,
    Started,
)
from protocol.commands.render import RenderPlan as PlanRequest
from protocol.errors import (
    Internal,
    JobNotFound,
    NotSupported,
    OutputUnwritable,
    SidecarError,
    SourceChanged,
)
from protocol.topics import RenderStateChanged
from sidecar.ffmpeg.supervisor import Supervisor
from sidecar.ffmpeg.toolchain import Toolchain
from sidecar.services.events import EventHub
from sidecar.services.logs import Log
from sidecar.services.projects.world import CheckRead
from sidecar.services.render.job import RenderJob
from sidecar.services.render.presets import presets
from sidecar.services.render.publish import check_not_a_source, check_target

if TYPE_CHECKING:
    from sidecar.services.render.planner import Planner
    from sidecar.services.render.planning import Planned

MakePlan = Callable[[], Awaitable["Planned"]]

CORES = os.cpu_count() or 1

PROGRESS_INTERVAL = 0.05
"""At most 20 progress events a second a job."""


@dataclass(frozen=True, slots=True)
class RenderLimits:
    """How many jobs run at once, and how many ended ones are remembered."""

    running: int
    kept: int

    @staticmethod
    def of(max_jobs: int, kept: int) -> RenderLimits:
        """`max_jobs` 0: one for every four cores, at least one: an encoder fills several."""
        return RenderLimits(max_jobs or max(1, CORES // 4), kept)


@asynccontextmanager
async def open_render_service(
    *,
    planner: Callable[[], Planner],
    supervisor: Supervisor,
    toolchain: Callable[[], Toolchain],
    events: EventHub,
    log: Log,
    temp: Path,
    owner: str,
    limits: Callable[[], RenderLimits],
) -> AsyncIterator[RenderService]:
    """Run the service while the block lasts; jobs that run when it ends are cancelled and leave nothing behind."""
    async with trio.open_nursery() as nursery:
        service = RenderService(
            nursery,
            planner=planner,
            supervisor=supervisor,
            toolchain=toolchain,
            events=events,
            log=log,
            temp=temp,
            owner=owner,
            limits=limits,
        )
        try:
            yield service
        finally:
            nursery.cancel_scope.cancel()


class RenderService:
    """Owns all jobs. Jobs start in the order of priority, then of their making."""

    def __init__(
        self,
        nursery: trio.Nursery,
        *,
        planner: Callable[[], Planner],
        supervisor: Supervisor,
        toolchain: Callable[[], Toolchain],
        events: EventHub,
        log: Log,
        temp: Path,
        owner: str,
        limits: Callable[[], RenderLimits],
    ) -> None:
        self._nursery = nursery
        self._planner = planner
        self._supervisor = supervisor
        self._toolchain = toolchain
        self._events = events
        self._log = log
        self._temp = temp
        self._owner = owner
        self._limits = limits
        self._jobs: dict[str, RenderJob] = {}
        self._serial = 0
        self._running = 0

    async def plan(self, request: PlanRequest, check_read: CheckRead) -> Plan:
        """Say what a render would do. Raises as `start` does, the output's errors aside."""
        planned = await self._planner().plan(request.project, request.export, request.range, check_read)
        return planned.describe()

    async def start(self, request: RenderStart, target: Path, check_read: CheckRead, trace_id: str) -> Started:
        """Plan a render and queue it.

        Cancelling the call before it returns leaves no job. Raises InvalidProject, NothingToRender, OutputExists,
        OutputUnwritable, ResourceLimit, FfmpegNotFound, EncoderUnavailable.
        """
        if request.job_id is not None and request.job_id in self._jobs:
            return self._started(self._jobs[request.job_id])
        if request.paused:
            raise NotSupported(what="a render that starts paused", suggestion="Start it when it is wanted")
        check_target(target, overwrite=request.overwrite)

        async def make_plan() -> Planned:
            return await self._planner().plan(request.project, request.export, request.range, check_read)

        planned = await make_plan()
        await trio.to_thread.run_sync(check_not_a_source, target, planned.fingerprints)
        if request.job_id is not None and request.job_id in self._jobs:
            return self._started(self._jobs[request.job_id])
        self._serial += 1
        job = RenderJob(
            job_id=request.job_id or f"job-{secrets.token_hex(8)}",
            planned=planned,
            target=target,
            overwrite=request.overwrite,
            priority=request.priority,
            labels=request.labels,
            serial=self._serial,
            trace_id=trace_id,
        )
        self._jobs[job.job_id] = job
        self._nursery.start_soon(self._follow, job, make_plan)
        self._announce(job)
        self._advance()
        return self._started(job)

    async def cancel(self, job_id: str) -> Job:
        """End a job and wait until nothing of it runs. Raises JobNotFound, JobState."""
        job = self._find(job_id)
        job.require_running()
        job.scope.cancel()
        await job.done.wait()
        # By the job itself: it may have been forgotten among others that ended.
        return job.show(None, segments=False)

    def job(self, job_id: str, *, segments: bool = False) -> Job:
        """Return a job. Raises JobNotFound."""
        job = self._find(job_id)
        return job.show(self._position(job), segments=segments)

    def jobs(self, query: JobsQuery) -> JobList:
        """List jobs, newest first. Raises JobNotFound for an `after` that is unknown."""
        newest = sorted(self._jobs.values(), key=lambda job: -job.serial)
        if query.after is not None:
            last = self._find(query.after)
            newest = [job for job in newest if job.serial < last.serial]
        wanted = [job for job in newest if query.states is None or job.state in query.states]
        page = wanted[: query.limit]
        return JobList(
            jobs=[self.job(job.job_id) for job in page],
            next=page[-1].job_id if len(wanted) > len(page) else None,
            running=self._running,
            queued=len(self._queue()),
            limit=self._limits().running,
        )

    def presets(self, container: str | None) -> list[RenderPreset]:
        """List named export settings."""
        return presets(container)

    async def wait(self, job_id: str) -> Job:
        """Wait until a job has ended. Cancelling the wait does not cancel the job. Raises JobNotFound."""
        job = self._find(job_id)
        await job.done.wait()
        return job.show(None, segments=True)

    def _find(self, job_id: str) -> RenderJob:
        try:
            return self._jobs[job_id]
        except KeyError:
            raise JobNotFound(job_id=job_id) from None

    def _queue(self) -> list[RenderJob]:
        waiting = [job for job in self._jobs.values() if job.state == "queued"]
        return sorted(waiting, key=lambda job: (-job.priority, job.serial))

    def _position(self, job: RenderJob) -> int | None:
        return self._queue().index(job) if job.state == "queued" else None

    def _advance(self) -> None:
        """Let waiting jobs start while there is room."""
        for job in self._queue()[: max(0, self._limits().running - self._running)]:
            self._running += 1
            job.begin()
            job.turn.set()
            self._announce(job)

    async def _follow(self, job: RenderJob, make_plan: MakePlan) -> None:
        """Live a job's life: wait for its turn, run, end."""
        try:
            with job.scope:
                await job.turn.wait()
                result = await self._attempt(job, make_plan)
                job.end("completed", result=result)
            if not job.ended:
                job.end("cancelled")
        except SidecarError as error:
            job.end("failed", error=error)
        except OSError as error:
            job.end("failed", error=OutputUnwritable(path=str(job.target), detail=str(error)))
        except Exception:
            self._log.logger.exception("render failed", trace_id=job.trace_id, job_id=job.job_id)
            job.end("failed", error=Internal())
        finally:
            if not job.ended:
                job.end("cancelled")
            self._running -= job.turn.is_set()
            job.done.set()
            self._announce(job)
            self._forget()
            self._advance()

    async def _attempt(self, job: RenderJob, make_plan: MakePlan) -> RenderResult:
        """Run the job; a source that changed meanwhile gets one new plan."""
        from sidecar.services.render.run import Workshop, run_job  # noqa: PLC0415 - start-up time

        planner = self._planner()
        tools = self._supervisor, self._toolchain()
        shop = Workshop(*tools, self._temp, self._owner, planner.fingerprint, planner.damage)
        report = self._reporter(job)
        try:
            return await run_job(job, job.planned, shop, report)
        except SourceChanged:
            if job.attempts > 1:
                raise
        job.planned = await make_plan()
        job.begin()
        return await run_job(job, job.planned, shop, report)

    def _reporter(self, job: RenderJob) -> Callable[[RenderProgress], None]:
        """Publish progress, at most 20 times a second; a change of stage or state always."""
        last = -PROGRESS_INTERVAL
        seen: tuple[str, str] | None = None

        def report(progress: RenderProgress) -> None:
            nonlocal last, seen
            job.progress = progress
            mark = (progress.state, progress.stage)
            if mark != seen or trio.current_time() - last >= PROGRESS_INTERVAL:
                last, seen = trio.current_time(), mark
                self._events.publish("render.progress", progress, job_id=job.job_id)

        return report

    def _announce(self, job: RenderJob) -> None:
        if job.ended and job.progress is not None:
            self._events.publish("render.progress", job.progress, job_id=job.job_id)
        self._events.publish("render.state", RenderStateChanged(job=self.job(job.job_id)), job_id=job.job_id)

    def _forget(self) -> None:
        """Drop the oldest ended jobs beyond those that are kept."""
        ended = [job_id for job_id, job in self._jobs.items() if job.ended]
        for job_id in ended[: max(0, len(ended) - self._limits().kept)]:
            del self._jobs[job_id]

    def _started(self, job: RenderJob) -> Started:
        return Started(
            job_id=job.job_id,
            state=job.state,
            position=self._position(job),
            output=str(job.target),
            plan=job.planned.summary,
            problems=job.planned.problems,
        )
