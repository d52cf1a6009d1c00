"""What the queue has in hand."""

from __future__ import annotations

from dataclasses import dataclass

from sidecar.services.monitoring.meter import Rendered
from sidecar.services.render.job import RenderJob


@dataclass(frozen=True, slots=True)
class Work:
    """Jobs that hold one of `limit` places, how many wait for one, and when the one of those was made that was first."""

    running: tuple[RenderJob, ...]
    waiting: int
    limit: int
    oldest: str | None


def tally(job: RenderJob, rendered: Rendered) -> None:
    """Add what a job that has ended came to; one that never began its work came to nothing."""
    progress = job.progress
    if progress is None:
        return
    parts = progress.segments
    rendered.planned += parts.total
    rendered.segments.update(cached=parts.cached, copied=parts.copied, encoded=parts.encoded, failed=parts.failed)
    rendered.frames.update(
        cached=progress.frames_cached, copied=progress.frames_copied, encoded=progress.frames_encoded
    )
    rendered.bytes += job.result.bytes if job.result is not None else 0
