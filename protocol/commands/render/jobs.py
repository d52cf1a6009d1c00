"""A render job, from its start to what it leaves."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from protocol.commands.command import Params
from protocol.commands.render.plans import Encoders, PlanSummary, Platform, Segment
from protocol.commands.render.progress import Fallback, RenderProgress, State
from protocol.commands.shared import ExportJson, ProjectRef, Range
from protocol.errors import ErrorData
from protocol.model import Result
from protocol.problem import Problem
from protocol.time import ExactTime


class RenderStart(Params, kw_only=True):
    """`export` is merged over the project's, member by member (null is a value); a second start with one `jobId` returns the first job.

    Started `paused` it waits for render.resume; without `resume` it ends with the sidecar instead of going on in the next one.
    """

    project: ProjectRef
    output: str
    export: ExportJson = {}
    overwrite: bool = False
    range: Range | None = None
    job_id: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    priority: Annotated[int, Meta(ge=-100, le=100)] = 0
    paused: bool = False
    resume: bool = True
    labels: dict[str, str] = {}
    platform: Platform | None = None


class Started(Result):
    """A job, running or waiting."""

    job_id: str
    state: State
    position: int | None
    output: str
    plan: PlanSummary
    problems: list[Problem]


class Reused(Result):
    """Segments by where they came from."""

    cached: int
    copied: int
    encoded: int


class Verified(Result):
    """What was checked in the written file."""

    streams: bool
    frames: bool
    duration: bool
    joins: int


class MeasuredLoudness(Result):
    """Of the written sound: LUFS and dBTP."""

    integrated: float
    true_peak: float


class RenderResult(Result):
    """The finished file; `seconds` is the time it took."""

    path: str
    bytes: int
    frames: int
    duration: ExactTime
    seconds: float
    encoder: Encoders
    fallback: Fallback | None
    reused: Reused
    verified: Verified
    loudness: MeasuredLoudness | None
    warnings: list[Problem]
    sidecars: list[str]


class JobError(Result):
    """Why a job failed, as a JSON-RPC error object."""

    code: int
    message: str
    data: ErrorData


class Job(Result):
    """A render job; instants are RFC 3339 in UTC."""

    job_id: str
    state: State
    position: int | None
    priority: int
    labels: dict[str, str]
    output: str
    created_at: str
    started_at: str | None
    ended_at: str | None
    plan: PlanSummary
    progress: RenderProgress | None
    attempts: int
    result: RenderResult | None
    error: JobError | None
    segments: list[Segment] | None
