"""A render shared out among processes: some compose windows of the timeline, one encodes what they write.

FFmpeg keeps about one frame for every filter of a graph, and takes ever longer to configure a large one, so a long
timeline is composed window by window. The composed frames go through a pipe as they are: windows compose to the same
frames as the whole, so the encoder is given the same bytes and writes the same file however the work is shared out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from protocol.errors import ResourceLimit
from protocol.project import Export, VideoExport
from protocol.project.formats import audio_codec, video_codec
from protocol.time import format_rate
from sidecar.core.timeline import OutputSpan, Timeline, output_span
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.emit import Measure, measure
from sidecar.ffmpeg.builder.graph import Input, InputStream, Stream, node
from sidecar.ffmpeg.builder.picture import Cutter, canvas_for, compose_window, finish
from sidecar.ffmpeg.builder.picture.clips import grows
from sidecar.ffmpeg.builder.picture.convert import formats, square
from sidecar.ffmpeg.builder.picture.output import tagged
from sidecar.ffmpeg.builder.render import Track, build_render, encode_command
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.sound.sharing import Cost as SoundCost
from sidecar.ffmpeg.builder.sound.sharing import share_sound
from sidecar.ffmpeg.builder.sound.staged import SoundStages
from sidecar.ffmpeg.builder.steps import Step
from sidecar.ffmpeg.builder.text import FONT_ENVIRONMENT

MAX_FILTERS = 240
"""Filters of a window that one process is given: more take too long to configure."""

MAX_INPUTS = 24
"""Files that one process opens, each time it opens one."""

MAX_MEMORY = 2 * 2**30
"""Bytes that the filters of a window may keep, by the measure of one RGB frame a filter."""

MAX_HELD = 384 * 2**20
"""Bytes of pictures that are kept on purpose, to be turned round or repeated."""

PART = 240
"""Frames of a clip that is read in pieces which are looked at together."""

MOST_FILTERS = 2_000
"""What one instant may need; beyond it no window is short enough."""


MOST_WAYS = 2**18
"""Ways to what a frame is made of that FFmpeg may have to go: it needs about a third of a microsecond for each.

More come of many effects in series that mix a picture with itself.
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a window asks of its process."""

    filters: int
    inputs: int
    held: int

    def within(self, limit: Cost) -> bool:
        """Whether nothing is more than in `limit`."""
        return self.filters <= limit.filters and self.inputs <= limit.inputs and self.held <= limit.held

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.filters + other.filters, self.inputs + other.inputs, self.held + other.held)


ENCODING = Cost(24, 3, 0)
"""What an encoder is asked for beside picture and mix: chapters, layout, level, rate, format."""


@dataclass(frozen=True, slots=True)
class Stages:
    """How a render is shared out: windows of project frames, in order, and the stages of its sound.

    No window: one process composes and encodes. No stages of sound: the process that encodes mixes it, too.
    """

    timeline: Timeline
    export: Export
    resources: Resources
    windows: tuple[tuple[int, int], ...]
    sound: SoundStages | None = None

    def composer(self, window: tuple[int, int], *, sink: str) -> Command:
        """Build the command that writes the raw frames of a window to `sink`."""
        return raw_command(self.timeline, self.export, self._span, self.resources, window, sink=sink)

    def encoder(
        self, *, target: str, source: str | None = None, track: Track | None = None, step: Step = "file"
    ) -> Command:
        """Build the command that encodes: the raw frames of all windows, read from `source`, and the mix `track`.

        None: the picture is composed, the sound mixed by this very command.
        """
        if source is None:
            return build_render(
                self.timeline, self.export, target=target, resources=self.resources, track=track, step=step
            )
        span, video = self._span, self._video
        picture = finish(raw_stream(source, self.timeline, video, span), self.timeline, video, span)
        return encode_command(
            picture, self.timeline, self.export, span, self.resources, target=target, track=track, step=step
        )

    @property
    def _span(self) -> OutputSpan:
        return output_span(self.timeline, self.export)

    @property
    def _video(self) -> VideoExport:
        if self.export.video is None:
            raise AssertionError("only a picture is shared out")
        return self.export.video


def share_out(timeline: Timeline, export: Export, resources: Resources) -> Stages:
    """Decide how a render is shared out. Raises ResourceLimit for an instant that no process can take."""
    span = output_span(timeline, export)
    video = export.video
    if video is None or video_codec(export) is None:
        return Stages(timeline, export, resources, (), _sound(timeline, export, resources, Cost(0, 0, 0)))

    cutter = Cutter(timeline, resources.catalogue)
    shared = share_picture(timeline, export, video, span, resources, cutter)
    sound = _sound(timeline, export, resources, ENCODING if shared.windows else shared.cost)
    return Stages(timeline, export, resources, shared.windows, sound)


def raw_command(
    timeline: Timeline,
    export: Export,
    span: OutputSpan,
    resources: Resources,
    window: tuple[int, int],
    *,
    sink: str,
    threads: int | None = None,
) -> Command:
    """Build the command that composes a window of project frames and writes them to `sink` as they are.

    `threads` is how many each decoder gets; None: its own choice.
    """
    if export.video is None:
        raise AssertionError("only a picture is composed")
    picture = compose_window(timeline, export, export.video, span, resources, window=window, threads=threads)
    options = (("c:v", "rawvideo"), ("fps_mode", "passthrough"), ("f", "rawvideo"))
    return Command(
        outputs=(Output((picture.stream,), options, sink),),
        files=picture.files,
        globals_=(("copyts", None),),
        frames=window[1] - window[0],
        environment=FONT_ENVIRONMENT if picture.text else (),
    )


def raw_stream(source: str, timeline: Timeline, video: VideoExport, span: OutputSpan) -> Stream:
    """Read what `raw_command` wrote: all project frames of a span."""
    canvas = canvas_for((timeline.width, timeline.height), (span.width, span.height))
    options = (
        ("f", "rawvideo"),
        ("pixel_format", video.pixel_format),
        ("video_size", f"{canvas.size[0]}x{canvas.size[1]}"),
        ("framerate", format_rate(span.project_rate)),
    )
    raw = InputStream(Input(source, options), "video", 0)
    counted = node("settb", raw, expr=1 / span.project_rate)
    # Raw frames carry no tags; without them a filter of two inputs would convert between "unknown" and BT.709.
    return tagged(square(counted), formats(video.pixel_format))


@dataclass(frozen=True, slots=True)
class Shared:
    """Windows of project frames for one process each (none: one process can take it all), and what all ask for."""

    windows: tuple[tuple[int, int], ...]
    cost: Cost


def share_picture(  # noqa: PLR0917 - what every builder takes, in its order
    timeline: Timeline, export: Export, video: VideoExport, span: OutputSpan, resources: Resources, cutter: Cutter
) -> Shared:
    """Share out the picture of a span. Raises ResourceLimit for an instant that no process can take."""

    def cost(window: tuple[int, int]) -> Cost:
        picture = compose_window(timeline, export, video, span, resources, window=window, cutter=cutter, sketch=True)
        return composing_cost(picture.stream)

    limit = composing_limit(span)
    pieces = [fitting for piece in _pieces(cutter, span) for fitting in _fitting(piece, cost, limit)]
    worst = max(each.filters for _, each in pieces)
    if worst > MOST_FILTERS:
        raise ResourceLimit(what="filters at one instant", value=worst, limit=MOST_FILTERS)
    windows = tuple(_grouped(pieces, limit))
    one = len(windows) == 1 and all(each.within(limit) for _, each in pieces)
    total = Cost(0, 0, 0)
    for _, each in pieces:
        total += each
    return Shared(() if one else windows, total)


def composing_cost(picture: Stream) -> Cost:
    """Return what composing asks for. Raises ResourceLimit for a graph that would keep FFmpeg busy for ever."""
    return cost_of(measure((picture,)))


def cost_of(asked: Measure) -> Cost:
    """Return the cost of a graph that was measured. Raises ResourceLimit as `composing_cost` does."""
    if asked.ways > MOST_WAYS:
        raise ResourceLimit(what="ways through the layers and effects of a frame", value=asked.ways, limit=MOST_WAYS)
    return Cost(asked.filters, asked.inputs, asked.held)


def composing_limit(span: OutputSpan) -> Cost:
    """Return what the windows of one process may ask for, by the size of the picture."""
    most = min(MAX_FILTERS - ENCODING.filters, MAX_MEMORY // (3 * span.width * span.height))
    return Cost(most, MAX_INPUTS - ENCODING.inputs, MAX_HELD)


def _sound(timeline: Timeline, export: Export, resources: Resources, picture: Cost) -> SoundStages | None:
    """Share the sound out if it is too much beside that picture, or has to be measured before it is encoded."""
    if export.audio is None or audio_codec(export) is None:
        return None
    span = output_span(timeline, export)
    beside = SoundCost(picture.filters, picture.inputs)
    measured = export.audio.loudness is not None
    return share_sound(timeline, (span.first, span.end), resources, beside=beside, always=measured)


def _pieces(cutter: Cutter, span: OutputSpan) -> Iterator[tuple[int, int]]:
    """Return what of each stretch lies in the span, in parts where its length decides what it asks."""
    lanes = range(len(cutter.timeline.video))
    for stretch in cutter.cut(lanes, span.first, span.end):
        first, end = max(stretch.first, span.first), min(stretch.end, span.end)
        longer = any(grows(item) for shown in stretch.shown for item in shown.items)
        step = PART if longer else end - first
        for start in range(first, end, step):
            yield start, min(end, start + step)


def _fitting(
    piece: tuple[int, int], cost: Callable[[tuple[int, int]], Cost], limit: Cost
) -> Iterator[tuple[tuple[int, int], Cost]]:
    """Halve a piece while that makes it cheaper and it asks too much of a process: reversed clips do, by length."""
    whole = cost(piece)
    first, end = piece
    if whole.within(limit) or end - first < 2:
        yield piece, whole
        return
    halves = (first, (first + end) // 2), ((first + end) // 2, end)
    if all(cost(half) == whole for half in halves):
        yield piece, whole
        return
    for half in halves:
        yield from _fitting(half, cost, limit)


def _grouped(pieces: list[tuple[tuple[int, int], Cost]], limit: Cost) -> Iterator[tuple[int, int]]:
    """Join neighbours while one process can take them together."""
    (first, end), total = pieces[0]
    for (start, stop), each in pieces[1:]:
        together = total + each
        if together.within(limit):
            total = together
        else:
            yield first, end
            first, total = start, each
        end = stop
    yield first, end
