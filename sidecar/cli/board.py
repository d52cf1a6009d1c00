"""What `sidecar top` knows of a sidecar: its last look, its jobs and alerts, and the last minutes of two numbers."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic

import msgspec

from protocol.commands.alerts import Alert
from protocol.commands.metrics import MetricsSnapshot
from protocol.commands.render import Job, RenderProgress, RenderStateChanged
from protocol.events import Event
from protocol.typed import ready

REMEMBERED = 600
"""Seconds of which the processor and memory are drawn."""

ENDED = frozenset({"completed", "failed", "cancelled"})

ORDER = ("running", "preparing", "paused", "queued", "failed", "completed", "cancelled")
"""Jobs by their state, as they are listed."""


def _seconds() -> deque[float | None]:
    return deque(maxlen=REMEMBERED)


@dataclass(slots=True)
class Board:
    """All of it. `heard` is when the last look came, by the monotonic clock; `name` says which sidecar it is of."""

    name: str
    look: MetricsSnapshot | None = None
    heard: float = field(default_factory=monotonic)
    jobs: dict[str, Job] = field(default_factory=dict)
    progress: dict[str, RenderProgress] = field(default_factory=dict)
    alerts: Sequence[Alert] = ()
    cpu: deque[float | None] = field(default_factory=_seconds)
    memory: deque[float | None] = field(default_factory=_seconds)

    def take(self, event: Event) -> None:
        """Take in an event."""
        if event.topic == "metrics":
            self.take_look(msgspec.convert(event.payload, ready(MetricsSnapshot)))
        elif event.topic == "render.progress":
            step = msgspec.convert(event.payload, ready(RenderProgress))
            self.progress[step.job_id] = step
        elif event.topic == "render.state":
            self.take_job(msgspec.convert(event.payload, ready(RenderStateChanged)).job)

    def take_look(self, look: MetricsSnapshot) -> None:
        """Take in a look, which came just now."""
        self.look, self.heard = look, monotonic()
        if look.system is not None:
            self.cpu.append(look.system.cpu)
            self.memory.append(look.system.memory.used / look.system.memory.total)

    def take_job(self, job: Job) -> None:
        """Take in a job as it is by now."""
        self.jobs[job.job_id] = job
        if job.state in ENDED:
            self.progress.pop(job.job_id, None)
        elif job.progress is not None:
            self.progress.setdefault(job.job_id, job.progress)

    def listed(self) -> list[Job]:
        """Return the jobs: those that run before those that wait, in their order, and those that ended last of the ended."""
        waiting = [job for job in self.jobs.values() if job.state not in ENDED]
        ended = sorted((job for job in self.jobs.values() if job.state in ENDED), key=_ended, reverse=True)
        return sorted(waiting, key=_place) + ended


def _place(job: Job) -> tuple[int, int, str]:
    return ORDER.index(job.state), -1 if job.position is None else job.position, job.created_at


def _ended(job: Job) -> str:
    return job.ended_at or ""
