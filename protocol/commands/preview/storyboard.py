"""preview.storyboard: frames of a project or of a file, on one sheet, each by itself, and as a track of thumbnails."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from protocol.commands.command import Command, Example, Params
from protocol.commands.preview.files import MAKING
from protocol.commands.preview.shared import DEMO_REF, Quality
from protocol.commands.shared import ProjectRef, Range, Resource
from protocol.errors.base import ErrorData
from protocol.model import Result
from protocol.problem import Problem
from protocol.time import ExactTime, Seconds

MOST_CELLS = 1_000
"""Pictures of a storyboard, at most."""

OpaqueColor = Annotated[str, Meta(pattern="^#[0-9A-Fa-f]{6}$", extra={"type": "color"})]


class PreviewStoryboard(Params, kw_only=True):
    """Exactly one of `project` and `path`, and of `interval` (seconds), `count` and `scenes`.

    A `count` is spread evenly, each picture in the middle of its part of the `range` (null: of all); with `scenes`
    every scene has its first frame: scenes begin at edits of a project, and at cuts inside the files (media.analyze).
    `width` is that of a picture, `columns` how many stand in a row (null: about as many as rows); `gap` is the pixels
    between them. With `timecodes` a line under each says its time. `quality` 0-100 is that of JPEG and WebP. `output`
    is a file that the sheet is written to as well, and beside it the track, as `.vtt`.
    """

    project: ProjectRef | None = None
    path: str | None = None
    interval: Seconds | None = None
    count: Annotated[int, Meta(ge=1, le=MOST_CELLS)] | None = None
    scenes: bool = False
    range: Range | None = None
    columns: Annotated[int, Meta(ge=1, le=MOST_CELLS)] | None = None
    width: Annotated[int, Meta(ge=16, le=4_096)] = 320
    gap: Annotated[int, Meta(ge=0, le=256)] = 4
    background: OpaqueColor = "#000000"
    timecodes: bool = True
    format: Literal["jpeg", "webp", "png"] = "jpeg"
    quality: Quality = 80
    output: str | None = None
    overwrite: bool = False


class StoryboardFrame(Result):
    """A picture: where it begins in the sheet, and where it is to be had by itself.

    With an `error` the frame cannot be shown, and its picture is a cross.
    """

    frame: int
    time: ExactTime
    x: int
    y: int
    image: Resource
    error: ErrorData | None


class Storyboard(Result):
    """A sheet, and where its pictures lie in it, in order of time.

    `cell_width` and `cell_height` are the size of a picture, the line under it not counted. `vtt` is a WebVTT track
    whose cues name parts of the sheet (`#xywh=`): players show them over the time line. A frame stands for what comes
    until the next one; with `count` for its part. `failed` of them cannot be shown; where none can be, the first one's
    error is that of the command.
    """

    sheet: Resource
    columns: int
    rows: int
    cell_width: int
    cell_height: int
    frames: list[StoryboardFrame]
    vtt: Resource
    failed: int
    exact: bool
    problems: list[Problem]
    written: list[str]


COMMANDS = (
    Command(
        "preview.storyboard",
        PreviewStoryboard,
        Storyboard,
        "Show frames of a project or a file on one sheet, with their times, and as a track of thumbnails. "
        "Items of progress are {frame, time, image, error}.",
        Example({"project": DEMO_REF, "count": 4, "width": 160}),
        raises=MAKING,
        load="previews",
        progress=True,
    ),
)
