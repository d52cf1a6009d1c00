"""Source frames that come as raw video from decoders beside the graph, in place of files that FFmpeg decodes.

A feed names the frames in the order in which the graph takes them: which ones they are has been reckoned out before,
so nothing is sought, picked, turned round or repeated in the graph. Raw video carries no tags: they are stated behind
the input, as the file's decoder would have them (docs/preview.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from protocol.time import format_rate
from sidecar.core.keys import IGNORED, SOURCE
from sidecar.core.source import SourceVideo
from sidecar.core.timeline import FileReading
from sidecar.ffmpeg.builder.graph import Input, InputStream, Stream, node

ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""Decoders that give alpha where FFmpeg's own drops it."""

_DEPTH = r"(9|10|12|14|16)(le|be)"
_FEEDABLE = re.compile(
    rf"(yuva?(420|422|440|444|411|410)p|gbra?p|gray)({_DEPTH})?|ya8|ya16(le|be)"
    r"|nv12|nv21|nv16|p010le|yuyv422|uyvy422"
    r"|rgb24|bgr24|rgba|bgra|argb|abgr|0rgb|rgb0|0bgr|bgr0|rgb48(le|be)|rgba64(le|be)"
)
"""Pixel formats that raw video holds as decoders give them."""

_FULL = re.compile(r"yuvj(420|422|440|444|411)p")


@dataclass(frozen=True, slots=True)
class Reduction:
    """What stored frames are made into before they are written.

    `steps` are filters, each with its arguments; they give pictures of `pixel_format`, `width` × `height`.
    """

    steps: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    pixel_format: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Feed:
    """Raw frames of a file's picture, written to a FIFO of the working folder, one behind the other.

    `stream` counts all streams of the file. Frame k is the newest whose timestamp is at most `ticks[k]` (ticks of the
    stream's time base, edit lists applied), before the first the first. They are written as stored (not turned, not
    deinterlaced), in `pixel_format`, `width` × `height`, planes without padding, or as the `reduction` makes them of
    that. `decoder` takes the place of FFmpeg's choice. `seekable` false: it can be decoded from its first packet only.
    `name` is the FIFO's plain name.
    """

    path: str = field(metadata=SOURCE)
    stream: int
    ticks: tuple[int, ...]
    pixel_format: str
    width: int
    height: int
    decoder: str | None
    seekable: bool
    name: str = field(metadata=IGNORED)
    reduction: Reduction | None = None


class Feeds:
    """The feeds of one graph, gathered while it is built."""

    def __init__(self) -> None:
        self._feeds: dict[str, Feed] = {}

    def add(self, reading: FileReading, video: SourceVideo, ticks: Sequence[int], rate: Fraction) -> Stream:
        """Return frames by their ticks, counted from 0 in time base 1/rate; the reading is one that can be fed."""
        pixel_format = fed_format(reading, video)
        if pixel_format is None:
            raise AssertionError(f"{video.pixel_format} is not fed")
        feed = Feed(
            path=reading.facts.path,
            stream=video.stream,
            ticks=tuple(ticks),
            pixel_format=pixel_format,
            width=video.width,
            height=video.height,
            decoder=alpha_decoder(reading, video),
            seekable=video.seekable,
            name=f"feed{len(self._feeds)}.raw",
        )
        self._feeds[feed.name] = feed
        options = (
            ("protocol_whitelist", "file"),
            ("f", "rawvideo"),
            *_raw(pixel_format, video.width, video.height),
            ("framerate", format_rate(rate)),
            # Nothing has to be found out: without these, frames are read ahead for it.
            ("probesize", "32"),
            ("analyzeduration", "0"),
        )
        return node("settb", InputStream(Input(feed.name, options), "video", 0), expr=1 / rate)

    def of(self, source: Input) -> Feed | None:
        """Return the feed that an input is of; None for a file."""
        return self._feeds.get(source.url)

    def reduce(self, source: Input, reduction: Reduction) -> InputStream:
        """Have a feed's frames made smaller before they are written; return them in place of those of its input."""
        self._feeds[source.url] = replace(self._feeds[source.url], reduction=reduction)
        now = dict(_raw(reduction.pixel_format, reduction.width, reduction.height))
        options = tuple((name, now.get(name, value)) for name, value in source.options)
        return InputStream(Input(source.url, options), "video", 0)

    def read(self, inputs: Iterable[Input]) -> tuple[Feed, ...]:
        """Return the feeds among the inputs that a graph reads, in their order: of what it was given it may drop some."""
        return tuple(self._feeds[each.url] for each in inputs if each.url in self._feeds)


def _raw(pixel_format: str, width: int, height: int) -> tuple[tuple[str, str], ...]:
    return ("pixel_format", pixel_format), ("video_size", f"{width}x{height}")


def alpha_decoder(reading: FileReading, video: SourceVideo) -> str | None:
    """Return the decoder that a reading needs in place of FFmpeg's choice."""
    return ALPHA_DECODERS.get(video.codec) if reading.alpha else None


def fed_format(reading: FileReading, video: SourceVideo) -> str | None:
    """Return the pixel format in which a reading's frames are fed; None: they have to be read from the file.

    So it is where frames are deinterlaced, which looks at those beside them, and where they carry a palette.
    """
    if reading.deinterlace:
        return None
    wanted = video.pixel_format
    if alpha_decoder(reading, video) is not None:
        return "yuva420p" if wanted in ("yuv420p", "yuva420p") else None
    full = _FULL.fullmatch(wanted)
    if full is not None:
        return f"yuv{full[1]}p"
    return wanted if is_fed(wanted) else None


def is_fed(pixel_format: str) -> bool:
    """Whether raw video holds a pixel format as decoders give it."""
    return _FEEDABLE.fullmatch(pixel_format) is not None
