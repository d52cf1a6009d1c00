"""media.filmstrip: small pictures of a file at some instants."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from protocol.commands.command import Command, Example, Params
from protocol.commands.reading import READING, SecondsRange
from protocol.commands.shared import Resource
from protocol.errors import InvalidParams, LimitExceeded, SourceChanged
from protocol.model import Result
from protocol.project.words import HexColor
from protocol.time import ExactTime, Seconds

MOST_FRAMES = 1_000
"""Instants of a strip, at most."""

MOST_SIDE = 4_096
"""Pixels of a picture's longer side, at most."""


class MediaFilmstrip(Params, kw_only=True):
    """Exactly one of `count` (spread evenly, each in the middle of its part), `interval` and `times` (of the file).

    `range` (for `count` and `interval`) is the whole file where it is not given. Width and height are those of the box
    that each upright picture fits; one that is null follows by aspect. With `accuracy` "keyframe" a picture is the
    newest keyframe at or before its instant, with "exact" the very frame that a render would show. `quality` 0-100 is
    that of JPEG and WebP. What is transparent lies over `background` in JPEG, and stays transparent in the others.
    """

    path: str
    video_stream: Annotated[int, Meta(ge=0, le=63)] = 0
    range: SecondsRange | None = None
    count: Annotated[int, Meta(ge=1, le=MOST_FRAMES)] | None = None
    interval: Seconds | None = None
    times: Annotated[list[Seconds], Meta(min_length=1, max_length=MOST_FRAMES)] | None = None
    width: Annotated[int, Meta(ge=8, le=MOST_SIDE)] | None = None
    height: Annotated[int, Meta(ge=8, le=MOST_SIDE)] | None = 90
    accuracy: Literal["keyframe", "exact"] = "keyframe"
    format: Literal["jpeg", "webp", "png"] = "jpeg"
    quality: Annotated[int, Meta(ge=0, le=100)] = 70
    background: HexColor = "#000000"
    sheet: bool = False


class FilmstripFrame(Result):
    """A picture of a strip.

    `time` is the instant that was asked for, `source_time` that of the frame shown; `exact`: no other frame is on
    screen at `time`. `image` is null where the frame cannot be decoded. `x`, `y` are where it lies in the sheet, null
    without one.
    """

    time: ExactTime
    source_time: ExactTime
    exact: bool
    image: Resource | None
    x: int | None
    y: int | None


class Filmstrip(Result):
    """Pictures in the order of what was asked for; `cached` of them were not decoded for this request.

    While it is made, pictures are reported as `items` of progress, in the order in which they come.
    """

    frames: list[FilmstripFrame]
    sheet: Resource | None
    cell_width: int
    cell_height: int
    cached: int


COMMANDS = (
    Command(
        "media.filmstrip",
        MediaFilmstrip,
        Filmstrip,
        "Make small pictures of a file at some instants.",
        Example({"path": "clip.mp4", "count": 4, "sheet": True}),
        raises=(*READING, SourceChanged, InvalidParams, LimitExceeded),
        load="probe",
        progress=True,
    ),
)
