"""One render job: its state, and how it is shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import trio

from protocol.commands.render import Job, JobError, RenderProgress, RenderResult, Segment, SegmentState, State
from protocol.errors import JobState, SidecarError
from sidecar.services.render.control import JobControl
from sidecar.services.render.planning import Planned

ENDED: frozenset[State] = frozenset({"completed", "failed", "cancelled"})


def timestamp() -> str:
    """Return the time now, RFC 3339 in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(slots=True)
class RenderJob:
    """The mutable record of a job; only the render service changes it."""

    job_id: str
    planned: Planned
    target: Path
    overwrite: bool
    priority: int
    labels: dict[str, str]
    serial: int
    trace_id: str
    state: State = "queued"
    created_at: str = field(default_factory=timestamp)
    started_at: str | None = None
    ended_at: str | None = None
    attempts: int = 0
    progress: RenderProgress | None = None
    result: RenderResult | None = None
    error: JobError | None = None
    control: JobControl = field(default_factory=JobControl)
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)
    turn: trio.Event = field(default_factory=trio.Event)
    done: trio.Event = field(default_factory=trio.Event)

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    def require_running(self) -> None:
        """Raise JobState if the job has ended."""
        if self.ended:
            raise JobState(job_id=self.job_id, state=self.state)

    def begin(self) -> None:
        """Note the start of an attempt."""
        self.attempts += 1
        self.state = "preparing"
        self.started_at = self.started_at or timestamp()

    def end(self, state: State, *, result: RenderResult | None = None, error: SidecarError | None = None) -> None:
        """Note how the job ended."""
        self.state, self.result, self.ended_at = state, result, timestamp()
        if error is not None:
            self.error = JobError(code=error.code, message=error.message, data=error.data(self.trace_id))

    def show(self, position: int | None, *, segments: bool) -> Job:
        """Return the job as the wire has it."""
        return Job(
            job_id=self.job_id,
            state=self.state,
            position=position,
            priority=self.priority,
            labels=self.labels,
            output=str(self.target),
            created_at=self.created_at,
            started_at=self.started_at,
            ended_at=self.ended_at,
            plan=self.planned.summary,
            progress=self.progress,
            attempts=self.attempts,
            result=self.result,
            error=self.error,
            segments=[self._segment()] if segments else None,
        )

    def _segment(self) -> Segment:
        states: dict[State, SegmentState] = {"completed": "encoded", "failed": "failed", "running": "running"}
        return Segment(index=0, from_=0, to=self.planned.frames, state=states.get(self.state, "waiting"))
