"""Renders: plan, start, watch, cancel."""

from protocol.commands.render.changes import RenderStateChanged, SegmentChange, SegmentsChanged
from protocol.commands.render.jobs import (
    Job,
    JobError,
    MeasuredLoudness,
    RenderResult,
    RenderStart,
    Reused,
    Started,
    Verified,
)
from protocol.commands.render.plans import (
    Encoders,
    Input,
    NotCopied,
    Plan,
    PlanSummary,
    Platform,
    RenderPlan,
    Segment,
    SegmentState,
)
from protocol.commands.render.presets import (
    PresetList,
    PresetQuery,
    RenderPreset,
)
from protocol.commands.render.progress import (
    CurrentSegment,
    Fallback,
    RenderProgress,
    SegmentCounts,
    Stage,
    State,
)
from protocol.commands.render.queue import (
    JobId,
    JobIds,
    JobList,
    JobMove,
    JobQuery,
    JobsQuery,
    Removed,
)
from protocol.commands.render.table import (
    COMMANDS,
)

__all__ = [
    "COMMANDS",
    "CurrentSegment",
    "Encoders",
    "Fallback",
    "Input",
    "Job",
    "JobError",
    "JobId",
    "JobIds",
    "JobList",
    "JobMove",
    "JobQuery",
    "JobsQuery",
    "MeasuredLoudness",
    "NotCopied",
    "Plan",
    "PlanSummary",
    "Platform",
    "PresetList",
    "PresetQuery",
    "Removed",
    "RenderPlan",
    "RenderPreset",
    "RenderProgress",
    "RenderResult",
    "RenderStart",
    "RenderStateChanged",
    "Reused",
    "Segment",
    "SegmentChange",
    "SegmentCounts",
    "SegmentState",
    "SegmentsChanged",
    "Stage",
    "Started",
    "State",
    "Verified",
]
