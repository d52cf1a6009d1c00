"""What a render will do, and what of it is made anew."""

from __future__ import annotations

from typing import Literal

from protocol.commands.command import Params
from protocol.commands.shared import ExportJson, ProjectRef, Range
from protocol.model import Result
from protocol.problem import Problem
from protocol.time import ExactTime

SegmentState = Literal["cached", "copied", "waiting", "running", "encoded", "failed"]
Platform = Literal["youtube", "youtube-shorts", "x", "vimeo", "telegram", "discord"]


class RenderPlan(Params, kw_only=True):
    """What render.start would do, without doing it; `platform` has its limits compared: warnings `platformLimit`."""

    project: ProjectRef
    export: ExportJson = {}
    range: Range | None = None
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


class Segment(Result):
    """A piece of the output, in frames."""

    index: int
    from_: int
    to: int
    state: SegmentState


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
