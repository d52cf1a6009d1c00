"""What the queue has in hand."""

from __future__ import annotations

from dataclasses import dataclass

from sidecar.services.render.job import RenderJob


@dataclass(frozen=True, slots=True)
class Work:
    """Jobs that hold one of `limit` places, how many wait for one, and when the one of those was made that was first."""

    running: tuple[RenderJob, ...]
    waiting: int
    limit: int
    oldest: str | None
