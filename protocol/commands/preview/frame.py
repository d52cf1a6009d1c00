"""preview.frame: one picture of a project, as a render would show it."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from protocol.commands.command import Command, Example, Params
from protocol.commands.preview.shared import DEMO_REF, RAISES, Accuracy, PictureMedia, PreviewSide, Quality
from protocol.commands.shared import FrameNumber, ProjectRef, Resource
from protocol.errors import Cancelled
from protocol.model import Model, Result
from protocol.problem import Problem
from protocol.time import ExactTime, Seconds

MOST_INLINE = 256 * 1024
"""Bytes of a picture that an answer may hold."""


class Without(Model):
    """What is left out, by ids, without touching the project: before and after of an effect. Unknown ids leave out nothing."""

    effects: list[str] = []
    clips: list[str] = []
    subtitles: bool = False


class PreviewFrame(Params, kw_only=True):
    """Exactly one of `frame` and `time`; at or past the end it is the background.

    Width and height null: the export's size; one given: the other follows by aspect. Sides become even. `quality`
    0-100 is that of JPEG and WebP. `accuracy` "fast" may take what is not composed anew; the answer says `exact`
    then. `media` "proxy" takes small versions of large files where there are some. A newer request of the same `view`
    of a connection cancels this one: `cancelled`, reason `superseded`. `inline` puts the bytes into the answer too,
    if they are few.
    """

    project: ProjectRef
    frame: FrameNumber | None = None
    time: Seconds | None = None
    width: PreviewSide | None = None
    height: PreviewSide | None = None
    format: Literal["jpeg", "webp", "png"] = "jpeg"
    quality: Quality = 80
    accuracy: Accuracy = "exact"
    media: PictureMedia = "original"
    without: Without = Without()
    view: Annotated[str, Meta(max_length=128)] | None = None
    inline: bool = False


class PreviewPicture(Result):
    """A picture of a project.

    `exact`: it is the picture that the render is given; false at any other size than the export's, while an analysis
    that only a render makes is missing, and where proxies were taken. `data` is base64, null unless it was asked for
    and the image is at most 256 KB. `problems` are those of the project that concern this picture: of clips on screen,
    and of no clip.
    """

    frame: int
    time: ExactTime
    revision: int | None
    image: Resource
    data: str | None
    exact: bool
    from_: Literal["cache", "pipeline", "cold"]
    media: Literal["original", "proxy", "mixed"]
    problems: list[Problem]


COMMANDS = (
    Command(
        "preview.frame",
        PreviewFrame,
        PreviewPicture,
        "Show one picture of a project, as a render would.",
        Example({"project": DEMO_REF, "time": 1, "width": 320}),
        raises=(*RAISES, Cancelled),
    ),
)
