"""Pictures of a file at some instants."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from pathlib import PurePath
from typing import Annotated, Literal

from msgspec import Meta

from protocol.errors import InvalidParams, LimitExceeded
from protocol.model import Model
from protocol.time import Seconds, parse_seconds
from sidecar.core.source import SourceFacts
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.excerpt import PLAIN, QUIET, Options, fitted, frames_of, joined, picture_of, stored, target
from sidecar.ffmpeg.builder.picture.select import Take
from sidecar.ffmpeg.builder.sidefiles import SideFiles

MAX_THUMBNAILS = 100
"""Each is an input of its own, so that none is decoded further than needed."""


class Thumbnails(Model, kw_only=True):
    """Exactly one of `times`, `count` (spread evenly, each in the middle of its part) and `interval`.

    Width and height are those of the box that each picture fits; one left out follows by aspect.
    """

    path: str
    video_stream: Annotated[int, Meta(ge=0, le=63)] = 0
    times: Annotated[list[Seconds], Meta(min_length=1, max_length=MAX_THUMBNAILS)] | None = None
    count: Annotated[int, Meta(ge=1, le=MAX_THUMBNAILS)] | None = None
    interval: Seconds | None = None
    width: Annotated[int, Meta(ge=16, le=4096)] | None = None
    height: Annotated[int, Meta(ge=16, le=4096)] | None = None
    format: Literal["jpeg", "png", "webp"] = "jpeg"
    quality: Annotated[int, Meta(ge=0, le=100)] = 80


def instants(parameters: Thumbnails, duration: Fraction | None) -> list[Fraction]:
    """Return the instants of the pictures. Raises InvalidParams, and LimitExceeded for more than 100."""
    given = [value is not None for value in (parameters.times, parameters.count, parameters.interval)]
    if sum(given) != 1:
        raise InvalidParams(detail="exactly one of times, count and interval is needed", path="/parameters")
    length = duration if duration is not None else Fraction(0)
    if parameters.times is not None:
        return [parse_seconds(time) for time in parameters.times]
    if parameters.count is not None:
        return [length * (2 * number + 1) / (2 * parameters.count) for number in range(parameters.count)]
    interval = parse_seconds(parameters.interval or 0)
    if interval <= 0:
        raise InvalidParams(detail="the interval must be above 0", path="/parameters/interval")
    count = max(1, ceil(length / interval))
    if count > MAX_THUMBNAILS:
        raise LimitExceeded(what="thumbnails", value=count, limit=MAX_THUMBNAILS, pointer="/parameters/interval")
    return [number * interval for number in range(count)]


def build_thumbnails(parameters: Thumbnails, facts: SourceFacts, output: str) -> Command:
    """Build the command that writes `<stem>-0001<suffix>`, ... beside where `output` points."""
    video = picture_of(facts, parameters.video_stream)
    size = fitted(video, parameters.width or (320 if parameters.height is None else None), parameters.height)
    files = SideFiles()
    pieces = [
        frames_of(facts, video, Take(time, Fraction(1), Fraction(1), 1), files, size=size, pixel_format="gbrp")
        for time in instants(parameters, facts.duration)
    ]
    return Command(
        outputs=(
            Output(
                (stored(joined(pieces), parameters.format),), (*_encoder(parameters), *PLAIN), target(numbered(output))
            ),
        ),
        files=files.all(),
        globals_=QUIET,
        frames=len(pieces),
    )


def numbered(output: str) -> str:
    """Return the image muxer's pattern for files beside `output`; a per cent sign of its own stays one."""
    path = PurePath(output.replace("%", "%%"))
    return str(path.with_name(f"{path.stem}-%04d{path.suffix}"))


def _encoder(parameters: Thumbnails) -> Options:
    muxer: Options = (("fps_mode", "passthrough"), ("f", "image2"))
    if parameters.format == "jpeg":
        # 1 is the best of mjpeg, 31 the worst.
        return (("c:v", "mjpeg"), ("q:v", str(1 + round((100 - parameters.quality) * 30 / 100))), *muxer)
    if parameters.format == "webp":
        return (("c:v", "libwebp"), ("quality", str(parameters.quality)), *muxer)
    return (("c:v", "png"), *muxer)
