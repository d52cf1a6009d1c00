"""Tells of jobs: events for whoever subscribed, rows for the journal."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from protocol.commands.render import Job, RenderStateChanged, SegmentChange, SegmentsChanged, SegmentState
from sidecar.services.events import EventHub
from sidecar.services.render.job import RenderJob
from sidecar.services.render.journal_writer import JournalWriter
from sidecar.services.render.queue import JobQueue
from sidecar.services.render.record import ACTIVE


class News:
    """What changes of a job goes through here. Nothing of it waits."""

    def __init__(self, events: EventHub, writer: JournalWriter, queue: JobQueue) -> None:
        self._events = events
        self._writer = writer
        self._queue = queue

    def show(self, job: RenderJob, *, segments: bool = False) -> Job:
        """Return a job as the wire has it."""
        return job.show(self._queue.line.position(job), segments=segments)

    def note(self, job: RenderJob) -> None:
        """Journal a job as it is."""
        self._writer.put(job)

    async def noted(self, job: RenderJob) -> None:
        """Journal a job as it is, and wait for that, or for the disk to refuse it."""
        await self._writer.put(job).settled.wait()

    def state(self, job: RenderJob) -> None:
        """Journal a state and tell of it."""
        self._writer.put(job)
        self._events.publish("render.state", RenderStateChanged(job=self.show(job)), job_id=job.job_id)

    def progress(self, job: RenderJob) -> None:
        """Tell of the last progress."""
        self._events.publish("render.progress", job.progress, job_id=job.job_id)

    def standing(self, job: RenderJob) -> None:
        """Tell of the state that a job has between two reports of its work."""
        if job.began and job.progress is not None and job.progress.state in (*ACTIVE, "paused", "queued"):
            job.progress = msgspec.structs.replace(job.progress, state=job.state)
            self.progress(job)

    def segments(self, job: RenderJob, changes: Mapping[int, SegmentState]) -> None:
        """Tell of segments whose state changed."""
        listed = [SegmentChange(index=index, state=state) for index, state in sorted(changes.items())]
        self._events.publish("render.segments", SegmentsChanged(job_id=job.job_id, changes=listed), job_id=job.job_id)
