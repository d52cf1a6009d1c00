"""preview.batch: many pictures at once."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from protocol.commands.command import Command, Example, Params
from protocol.commands.preview.shared import DEMO_REF, RAISES, Accuracy, PictureMedia, PreviewSide, Quality
from protocol.commands.shared import FrameNumber, ProjectRef, Range, Resource
from protocol.errors.base import ErrorData
from protocol.model import Result
from protocol.time import ExactTime, Seconds

MOST_PICTURES = 1_000


class PreviewBatch(Params, kw_only=True):
    """Pictures of a project or of a file (exactly one of `project` and `path`).

    Exactly one of `frames`, `times` and `count` (spread evenly, each in the middle of its part, over `range` or the
    whole). A file counts its frames at its own rate. Items come as they are made: with `order` "cheapest" in the
    order of the timeline, with "asked" in that of the request. For the rest as preview.frame.
    """

    project: ProjectRef | None = None
    path: str | None = None
    frames: Annotated[list[FrameNumber], Meta(min_length=1, max_length=MOST_PICTURES)] | None = None
    times: Annotated[list[Seconds], Meta(min_length=1, max_length=MOST_PICTURES)] | None = None
    count: Annotated[int, Meta(ge=1, le=MOST_PICTURES)] | None = None
    range: Range | None = None
    width: PreviewSide | None = None
    height: PreviewSide | None = None
    format: Literal["jpeg", "webp", "png"] = "jpeg"
    quality: Quality = 80
    accuracy: Accuracy = "exact"
    media: PictureMedia = "original"
    order: Literal["cheapest", "asked"] = "cheapest"


class BatchItem(Result):
    """A picture, or why there is none; `index` is its place in what was asked for."""

    index: int
    frame: int
    time: ExactTime
    image: Resource | None
    exact: bool
    error: ErrorData | None


class Batch(Result):
    """Items by index, `failed` of them without a picture; `cached` of them were not made for this request."""

    items: list[BatchItem]
    failed: int
    cached: int


COMMANDS = (
    Command(
        "preview.batch",
        PreviewBatch,
        Batch,
        "Show many pictures of a project, or of a file.",
        Example({"project": DEMO_REF, "count": 3, "width": 160}),
        raises=RAISES,
        progress=True,
    ),
)
