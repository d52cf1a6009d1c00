"""Parts of a file as graphs: the pieces that the small builders are made of.

They read files by the same rules as a render: the source frame on screen at an instant, upright, square pixels, by
its own colour.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Literal

from protocol.errors import LimitExceeded, MediaUnsupported
from sidecar.core.source import SourceAudio, SourceFacts, SourceVideo
from sidecar.ffmpeg.builder.graph import Expression, InputStream, Stream, node
from sidecar.ffmpeg.builder.inputs import file_input, seek_point
from sidecar.ffmpeg.builder.picture.colour import read
from sidecar.ffmpeg.builder.picture.convert import ACCURATE, convert, formats
from sidecar.ffmpeg.builder.picture.orient import plain, upright, whole_frames
from sidecar.ffmpeg.builder.picture.picture import Picture
from sidecar.ffmpeg.builder.picture.select import Take, select
from sidecar.ffmpeg.builder.sidefiles import SideFiles

Options = tuple[tuple[str, str | None], ...]

QUIET: Options = (("copyts", None), ("y", None))
"""Timestamps stay as stored, and the output is replaced: it is a temporary file, or the caller chose it."""

PLAIN: Options = (("map_metadata", "-1"), ("map_chapters", "-1"))
"""Nothing of the source's own tags gets through."""


def target(output: str) -> str:
    """Return where an output goes; "-" is standard output, and everything else a file, whatever its name."""
    return output if output == "-" else f"file:{output}"


def picture_of(facts: SourceFacts, number: int) -> SourceVideo:
    """Return a picture stream by its number; raises MediaUnsupported where there is none."""
    if number >= len(facts.video):
        raise MediaUnsupported(path=facts.path, detail=f"it has no picture stream {number}")
    return facts.video[number]


def sound_of(facts: SourceFacts, number: int) -> SourceAudio:
    """Return a sound stream by its number; raises MediaUnsupported where there is none."""
    if number >= len(facts.audio):
        raise MediaUnsupported(path=facts.path, detail=f"it has no sound stream {number}")
    return facts.audio[number]


def fitted(video: SourceVideo, width: int | None, height: int | None = None, *, step: int = 1) -> tuple[int, int]:
    """Return the size for a wanted width or height, the other by aspect (None both: the upright picture's own).

    Both given: the largest that fits. Sides are multiples of `step`, at least one step.
    """
    own_width, own_height = video.upright
    scale = Fraction(1)
    if width is not None:
        scale = Fraction(width, own_width)
    if height is not None:
        scale = min(scale, Fraction(height, own_height)) if width is not None else Fraction(height, own_height)

    def side(length: int) -> int:
        return max(step, floor(length * scale / step + Fraction(1, 2)) * step)

    return side(own_width), side(own_height)


def frames_of(
    facts: SourceFacts, video: SourceVideo, take: Take, files: SideFiles, *, size: tuple[int, int], pixel_format: str
) -> Stream:
    """Return the frames that a take shows, in a size and pixel format: BT.709, or full-range RGB.

    `files` gather what has to stand beside the command.
    """
    interlaced = video.interlaced in ("tff", "bff")
    instant = facts.start + take.start
    if interlaced and video.rate is not None:
        instant -= 2 / video.rate
    opened = file_input(facts, seek=seek_point(facts, video, instant))
    stream = plain(InputStream(opened, "video", video.stream), video)
    if interlaced:
        stream = whole_frames(stream, video.interlaced)
    stream = upright(select(stream, facts, video, take), video)
    shrinks = size[0] * size[1] < video.upright[0] * video.upright[1]
    decoded = Picture(stream, video.color, video.upright, alpha=False, straight=True, bits=video.bits)
    picture = read(decoded, formats("gbrp"), files)
    return convert(picture.stream, pixel_format, color=picture.color, size=size, shrinks=shrinks)


def stored(stream: Stream, image: Literal["jpeg", "png", "webp"]) -> Stream:
    """Bring an RGB picture into what an image file holds; JPEG means full-range BT.601."""
    if image == "jpeg":
        stream = node("scale", stream, out_color_matrix="bt601", out_range="full", flags=f"bicubic+{ACCURATE}")
        return node("format", stream, pix_fmts="yuvj420p")
    return node("format", stream, pix_fmts="rgb24" if image == "png" else "bgra")


def joined(pieces: list[Stream]) -> Stream:
    """Put single pictures of one size one behind the other, a second each."""
    if len(pieces) == 1:
        return pieces[0]
    stream = node("concat", *pieces, medium="video", n=len(pieces), v=1, a=0)
    return node("setpts", node("settb", stream, expr=1), expr=Expression("N"))


def length_of(facts: SourceFacts, start: Fraction, duration: Fraction | None) -> Fraction:
    """Return how long a part is that begins at `start`, at most `duration`; raises LimitExceeded past the end."""
    if facts.duration is None:
        return duration if duration is not None else Fraction(1)
    left = facts.duration - start
    if left <= 0:
        raise LimitExceeded(what="the start", value=float(start), limit=float(facts.duration), pointer="/from")
    return left if duration is None else min(left, duration)
