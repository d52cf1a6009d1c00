"""What the engine has to know of a media file: the facts of a probe, in exact numbers."""

from __future__ import annotations

import sys
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal

ColorRange = Literal["limited", "full"]
Matrix = Literal["bt601", "bt709", "bt2020", "rgb"]
Primaries = Literal["bt601", "bt601-625", "bt709", "bt2020", "display-p3"]
Transfer = Literal["bt709", "srgb", "pq", "hlg"]


@dataclass(frozen=True, slots=True)
class SourceColor:
    """Colour as it is to be read: the tags, and where there are none the assumption of docs/project.md §4, step 5.

    Primaries `bt601` are those of 525 lines. `peak` is the luminance in cd/m² that the file says it was graded for.
    """

    range: ColorRange
    matrix: Matrix
    primaries: Primaries
    transfer: Transfer
    peak: float | None = None


@dataclass(frozen=True, slots=True)
class SourceVideo:
    """A picture stream.

    `index` counts picture streams without cover art, `stream` all streams of the file. `rate` is the rate that the
    timestamps lie on (within one tick), None when they lie on none. `first_pts` and `keyframes` are presentation
    timestamps in ticks of `time_base`, edit lists applied; `keyframes` is None while no index has been read.
    `rotation` is clockwise degrees to turn the stored picture upright, applied after `mirrored` (left to right).
    `max_gap` is the longest distance between keyframes in seconds, None while unknown. `stamps` are the timestamps of
    all frames in order, packed (`pack_stamps`), where `rate` does not tell them: None where the frames lie on its grid
    without a gap, and while no index has been read. `damaged` are spans of timestamps [from, to), to None for the end,
    whose frames cannot be decoded; None while nobody looked.
    """

    index: int
    stream: int
    codec: str
    width: int
    height: int
    pixel_aspect: Fraction
    rotation: int
    mirrored: bool
    rate: Fraction | None
    time_base: Fraction
    first_pts: int
    frames: int | None
    duration: Fraction | None
    pixel_format: str
    bits: int
    alpha: bool
    interlaced: Literal["progressive", "tff", "bff", "unknown"]
    color: SourceColor
    keyframes: tuple[int, ...] | None
    max_gap: Fraction | None
    seekable: bool
    still: bool
    stamps: bytes | None = None
    damaged: tuple[tuple[int, int | None], ...] | None = None

    @property
    def upright(self) -> tuple[int, int]:
        """Width and height of the upright picture in square pixels: width × pixel aspect to the nearest pixel."""
        width, height = self.width, self.height
        aspect = self.pixel_aspect
        if self.rotation in (90, 270):
            width, height, aspect = height, width, 1 / aspect
        return max(1, int(width * aspect + Fraction(1, 2))), height


@dataclass(frozen=True, slots=True)
class SourceAudio:
    """A sound stream; `layout` is FFmpeg's name. `start` counts from the file's start, in seconds."""

    index: int
    stream: int
    codec: str
    sample_rate: int
    channels: int
    layout: str
    start: Fraction
    duration: Fraction | None


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """A file. `start` is the absolute timestamp of its source time 0; `demuxer` FFmpeg's name of its format.

    `tags` are those of the whole file, by name.
    """

    path: str
    fingerprint: str
    bytes: int
    demuxer: str
    start: Fraction
    duration: Fraction | None
    video: tuple[SourceVideo, ...]
    audio: tuple[SourceAudio, ...]
    tags: tuple[tuple[str, str], ...] = ()


def pack_stamps(pts: Sequence[int]) -> bytes:
    """Pack timestamps: the steps between them, compressed."""
    steps = array("q", (after - before for before, after in zip([0, *pts[:-1]], pts, strict=True)))
    if sys.byteorder != "little":
        steps.byteswap()
    return zlib.compress(steps.tobytes())


@lru_cache(maxsize=16)
def unpack_stamps(packed: bytes) -> array[int]:
    """Unpack them again."""
    steps = array("q")
    steps.frombytes(zlib.decompress(packed))
    if sys.byteorder != "little":
        steps.byteswap()
    total = 0
    for place, step in enumerate(steps):
        total += step
        steps[place] = total
    return steps
