"""What a strip shows: its instants, the size of its pictures, which frame each instant shows, and in what order to decode."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

import msgspec

from protocol.commands.filmstrip import MOST_FRAMES, MOST_SIDE, MediaFilmstrip
from protocol.commands.media import MediaInfo, VideoStream
from protocol.errors import InvalidParams, LimitExceeded, MediaUnsupported
from protocol.time import parse_seconds
from protocol.typed import ready
from sidecar.core.source import SourceColor, SourceFacts, SourceVideo, unpack_stamps
from sidecar.core.timeline import FileReading
from sidecar.core.timeline.frames import frame_times
from sidecar.services.media.filmstrip.look import Keyframe, Look, Run, Wanted

MOST_PIXELS = 67_108_864
MOST_SHEET_SIDE = 16_383
"""Of WebP, the narrowest of the formats."""

SHEET_WIDTH = 4_096
"""Pixels that a row of a sheet may have, where one picture has no more."""

BLOCK = 16
"""Pixels whose colour JPEG mixes: there cells begin at multiples of it."""


@dataclass(frozen=True, slots=True)
class Place:
    """What an instant (seconds of the file) shows: a frame by its timestamp in ticks. `exact`: the very one on screen."""

    instant: Fraction
    pts: int
    exact: bool


def picture_of(info: MediaInfo, number: int) -> VideoStream:
    """Return a picture stream; raises MediaUnsupported where there is none of that number."""
    if number >= len(info.video):
        raise MediaUnsupported(path=info.path, detail=f"it has no picture stream {number}")
    return info.video[number]


def instants(request: MediaFilmstrip, duration: Fraction | None) -> list[Fraction]:
    """Return the instants, in seconds. Raises InvalidParams and LimitExceeded."""
    if sum(value is not None for value in (request.count, request.interval, request.times)) != 1:
        raise InvalidParams(detail="exactly one of count, interval and times is needed", path="")
    if request.times is not None:
        if request.range is not None:
            raise InvalidParams(detail="times say where they are; a range goes with count or interval", path="/range")
        return [_seconds(time, f"/times/{number}") for number, time in enumerate(request.times)]
    begin, end = Fraction(0), duration or Fraction(0)
    if request.range is not None:
        begin, end = _seconds(request.range.from_, "/range/from"), _seconds(request.range.to, "/range/to")
        if not 0 <= begin < end:
            raise InvalidParams(detail="a range begins at 0 or later, and ends after it begins", path="/range")
    if request.count is not None:
        part = (end - begin) / request.count
        return [begin + part * number + part / 2 for number in range(request.count)]
    step = _seconds(request.interval or 0, "/interval")
    if step <= 0:
        raise InvalidParams(detail="an interval is above 0", path="/interval")
    count = max(1, ceil((end - begin) / step))
    if count > MOST_FRAMES:
        raise LimitExceeded(what="frames of a strip", value=count, limit=MOST_FRAMES, pointer="/interval")
    return [begin + step * number for number in range(count)]


def _seconds(value: float | str, pointer: str) -> Fraction:
    try:
        return parse_seconds(value)
    except ValueError as error:
        raise InvalidParams(detail=str(error), path=pointer) from error


def look_of(request: MediaFilmstrip, video: VideoStream) -> Look:
    """Return how the frames of a stream are drawn. Raises LimitExceeded for sides beyond 4096 pixels."""
    own = (video.display_width, video.display_height)
    width, height = fitted(own, request.width, request.height)
    if max(width, height) > MOST_SIDE:
        raise LimitExceeded(what="pixels of a picture's side", value=max(width, height), limit=MOST_SIDE)
    color = video.color
    tags = {name: getattr(color, name) for name in ("range", "matrix", "primaries", "transfer")}
    tags["peak"] = video.hdr.max_luminance
    field = video.interlaced if video.interlaced in ("tff", "bff") else None
    return Look(
        width=width,
        height=height,
        shrinks=width * height < own[0] * own[1],
        rotation=video.rotation,
        mirrored=video.mirrored,
        color=msgspec.convert(tags, ready(SourceColor)),
        depth=video.bits,
        alpha=video.alpha,
        field=field,
        alone=field is not None and request.accuracy == "keyframe",
        format=request.format,
        quality=0 if request.format == "png" else request.quality,
        # What decides nothing must not part equal pictures.
        background=request.background if video.alpha and request.format == "jpeg" else "#000000",
    )


def fitted(own: tuple[int, int], width: int | None, height: int | None) -> tuple[int, int]:
    """Return the size of an upright picture in a box; a side that is None is free, both: the picture's own size."""
    scale = min(
        (Fraction(side, length) for side, length in zip((width, height), own, strict=True) if side is not None),
        default=Fraction(1),
    )
    return max(1, floor(own[0] * scale + Fraction(1, 2))), max(1, floor(own[1] * scale + Fraction(1, 2)))


def limit_ticks(wanted: Sequence[Fraction], start: Fraction, tick: Fraction, rate: Fraction | None) -> tuple[int, ...]:
    """Return the latest timestamp, in ticks, that a frame on screen at each instant may have.

    ε of docs/engine.md is added: half a tick, at most a quarter of a frame's interval.
    """
    slack = tick / 2 if rate is None else min(tick / 2, 1 / (4 * rate))
    return tuple(floor((start + instant + slack) / tick) for instant in wanted)


def keyframe_places(wanted: Sequence[Fraction], ticks: Sequence[int], found: Sequence[Keyframe]) -> list[Place]:
    """Return what instants show when a keyframe stands for those after it."""
    return [
        Place(instant, key.pts, exact=key.pts <= tick < key.pts + key.duration)
        for instant, tick, key in zip(wanted, ticks, found, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Exact:
    """Which frames instants show, by the rule of a render, and how they are reached."""

    places: list[Place]
    keys: dict[int, int | None]
    near: int


def exact_places(facts: SourceFacts, video: SourceVideo, wanted: Sequence[Fraction]) -> Exact:
    """Return the frames that a render would show at the instants.

    `keys` has the keyframe from which each frame is decoded, None for the file's beginning; `near` is by how many
    ticks timestamps may be off, where a rate stands for them.
    """
    reading = FileReading(
        facts,
        video,
        None,
        looped=False,
        alpha=video.alpha,
        straight=True,
        deinterlace=video.interlaced in ("tff", "bff"),
    )
    times = frame_times(reading, video)
    indices = [0 if video.still else times.index(instant) for instant in wanted]
    stamps = None if video.stamps is None else unpack_stamps(video.stamps)
    near = 0
    if stamps is None and video.rate is not None:
        near = 1 if 4 * video.time_base <= 1 / video.rate else 0
    keyframes = video.keyframes or ()

    def pts_of(index: int) -> int:
        if video.still:
            return video.first_pts
        if stamps is not None:
            return stamps[index]
        if video.rate is None:
            return times.stamp(index)
        return video.first_pts + floor(index / video.rate / video.time_base + Fraction(1, 2))

    def snapped(pts: int) -> int:
        after = bisect_right(keyframes, pts + near)
        return keyframes[after - 1] if after and keyframes[after - 1] >= pts - near else pts

    def key_of(index: int) -> int | None:
        # Deinterlacing has to see the frame before, too.
        pts = pts_of(max(0, index - 1)) if video.interlaced in ("tff", "bff") else pts_of(index)
        after = bisect_right(keyframes, pts + near)
        return keyframes[after - 1] if after and video.seekable and not video.still else None

    places = [
        Place(instant, snapped(pts_of(index)), exact=True) for instant, index in zip(wanted, indices, strict=True)
    ]
    keys = {place.pts: key_of(index) for place, index in zip(places, indices, strict=True)}
    return Exact(places, keys, near)


def runs_of(wanted: Sequence[tuple[int, int, int | None]]) -> tuple[Run, ...]:
    """Group frames (place, timestamp, keyframe) by the keyframe that they are decoded from, the shortest way first."""
    groups: dict[int | None, list[Wanted]] = {}
    for place, pts, key in sorted(wanted, key=lambda each: each[1]):
        groups.setdefault(key, []).append(Wanted(place, pts))
    made = [Run(key, tuple(group)) for key, group in groups.items()]
    return tuple(sorted(made, key=lambda run: run.wanted[-1].pts - (run.wanted[0].pts if run.key is None else run.key)))


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of a sheet: how many stand in a row, and how far apart they begin."""

    columns: int
    step: tuple[int, int]

    def at(self, place: int) -> tuple[int, int]:
        """Return where a cell begins."""
        return place % self.columns * self.step[0], place // self.columns * self.step[1]


def grid_of(count: int, look: Look) -> Grid:
    """Lay a sheet out. Raises LimitExceeded when it is more than WebP or 64 Mi pixels hold."""
    block = BLOCK if look.format == "jpeg" else 1
    across, down = (-(-side // block) * block for side in (look.width, look.height))
    columns = min(count, max(1, SHEET_WIDTH // across))
    rows = -(-count // columns)
    side = max(columns * across, rows * down)
    if side > MOST_SHEET_SIDE:
        raise LimitExceeded(what="pixels of a sheet's side", value=side, limit=MOST_SHEET_SIDE, pointer="/sheet")
    if columns * across * rows * down > MOST_PIXELS:
        raise LimitExceeded(
            what="pixels of a sheet", value=columns * across * rows * down, limit=MOST_PIXELS, pointer="/sheet"
        )
    return Grid(columns, (across, down))
