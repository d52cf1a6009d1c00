"""preview.filter: an effect on a file, or in a project, before and after."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from protocol.commands.command import Command, Example, Params
from protocol.commands.preview.files import MAKING
from protocol.commands.preview.shared import DEMO_REF, Quality
from protocol.commands.shared import FrameNumber, ProjectRef, Resource
from protocol.errors import EffectUnknown
from protocol.model import Result
from protocol.problem import Problem
from protocol.project import Effect
from protocol.project.words import Id
from protocol.time import ExactTime, Seconds

LONGEST = 30
"""Seconds of a clip, at most."""


class PreviewFilter(Params, kw_only=True):
    """Exactly one of `project` and `path`, and of `frame` and `time`.

    `owner` is the id of the clip or track that the effect acts on, null the whole project (of a file: its one clip).
    An effect whose `id` is that of one of the owner's takes its place; before is then without it. Else it is added
    behind them. `duration` 0 gives pictures in `format`, more so many seconds as MP4 without sound. `split`: also one
    picture, its left half before, its right half after. `output` is a file that the picture or clip after the effect,
    or with `split` the split picture, is written to as well.
    """

    project: ProjectRef | None = None
    path: str | None = None
    owner: Id | None = None
    effect: Effect
    frame: FrameNumber | None = None
    time: Seconds | None = None
    duration: Annotated[float, Meta(ge=0, le=LONGEST)] = 0
    width: Annotated[int, Meta(ge=64, le=4_096)] = 640
    format: Literal["jpeg", "webp", "png"] = "jpeg"
    quality: Quality = 80
    split: bool = False
    output: str | None = None
    overwrite: bool = False


class FilterPreview(Result):
    """The same frames before and after; `exact` is false while an analysis is missing that the effect needs."""

    before: Resource
    after: Resource
    split: Resource | None
    frame: int
    time: ExactTime
    frames: int
    width: int
    height: int
    exact: bool
    problems: list[Problem]
    written: list[str]


COMMANDS = (
    Command(
        "preview.filter",
        PreviewFilter,
        FilterPreview,
        "Show a file, or a project, without an effect and with it.",
        Example(
            {"project": DEMO_REF, "effect": {"type": "blur", "parameters": {"radius": 8}}, "time": 1, "width": 160}
        ),
        raises=(*MAKING, EffectUnknown),
        load="previews",
        progress=True,
    ),
)
