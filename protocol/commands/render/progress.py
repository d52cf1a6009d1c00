"""How far a render is."""

from __future__ import annotations

from typing import Literal

from protocol.model import Result

State = Literal["queued", "preparing", "running", "paused", "completed", "failed", "cancelled"]
Stage = Literal["analysing", "picture", "sound", "joining", "verifying", "publishing"]


class Fallback(Result):
    """An encoder that failed, and the one that did its work."""

    wanted: str
    used: str
    reason: str
    segments: list[int]


class SegmentCounts(Result):
    """Segments by state."""

    total: int
    cached: int
    copied: int
    encoded: int
    running: int
    failed: int


class CurrentSegment(Result):
    """A segment being encoded, in frames of the output."""

    index: int
    from_: int
    to: int
    fraction: float
    encoder: str


class RenderProgress(Result):
    """At most 20 a second a job; `fraction` never falls; `eta` (seconds) is null before it can be known."""

    job_id: str
    state: State
    stage: Stage
    fraction: float
    frame: int
    frames: int
    frames_cached: int
    frames_copied: int
    frames_encoded: int
    fps: float | None
    speed: float | None
    bitrate: float | None
    bytes: int
    bytes_predicted: int | None
    elapsed: float
    eta: float | None
    segments: SegmentCounts
    current: list[CurrentSegment]
    retries: int
    fallback: Fallback | None
