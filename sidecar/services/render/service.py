"""The render service: plans, and a queue of jobs that outlives the process."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import trio

from protocol.commands.render import Job, JobList, JobMove, JobsQuery, Plan, RenderPreset, RenderStart, Started
from protocol.commands.render import RenderPlan as PlanRequest
from protocol.errors import Internal, OutputUnwritable, SidecarError
from sidecar.core.monitoring.outcomes import RENDER
from sidecar.services.access import ReadAccess
from sidecar.services.importing import import_plans
from sidecar.services.logger import trace
from sidecar.services.projects.world import CheckRead
from sidecar.services.render.job import RenderJob
from sidecar.services.render.journal_writer import JournalWriter
from sidecar.services.render.neighbours import Neighbours
from sidecar.services.render.news import News
from sidecar.services.render.presets import for_platform, presets
from sidecar.services.render.publish import check_early, check_not_a_source
from sidecar.services.render.queue import JobQueue
from sidecar.services.render.record import Asked, Content
from sidecar.services.render.slots import Slots
from sidecar.services.render.wishes import grant_wishes
from sidecar.services.render.work import Work, tally
from sidecar.services.render.working import Tell, Worker

if TYPE_CHECKING:
    from sidecar.services.render.planning import Planned

PLANS_KEPT = 16
"""Jobs whose plans stay in memory while they wait; the others are planned again when their turn comes."""

TAKEN_IN_AT_ONCE = 250
"""Jobs of earlier processes that are taken in before the loop goes on."""


@asynccontextmanager
async def open_render_service(neighbours: Neighbours) -> AsyncIterator[RenderService]:
    """Run the service while the block lasts.

    Jobs that run when it ends are broken off and leave nothing beside their targets; the journal has all jobs that
    have not ended, for the next one to go on with.
    """
    async with trio.open_nursery() as writing:
        async with trio.open_nursery() as nursery:
            service = RenderService(neighbours, nursery, writing)
            try:
                yield service
            finally:
                service.suspend()
        writing.cancel_scope.cancel()


class RenderService:
    """Owns all jobs. They start in the order of priority, then of their places in the line.

    Jobs live in `nursery`, and what writes the journal in `writing`, which ends after it.
    """

    def __init__(self, neighbours: Neighbours, nursery: trio.Nursery, writing: trio.Nursery) -> None:
        self._nursery = nursery
        self._writing = writing
        self._planner = neighbours.planner
        self._log = neighbours.log
        self._limits = neighbours.limits
        self._meter = neighbours.meter
        self._folders = neighbours.folders
        self._writer = JournalWriter(neighbours.log.logger)
        self._worker = Worker(neighbours, self._writer.content, Slots(neighbours.limits().processes))
        self._queue = JobQueue()
        self._news = News(neighbours.events, self._writer, self._queue)
        self._opening = False
        self._opened = trio.Event()
        self._closing = False

    async def plan(self, request: PlanRequest, check_read: CheckRead) -> Plan:
        """Say what a render would do. Raises as `start` does, the output's errors aside."""
        planned = await self._planner().plan(request.project, request.export, request.range, check_read)
        return for_platform(request.platform, planned).describe()

    def begin(self) -> None:
        """Go on with what earlier processes left, if they left anything. Returns at once."""
        from sidecar.services.render.adoption import has_journal  # noqa: PLC0415 - start-up time

        data, adopted = self._folders.data, self._folders.adopted
        if data is not None and has_journal((data, *adopted)):
            self._open_soon()

    async def opened(self) -> None:
        """Wait until the journal has been read, and jobs of earlier processes are among those of this one."""
        self._open_soon()
        await self._opened.wait()

    async def start(self, request: RenderStart, target: Path, read: ReadAccess, trace_id: str) -> Started:
        """Plan a render and queue it; its row is in the journal when this returns.

        Cancelling the call before it returns leaves no job. Raises InvalidProject, NothingToRender, OutputExists,
        OutputUnwritable, DiskFull, ResourceLimit, FfmpegNotFound, EncoderUnavailable.
        """
        await self.opened()
        await import_plans()
        if (known := self._queue.get(request.job_id)) is not None:
            return await self._started_before(known)
        check_early(target, overwrite=request.overwrite)
        planned = await self._planner().plan(request.project, request.export, request.range, read)
        planned = for_platform(request.platform, planned)
        content = await trio.to_thread.run_sync(_prepare, planned, target, request.overwrite)
        if (known := self._queue.get(request.job_id)) is not None:
            return await self._started_before(known)
        serial = self._queue.new_serial()
        job = RenderJob(
            job_id=request.job_id or f"job-{secrets.token_hex(8)}",
            asked=_asked(request, planned, target, read, content),
            plan=planned.summary,
            problems=planned.problems,
            priority=request.priority,
            serial=serial,
            place=self._queue.new_place(),
            trace_id=trace_id,
            planned=planned if self._queue.unfinished < PLANS_KEPT else None,
            state="paused" if request.paused else "queued",
        )
        self._queue.add(job)
        try:
            with trio.CancelScope(shield=True):
                await self._writer.put(job, content).wait()
        except SidecarError:
            self._writer.forget(job)
            self._queue.drop(job)
            raise
        self._queue.enter(job)
        self._news.state(job)
        self.advance()
        return self._started(job)

    async def cancel(self, job_id: str) -> Job:
        """End a job and wait until nothing of it runs. Raises JobNotFound, JobState."""
        await self.opened()
        job = self._queue.find(job_id)
        job.refuse_unless(fits=not job.ended)
        if job.began:
            job.scope.cancel()
            await job.done.wait()
        else:
            job.end("cancelled")
            self._settle(job)
        # By the job itself: it may have been forgotten among others that ended.
        return await self._shown(job)

    async def pause(self, job_id: str) -> Job:
        """Stop what runs for a job, and let the next one have its place. Raises JobNotFound, JobState."""
        await self.opened()
        job = self._queue.find(job_id)
        job.refuse_unless(fits=not job.ended and job.state != "paused")
        self._queue.leave(job)
        job.state = "paused"
        job.control.pause()
        self._news.standing(job)
        self._news.state(job)
        self.advance()
        return await self._shown(job)

    async def resume(self, job_id: str) -> Job:
        """Let a paused job go on where it stopped, once its turn comes. Raises JobNotFound, JobState."""
        await self.opened()
        job = self._queue.find(job_id)
        job.refuse_unless(fits=job.state == "paused")
        job.state = "queued"
        self._queue.enter(job)
        self._news.standing(job)
        self._news.state(job)
        self.advance()
        return await self._shown(job)

    async def move(self, params: JobMove) -> Job:
        """Give a job another priority or place, and wait until that is written.

        Raises JobNotFound, JobState, InvalidParams.
        """
        await self.opened()
        job = self._queue.find(params.job_id)
        before = self._queue.find(params.before) if isinstance(params.before, str) else None
        for changed in self._queue.move(job, params.priority, before, last=params.before is None):
            self._writer.put(changed)
        self._news.state(job)
        self.advance()
        return await self._shown(job)

    async def remove(self, job_ids: list[str]) -> int:
        """Remove ended jobs from the history and return how many there were; raises JobState if one has not ended."""
        await self.opened()
        jobs = {job_id: job for job_id in job_ids if (job := self._queue.get(job_id)) is not None}
        for job in jobs.values():
            job.refuse_unless(fits=job.ended)
        for job in jobs.values():
            self._queue.drop(job)
        for ticket in [self._writer.drop(job) for job in jobs.values()]:
            await ticket.settled.wait()
        return len(jobs)

    def job(self, job_id: str, *, segments: bool = False) -> Job:
        """Return a job. Raises JobNotFound."""
        return self._news.show(self._queue.find(job_id), segments=segments)

    def jobs(self, query: JobsQuery) -> JobList:
        """List jobs, newest first. Raises JobNotFound for an `after` that is unknown."""
        page, after = self._queue.page(query)
        return JobList(
            jobs=[self._news.show(job) for job in page],
            next=after,
            running=self._queue.running,
            queued=len(self._queue.line),
            limit=self._limits().running,
        )

    def work(self) -> Work:
        """Return what runs and what waits now."""
        line = self._queue.line
        return Work(self._queue.active, len(line), self._limits().running, line.oldest())

    @property
    def slots(self) -> Slots:
        """The places of processes that encode."""
        return self._worker.slots

    @property
    def busy(self) -> bool:
        """Whether a job runs, or waits for its turn."""
        return self._queue.running > 0 or len(self._queue.line) > 0

    def presets(self, container: str | None) -> list[RenderPreset]:
        """List named export settings."""
        return presets(container)

    async def wait(self, job_id: str) -> Job:
        """Wait until a job has ended. Cancelling the wait does not cancel the job. Raises JobNotFound."""
        job = self._queue.find(job_id)
        await job.done.wait()
        return self._news.show(job, segments=True)

    def advance(self) -> None:
        """Let waiting jobs start, or go on, while there is room."""
        while not self._closing and self._queue.running < self._limits().running:
            job = self._queue.next()
            if job is None:
                return
            if job.began:
                job.state = job.phase
                job.control.resume()
                self._news.standing(job)
            else:
                job.control.resume()
                job.begin()
                self._nursery.start_soon(self._live, job)
            self._news.state(job)

    def suspend(self) -> None:
        """Break off what runs, for the next process to go on with, and start nothing more."""
        self._closing = True
        self._nursery.cancel_scope.cancel()

    def _open_soon(self) -> None:
        if not self._opening:
            self._opening = True
            self._nursery.start_soon(self._open)

    async def _open(self) -> None:
        from sidecar.services.render.adoption import Opened, open_journal  # noqa: PLC0415 - start-up time
        from sidecar.services.render.journal import Journal  # noqa: PLC0415

        data, adopted = self._folders.data, self._folders.adopted
        if data is None:
            opened = Opened(Journal(None), [], 0)
        else:
            opened = await trio.to_thread.run_sync(open_journal, data, adopted, self._log.logger)
        self._writing.start_soon(self._writer.run, opened.journal)
        if data is not None:
            self._writing.start_soon(grant_wishes, opened.journal, self)
        for at in range(0, len(opened.rows), TAKEN_IN_AT_ONCE):
            for job in self._queue.restore(opened.rows[at : at + TAKEN_IN_AT_ONCE]):
                self._writer.put(job)
            await trio.lowlevel.checkpoint()  # there are requests to answer
        self._forget()
        if self._queue.unfinished:
            left = {"unfinished": self._queue.unfinished, "adopted": opened.adopted}
            self._log.logger.info("jobs of an earlier process go on", **left)
        self._opened.set()
        self.advance()

    async def _live(self, job: RenderJob) -> None:
        """Live a job's life from its turn to its end."""
        news, began = self._news, trio.current_time()
        # Its lines are those of the request that asked for it, though another's end lets it begin.
        trace.set(job.trace_id)
        recorder = self._meter.recorder(perf_counter())
        if recorder is not None:
            recorder.begin()
        tell = Tell(news.progress, news.state, news.segments, journal=news.note, noted=news.noted)
        try:
            with job.scope:
                result = await self._worker.work(job, tell)
                job.end("completed", result=result)
        except SidecarError as error:
            job.end("failed", error=error)
        except OSError as error:
            job.end("failed", error=OutputUnwritable(path=str(job.target), detail=str(error)))
        except Exception:
            self._log.logger.exception("render failed", trace_id=job.trace_id, job_id=job.job_id)
            job.end("failed", error=Internal())
        finally:
            if not job.ended and self._closing and not job.scope.cancel_called:
                job.interrupt()
                self._queue.leave(job)
                self._writer.put(job)
            else:
                if not job.ended:
                    job.end("cancelled")
                kind = self._count(job, trio.current_time() - began)
                self._settle(job)
                if recorder is not None:
                    self._meter.traced(recorder, RENDER, job.trace_id, perf_counter(), kind)

    def _count(self, job: RenderJob, lived: float) -> str | None:
        """Count a job that ended among the operations, and return the kind of its error.

        The time that it was paused is no part of its own.
        """
        error, seconds = job.error, lived if job.progress is None else job.progress.elapsed
        kind = error.data.kind if error is not None else None if job.state == "completed" else job.state
        message = error.message if error is not None else ""
        self._meter.ended(RENDER, seconds, kind, trace_id=job.trace_id, message=message)
        tally(job, self._meter.rendered)
        return kind

    def _settle(self, job: RenderJob) -> None:
        """Put away a job that has ended."""
        self._queue.finish(job)
        job.done.set()
        if job.progress is not None:
            self._news.progress(job)
        self._news.state(job)
        self._forget()
        self.advance()

    def _forget(self) -> None:
        """Drop the oldest ended jobs beyond those that are kept."""
        for job in self._queue.overflow(self._limits().kept):
            self._writer.drop(job)

    async def _started_before(self, job: RenderJob) -> Started:
        """Answer a second start with one id, once what the first one made is written."""
        await self._writer.put(job).wait()
        return self._started(job)

    def _started(self, job: RenderJob) -> Started:
        return Started(
            job_id=job.job_id,
            state=job.state,
            position=self._queue.line.position(job),
            output=job.asked.output,
            plan=job.plan,
            problems=job.problems,
        )

    async def _shown(self, job: RenderJob) -> Job:
        """Return a job once its state is in the journal; a disk that refuses it is no reason to say it is not so."""
        await self._writer.put(job).settled.wait()
        return self._news.show(job)


def _prepare(planned: Planned, target: Path, overwrite: bool) -> Content:  # noqa: FBT001 - as it was asked
    from sidecar.services.render.delivery import check_delivery, delivery_of  # noqa: PLC0415 - start-up time

    delivery = delivery_of(planned, target)
    check_delivery(delivery, lambda _: overwrite)
    for path in (target, *delivery.beside_targets):
        check_not_a_source(path, planned.read)
    return Content.of(planned.project)


def _asked(request: RenderStart, planned: Planned, target: Path, read: ReadAccess, content: Content) -> Asked:
    return Asked(
        output=str(target),
        overwrite=request.overwrite,
        range=request.range,
        resume=request.resume,
        labels=request.labels,
        base=None if planned.base is None else str(planned.base),
        read=None if read.roots is None else [str(root) for root in read.roots],
        content=content.key,
    )
