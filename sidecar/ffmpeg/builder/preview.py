"""Frames of a timeline as images, or as raw frames, on a pipe: the graph of its render, its sources fed as raw video.

What a frame shows is what the encoder of a render is given, at the size asked for. So feeds are whole frames of the
sources, as stored: everything else, from turning them to the export's pixel format, is the graph's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import msgspec

from protocol.errors import ResourceLimit
from protocol.project import Export, VideoExport
from protocol.project.export import PixelFormat
from protocol.project.formats import has_alpha
from sidecar.core.keys import IGNORED, plan_key
from sidecar.core.timeline import OutputSpan, Timeline, output_span
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.emit import measure
from sidecar.ffmpeg.builder.graph import Stream, node
from sidecar.ffmpeg.builder.picture import (
    Composed,
    Cutter,
    Feed,
    Feeds,
    background_window,
    compose_window,
    finish,
)
from sidecar.ffmpeg.builder.picture.reduced import reduced
from sidecar.ffmpeg.builder.picture.select import counted
from sidecar.ffmpeg.builder.quality_scale import Anchors, decimal, on_scale
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.staged import MOST_FILTERS, composing_limit, cost_of
from sidecar.ffmpeg.builder.stills import png_format, sampled, shown
from sidecar.ffmpeg.builder.text import FONT_ENVIRONMENT

Options = tuple[tuple[str, str | None], ...]

JPEG: Anchors = ((0, 31), (50, 10), (80, 4), (100, 1))
"""The encoder's quantiser by quality."""

SMALL = 1280 * 720
"""Pixels of a small picture."""

_OPAQUE: Mapping[PixelFormat, PixelFormat] = {"yuva420p": "yuv420p", "yuva444p10le": "yuv444p10le"}
_STREAMED: Options = (("fps_mode", "passthrough"), ("threads", "1"), ("flush_packets", "1"))
"""Every frame goes out as soon as it is there: several threads of an encoder would hold as many back."""


Raw = Literal["raw", "rgb", "rgba"]
Image = tuple[Literal["jpeg", "webp", "png"], int] | Raw
"""What frames are written as: an image with its quality (0-100, of JPEG and WebP), or raw frames.

"png" is exact: 16 bits a channel, and alpha, where the export has them. "raw" is what the encoder of a render is given,
in the export's pixel format; "rgb" and "rgba" are 8 bits of full range, as a screen shows them. JPEG and "rgb" show what
is transparent over black. JPEGs come as parts of a multipart stream, each with its length before it; PNG and WebP say
themselves how long they are.
"""


@dataclass(frozen=True, slots=True)
class Fed:
    """A command that writes frames to its standard output, and the feeds that it reads, in the order of its inputs.

    `light`: its window is short enough for one process. Frames of another one come late, and take much memory.
    """

    command: Command
    feeds: tuple[Feed, ...]
    light: bool = field(metadata=IGNORED)


def preview_command(
    timeline: Timeline,
    export: Export,
    resources: Resources,
    *,
    window: tuple[int, int],
    size: tuple[int, int],
    image: Image,
    fed: bool = True,
    cutter: Cutter | None = None,
) -> Fed:
    """Build the command that writes project frames [first, end), at least one, at an even size.

    Past the timeline's end they show the background. `fed` false: all sources are decoded from their files. `cutter`
    is the timeline's, where there is one already: it remembers what holds for every window. Raises ResourceLimit for
    an instant that no process can take.
    """
    cutter = cutter or Cutter(timeline, resources.catalogue)
    feeds = Feeds() if fed else None
    video = export.video or VideoExport()
    kind, quality = image if isinstance(image, tuple) else (image, 0)
    if kind in ("jpeg", "rgb"):
        video = msgspec.structs.replace(video, pixel_format=_OPAQUE.get(video.pixel_format, video.pixel_format))
    first, end = window
    whole = output_span(timeline, export)
    own = whole.width, whole.height
    span = replace(
        whole,
        first=first,
        end=end,
        frames=end - first,
        rate=timeline.rate,
        width=size[0],
        height=size[1],
    )
    composed = _composed(timeline, export, video, span, resources, cutter, feeds)
    stream = _drawn(finish(composed.stream, timeline, video, span), video.pixel_format, kind)
    if feeds is not None and size != own:
        stream = reduced(stream, feeds)
    command = Command(
        outputs=(Output((stream,), _options(kind, quality), "pipe:1"),),
        files=composed.files,
        globals_=(("copyts", None), *_threads(size)),
        frames=end - first,
        environment=FONT_ENVIRONMENT if composed.text else (),
    )
    asked = measure((stream,))
    cost = cost_of(asked)
    if cost.filters > MOST_FILTERS and span.frames == 1:
        raise ResourceLimit(what="filters at one instant", value=cost.filters, limit=MOST_FILTERS)
    read = () if feeds is None else feeds.read(asked.sources)
    return Fed(command, read, light=span.frames == 1 or cost.within(composing_limit(span)))


def preview_key(fed: Fed, fingerprints: Mapping[str, str], ffmpeg: str) -> str:
    """Return the key of what a command writes: the same wherever equal frames lie in whatever timeline.

    `fingerprints` are those of the sources by path, `ffmpeg` its version.
    """
    return plan_key(fed, fingerprints, ffmpeg)


def _composed(  # noqa: PLR0917 - what every builder takes, in its order
    timeline: Timeline,
    export: Export,
    video: VideoExport,
    span: OutputSpan,
    resources: Resources,
    cutter: Cutter,
    feeds: Feeds | None,
) -> Composed:
    """Compose a span, with the background behind the timeline's end."""
    first, end = min(span.first, timeline.frames), min(span.end, timeline.frames)
    behind = span.frames - (end - first)
    if first == end:
        return Composed(background_window(timeline, video, span, resources, cutter, behind), (), text=False)
    composed = compose_window(timeline, export, video, span, resources, window=(first, end), cutter=cutter, feeds=feeds)
    if not behind:
        return composed
    rest = background_window(timeline, video, span, resources, cutter, behind)
    joined = node("concat", composed.stream, rest, n=2, v=1, a=0)
    return replace(composed, stream=counted(joined, timeline.rate))


def _threads(size: tuple[int, int]) -> Options:
    """Options of the graph: of small pictures more threads cost more than they gain."""
    return (("filter_complex_threads", "1"),) if size[0] * size[1] <= SMALL else ()


def _drawn(picture: Stream, pixel_format: PixelFormat, kind: str) -> Stream:
    """Bring a finished picture into what it is written as."""
    match kind:
        case "jpeg":
            # JPEG means full-range BT.601.
            return sampled(picture, pixel_format, "yuvj420p", "full")
        case "webp":
            return sampled(picture, pixel_format, "yuva420p" if has_alpha(pixel_format) else "yuv420p", "limited")
        case "png":
            return shown(picture, pixel_format, png_format(pixel_format))
        case "rgb":
            return shown(picture, pixel_format, "rgb24")
        case "rgba":
            return shown(picture, pixel_format, "rgba")
        case _:
            return picture


def image_options(kind: str, quality: int) -> Options:
    """Options of the encoder of an image; none for raw frames."""
    match kind:
        case "jpeg":
            return (("c:v", "mjpeg"), ("q:v", decimal(on_scale(JPEG, quality))))
        case "webp":
            return (("c:v", "libwebp"), ("quality", str(quality)), ("compression_level", "2"))
        case "png":
            return (("c:v", "png"), ("compression_level", "1"), ("pred", "up"))
        case _:
            return ()


def _options(kind: str, quality: int) -> Options:
    encoder = image_options(kind, quality)
    if encoder:
        # JPEG does not say how long it is; the others do, and the multipart muxer takes none of them.
        return (*encoder, *_STREAMED, ("f", "mpjpeg" if kind == "jpeg" else "image2pipe"))
    return (("c:v", "rawvideo"), *_STREAMED, ("f", "rawvideo"))
