"""Works one job off: its plan, its run, and what is told of it meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import msgspec
import trio

from protocol.commands.render import RenderProgress, RenderResult, SegmentState
from protocol.commands.shared import ProjectRef
from protocol.errors import MediaNotFound, ProjectNotFound, SidecarError, SourceChanged
from sidecar.services.access import ReadAccess
from sidecar.services.importing import import_plans
from sidecar.services.render.job import RenderJob
from sidecar.services.render.litter import sweep_parts
from sidecar.services.render.neighbours import Neighbours
from sidecar.services.render.record import ACTIVE, read_roots
from sidecar.services.render.slots import Slots
from sidecar.services.render.uncopied import CopyFailed, Stream

if TYPE_CHECKING:
    from sidecar.services.render.planning import Planned

PROGRESS_INTERVAL = 0.05
"""At most 20 progress events a second a job."""

JOURNAL_INTERVAL = 2.0
"""Seconds between two times that the progress of a running job is journalled."""


@dataclass(frozen=True, slots=True)
class Tell:
    """Whom a running job tells what: of progress, of its state and its cells', and that its row is worth writing."""

    progress: Callable[[RenderJob], None]
    state: Callable[[RenderJob], None]
    segments: Callable[[RenderJob, Mapping[int, SegmentState]], None]
    journal: Callable[[RenderJob], None]
    noted: Callable[[RenderJob], Awaitable[None]]


@dataclass(frozen=True, slots=True, eq=False)
class Worker:
    """Runs jobs. `content` returns the project of a job that was planned in another process, or too long ago.

    `slots` are places for processes, of all jobs together.
    """

    neighbours: Neighbours
    content: Callable[[str], Awaitable[bytes | None]]
    slots: Slots

    async def work(self, job: RenderJob, tell: Tell) -> RenderResult:
        """Run a job; a source that changed meanwhile gets one new plan, each stream that cannot be copied another.

        So does a hardware encoder that gives out: then the job is done on the processor, and says so. A source that
        is gone ends the job. What an earlier process delivered, and did not live to note, is not made again.

        Raises MediaNotFound, and what planning and `run_job` raise.
        """
        if (delivered := await trio.to_thread.run_sync(_delivered, job)) is not None:
            return delivered
        planned = job.planned or await self._plan_again(job)
        changed, uncopied = False, set[Stream]()
        while True:
            try:
                return await self._run(job, planned, tell)
            except SourceChanged as error:
                if not await trio.Path(error.path).exists():
                    raise MediaNotFound(path=error.path) from error
                if changed:
                    raise
                changed = True
            except CopyFailed as failed:
                uncopied.add(failed.stream)
            except SidecarError as error:
                await self._give_up_hardware(job, planned, error)
            job.planned = None
            planned = await self._plan_again(job, uncopied)
            job.attempts += 1
            if job.fallback is not None:
                tell.state(job)

    async def _give_up_hardware(self, job: RenderJob, planned: Planned, error: SidecarError) -> None:
        """Note that an encoder in hardware gave out; raises the error where there was none, or it is not to blame."""
        from sidecar.services.render.fallback import fallback_from  # noqa: PLC0415 - start-up time

        fallback = fallback_from(planned, error)
        if fallback is None:
            raise error
        self.neighbours.planner().gpu().gave_out()
        job.fallback = fallback

    async def _run(self, job: RenderJob, planned: Planned, tell: Tell) -> RenderResult:
        from sidecar.services.render.run import run_job  # noqa: PLC0415 - start-up time
        from sidecar.services.render.workshop import Workshop  # noqa: PLC0415 - start-up time

        await job.control.going()
        neighbours, planner = self.neighbours, self.neighbours.planner()
        shop = Workshop(
            supervisor=neighbours.supervisor,
            toolchain=neighbours.toolchain(),
            temp=neighbours.temp,
            owner=neighbours.owner,
            fingerprint=planner.fingerprint,
            damage=planner.damage,
            media=planner.media,
            store=planner.cache(),
            slots=self.slots,
            least=neighbours.limits().least,
            segments=tell.segments,
            noted=tell.noted,
        )

        def freeze(paused: bool) -> None:  # noqa: FBT001 - what the switch says
            (neighbours.supervisor.pause if paused else neighbours.supervisor.resume)(job.job_id)

        try:
            with job.control.obeyed(freeze):
                return await run_job(job, planned, shop, _reporter(job, tell))
        finally:
            neighbours.supervisor.resume(job.job_id)

    async def _plan_again(self, job: RenderJob, uncopied: Collection[Stream] = ()) -> Planned:
        """Plan what was asked for, of the project as it was then. Raises what planning raises."""
        await import_plans()
        from sidecar.services.render.fallback import SOFTWARE, with_plan  # noqa: PLC0415 - start-up time

        body = await self.content(job.asked.content)
        if body is None:
            raise ProjectNotFound(path=job.asked.output, message="The journal has lost the project of this job")
        raw = await trio.to_thread.run_sync(partial(msgspec.json.decode, body, type=dict))
        ref = ProjectRef(inline=raw, base_path=job.asked.base)
        access = ReadAccess(read_roots(job.asked.read))
        changes = SOFTWARE if job.fallback is not None else {}
        planned = await self.neighbours.planner().plan(ref, changes, job.asked.range, access, without=uncopied)
        job.planned, job.plan, job.problems = planned, planned.summary, planned.problems
        if job.fallback is not None:
            job.fallback = with_plan(job.fallback, planned)
            if job.progress is not None:
                job.progress = msgspec.structs.replace(job.progress, state=job.state, fallback=job.fallback)
        return planned


def _delivered(job: RenderJob) -> RenderResult | None:
    """Return the result of a job whose work stands at its target already, with nothing of it left beside."""
    result = job.delivered()
    if result is not None:
        sweep_parts(job.target.parent)
        if job.progress is not None:
            job.progress = msgspec.structs.replace(job.progress, state="completed", fraction=1.0, eta=None, current=[])
    return result


def _reporter(job: RenderJob, tell: Tell) -> Callable[[RenderProgress], None]:
    """Tell of progress at most 20 times a second; of a change of stage or state always."""
    last = written = -JOURNAL_INTERVAL
    seen: tuple[str, str] | None = None

    def report(progress: RenderProgress) -> None:
        nonlocal last, written, seen
        if progress.state in ACTIVE:
            job.phase = progress.state
            if job.active and job.state != progress.state:
                job.state = progress.state
                tell.state(job)
            # A process that is stopped may still be heard.
            progress = msgspec.structs.replace(progress, state=job.state) if not job.active else progress
        job.progress = progress
        mark, now = (progress.state, progress.stage), trio.current_time()
        if mark != seen or now - last >= PROGRESS_INTERVAL:
            last, seen = now, mark
            tell.progress(job)
        if now - written >= JOURNAL_INTERVAL:
            written = now
            tell.journal(job)

    return report
