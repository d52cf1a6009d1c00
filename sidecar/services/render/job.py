"""One render job: its state, and how it is shown."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from protocol.commands.render import (
    Fallback,
    Job,
    JobError,
    PlanSummary,
    RenderProgress,
    RenderResult,
    Segment,
    SegmentState,
    State,
)
from protocol.errors import JobState, SidecarError
from protocol.problem import Problem
from sidecar.services.render.control import JobControl
from sidecar.services.render.record import ENDED, Asked, Identity, Record, Row

if TYPE_CHECKING:
    from sidecar.services.render.planning import Planned


def timestamp() -> str:
    """Return the time now, RFC 3339 in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(slots=True)
class RenderJob:
    """The mutable record of a job; only the queue changes it, and of a running job `run_job` the progress.

    `fallback` says that its hardware encoder gave out. `planned` is kept while it may soon be needed. `began` says that a task of it lives; `phase` is what that was doing when it
    was paused. `segments` are filled in by the run, and so is `advances`, how often a process of it was heard to advance.
    """

    job_id: str
    asked: Asked
    plan: PlanSummary
    problems: list[Problem]
    priority: int
    serial: int
    place: int
    trace_id: str
    planned: Planned | None = None
    interrupted: bool = False
    state: State = "queued"
    created_at: str = field(default_factory=timestamp)
    started_at: str | None = None
    ended_at: str | None = None
    attempts: int = 0
    delivering: list[Identity] = field(default_factory=list)
    promised: RenderResult | None = None
    progress: RenderProgress | None = None
    result: RenderResult | None = None
    error: JobError | None = None
    fallback: Fallback | None = None
    segments: list[Segment] | None = None
    advances: int = 0
    restored: bool = False
    began: bool = False
    phase: State = "preparing"
    control: JobControl = field(default_factory=JobControl)
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)
    done: trio.Event = field(default_factory=trio.Event)

    @staticmethod
    def of(row: Row) -> RenderJob:
        """Return the job that a row of the journal tells of."""
        record = row.record
        job = RenderJob(
            job_id=record.job_id,
            asked=record.asked,
            plan=record.plan,
            problems=record.problems,
            priority=record.priority,
            serial=row.serial,
            place=record.place,
            trace_id=record.trace_id,
            interrupted=record.interrupted,
            state=record.state,
            created_at=record.created_at,
            started_at=record.started_at,
            ended_at=record.ended_at,
            attempts=record.attempts,
            delivering=record.delivering,
            promised=record.promised,
            progress=record.progress,
            result=record.result,
            error=record.error,
            fallback=None if record.progress is None else record.progress.fallback,
            restored=True,
        )
        if job.ended:
            job.done.set()
        return job

    def row(self) -> Row:
        """Return what the journal keeps of it."""
        record = Record(
            job_id=self.job_id,
            asked=self.asked,
            state=self.state,
            priority=self.priority,
            place=self.place,
            interrupted=self.interrupted,
            attempts=self.attempts,
            delivering=self.delivering,
            promised=self.promised,
            created_at=self.created_at,
            started_at=self.started_at,
            ended_at=self.ended_at,
            trace_id=self.trace_id,
            plan=self.plan,
            problems=self.problems,
            progress=self.progress,
            result=self.result,
            error=self.error,
        )
        return Row(self.serial, record)

    @property
    def target(self) -> Path:
        return Path(self.asked.output)

    def may_replace(self, path: Path) -> bool:
        """Whether what stands at a path may be replaced: asked for, or the job's own work. Blocks.

        A process that was killed may have delivered, and not lived to note it.
        """
        with suppress(OSError):
            return self.asked.overwrite or Identity.of(path) in self.delivering
        return False

    def delivered(self) -> RenderResult | None:
        """Return what it has come to, if an earlier process delivered all of it and did not live to note it. Blocks."""
        promised = self.promised
        if promised is None:
            return None
        with suppress(OSError):
            if all(Identity.of(path) in self.delivering for path in (*map(Path, promised.sidecars), self.target)):
                return promised
        return None

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def active(self) -> bool:
        """Whether it holds one of the places of jobs that run at once."""
        return self.state in ("preparing", "running")

    def refuse_unless(self, *, fits: bool) -> None:
        """Raise JobState with the state that it is in, unless that fits."""
        if not fits:
            raise JobState(job_id=self.job_id, state=self.state)

    def begin(self) -> None:
        """Note the start of an attempt."""
        self.attempts += 1
        self.began, self.interrupted = True, False
        self.state = self.phase = "preparing"
        self.started_at = self.started_at or timestamp()

    def end(self, state: State, *, result: RenderResult | None = None, error: SidecarError | None = None) -> None:
        """Note how the job ended; its plan is not needed any more."""
        self.state, self.result, self.ended_at = state, result, timestamp()
        self.planned, self.interrupted = None, False
        if error is not None:
            self.error = JobError(code=error.code, message=error.message, data=error.data(self.trace_id))

    def advance(self) -> None:
        """Note that a process of it has got on."""
        self.advances += 1

    def interrupt(self) -> None:
        """Note that its task was broken off: if it ran it waits again, before all others."""
        self.began = False
        if self.active:
            self.state, self.interrupted = "queued", True

    def show(self, position: int | None, *, segments: bool) -> Job:
        """Return the job as the wire has it."""
        return Job(
            job_id=self.job_id,
            state=self.state,
            position=position,
            priority=self.priority,
            labels=self.asked.labels,
            output=self.asked.output,
            created_at=self.created_at,
            started_at=self.started_at,
            ended_at=self.ended_at,
            plan=self.plan,
            progress=self.progress,
            attempts=self.attempts,
            result=self.result,
            error=self.error,
            segments=self._segments() if segments else None,
        )

    def _segments(self) -> list[Segment] | None:
        """The segments as the run left them; of one that ran in another process nobody knows them any more."""
        if self.segments is not None or (self.restored and self.ended):
            return self.segments
        states: dict[State, SegmentState] = {"completed": "encoded", "failed": "failed", "running": "running"}
        return [Segment(index=0, from_=0, to=self.plan.frames, state=states.get(self.state, "waiting"))]
