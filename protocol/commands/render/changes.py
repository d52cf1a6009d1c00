"""Payloads of the events of renders."""

from __future__ import annotations

from protocol.commands.render.jobs import Job
from protocol.commands.render.plans import SegmentState
from protocol.model import Result


class RenderStateChanged(Result):
    """Payload of render.state: the job as it is now."""

    job: Job


class SegmentChange(Result):
    """A segment that entered another state."""

    index: int
    state: SegmentState


class SegmentsChanged(Result):
    """Payload of render.segments: what has changed since the last of them."""

    job_id: str
    changes: list[SegmentChange]
