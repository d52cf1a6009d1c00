"""The commands of renders."""

from __future__ import annotations

from protocol.commands.command import Command, Example
from protocol.commands.project import DEMO
from protocol.commands.render.jobs import Job, RenderStart, Started
from protocol.commands.render.plans import Plan, RenderPlan
from protocol.commands.render.presets import PresetList, PresetQuery
from protocol.commands.render.queue import JobId, JobIds, JobList, JobMove, JobQuery, JobsQuery, Removed
from protocol.errors import (
    DiskFull,
    EncoderUnavailable,
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
