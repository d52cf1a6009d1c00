"""Renders: plan, start, watch, cancel."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from protocol.commands.command import Command, Example, Params
from protocol.commands.project import DEMO
from protocol.commands.shared import ExportJson, ProjectRef, Range
from protocol.errors import (
    DiskFull,
    EncoderUnavailable,
    ErrorData,
    FfmpegNotFound,
    InvalidParams,
    InvalidProject,
    JobNotFound,
    JobState,
    LimitExceeded,
    NothingToRender,
    OutputExists,
    OutputUnwritable,
    PermissionDenied,
    ProjectConflict,
    ProjectNotFound,
    ProjectNotOpen,
    ResourceLimit,
    UnsupportedSchema,
)
from protocol.model import Result
from protocol.problem import Problem
from protocol.time import ExactTime

State = Literal["queued", "preparing", "running", "paused", "completed", "failed", "cancelled"]
SegmentState = Literal["cached", "copied", "waiting", "running", "encoded", "failed"]
Stage = Literal["analysing", "picture", "sound", "joining", "verifying", "publishing"]


Platform = Literal["youtube", "youtube-shorts", "x", "vimeo", "telegram", "discord"]


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


class Encoders(Result):
    """FFmpeg's names of the encoders."""

    video: str | None
    audio: str | None


class PlanSummary(Result):
    """What a render will do. Estimates are null while nothing measured supports them."""

    frames: int
    duration: ExactTime
    segments: int
    cached: int
    copied: int
    encode: int
    frames_to_encode: int
    estimated_seconds: float | None
    estimated_bytes: int | None
    encoder: Encoders


class Started(Result):
    """A job, running or waiting."""

    job_id: str
    state: State
    position: int | None
    output: str
    plan: PlanSummary
    problems: list[Problem]


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


class Segment(Result):
    """A piece of the output, in frames."""

    index: int
    from_: int
    to: int
    state: SegmentState


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


class JobQuery(Params, kw_only=True):
    """A job, with its segments if asked."""

    job_id: str
    segments: bool = False


class JobId(Params, kw_only=True):
    """A job."""

    job_id: str


class JobMove(Params, kw_only=True):
    """Another `priority`, or the place just `before` a job that waits (whose priority it takes); null: behind all of its priority."""

    job_id: str
    priority: Annotated[int, Meta(ge=-100, le=100)] | None = None
    before: str | UnsetType | None = UNSET


class JobIds(Params, kw_only=True):
    """Jobs that have ended; ids of none are ignored."""

    job_ids: Annotated[list[str], Meta(max_length=100_000)]


class Removed(Result):
    """How many jobs there were to remove."""

    removed: int


class JobsQuery(Params, kw_only=True):
    """Jobs in the order of their making, newest first; `after` is the last id of the page before."""

    states: list[State] | None = None
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100
    after: str | None = None


class JobList(Result):
    """A page of jobs; `limit` is how many run at once."""

    jobs: list[Job]
    next: str | None
    running: int
    queued: int
    limit: int


class RenderPlan(Params, kw_only=True):
    """What render.start would do, without doing it; `platform` has its limits compared: warnings `platformLimit`."""

    project: ProjectRef
    export: ExportJson = {}
    range: Range | None = None
    platform: Platform | None = None


class Input(Result):
    """A file that the render reads; `from_` and `to` are source seconds."""

    path: str
    fingerprint: str
    clips: list[str]


class NotCopied(Result):
    """Why a clip (its id, if it has one; `pointer` into the project), or with `/export` everything, is encoded and not copied."""

    pointer: str
    clip: str | None
    rule: str
    reason: str


class Plan(Result):
    """The plan: its key changes if and only if the written file would. A clip of `notCopied` may be copied in part."""

    plan: PlanSummary
    key: str
    problems: list[Problem]
    segments: list[Segment]
    inputs: list[Input]
    width: int
    height: int
    frame_rate: str
    container: str
    not_copied: list[NotCopied] = []


class RenderPreset(Result):
    """A named set of export settings; `platform` is the one it is meant for, to be named in the plan."""

    id: str
    name: str
    description: str
    export: dict[str, Any]
    platform: Platform | None


class PresetList(Result):
    """Presets, and the defaults that they change."""

    presets: list[RenderPreset]


class PresetQuery(Params, kw_only=True):
    """Presets for one container only, if named."""

    container: str | None = None


_REF = (
    InvalidProject,
    UnsupportedSchema,
    ProjectNotFound,
    ProjectNotOpen,
    ProjectConflict,
    PermissionDenied,
    NothingToRender,
    InvalidParams,
    EncoderUnavailable,
    FfmpegNotFound,
    LimitExceeded,
    ResourceLimit,
)
_START = Example({"project": {"inline": DEMO}, "output": "out.mp4", "jobId": "demo-job", "overwrite": True})

COMMANDS = (
    Command(
        "render.start",
        RenderStart,
        Started,
        "Queue a render.",
        _START,
        raises=(*_REF, OutputExists, OutputUnwritable, DiskFull),
    ),
    Command(
        "render.cancel",
        JobId,
        Job,
        "End a job; nothing is left at its target.",
        Example({"jobId": "demo-job"}, after=("render.start",)),
        raises=(JobNotFound, JobState),
    ),
    Command(
        "render.pause",
        JobId,
        Job,
        "Stop a job where it stands; the next one gets its place.",
        Example({"jobId": "demo-job"}, after=("render.start",)),
        raises=(JobNotFound, JobState),
    ),
    Command(
        "render.resume",
        JobId,
        Job,
        "Let a paused job go on, once its turn comes.",
        Example({"jobId": "demo-job"}, after=("render.start", "render.pause")),
        raises=(JobNotFound, JobState),
    ),
    Command(
        "render.move",
        JobMove,
        Job,
        "Give a job another priority or place in the queue.",
        Example({"jobId": "demo-job", "priority": 5}, after=("render.start",)),
        raises=(JobNotFound, JobState),
    ),
    Command(
        "render.remove",
        JobIds,
        Removed,
        "Remove jobs that have ended from the history.",
        Example({"jobIds": ["demo-job"]}, after=("render.start", "render.cancel")),
        raises=(JobState,),
    ),
    Command(
        "render.job",
        JobQuery,
        Job,
        "Return a job.",
        Example({"jobId": "demo-job", "segments": True}, after=("render.start",)),
        raises=(JobNotFound,),
    ),
    Command(
        "render.jobs",
        JobsQuery,
        JobList,
        "List jobs, newest first.",
        Example({"limit": 10}, after=("render.start",)),
        raises=(JobNotFound,),
    ),
    Command(
        "render.plan",
        RenderPlan,
        Plan,
        "Say what a render would do, without doing it.",
        Example({"project": {"inline": DEMO}}),
        raises=_REF,
    ),
    Command(
        "render.presets",
        PresetQuery,
        PresetList,
        "List named export settings.",
        Example({}),
        load="inline",
    ),
)
