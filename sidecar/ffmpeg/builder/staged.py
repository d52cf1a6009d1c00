"""A render shared out among processes: some compose windows of the timeline, one encodes what they write.

FFmpeg keeps about one frame for every filter of a graph, and takes ever longer to configure a large one, so a long
timeline is composed window by window. The composed frames go through a pipe as they are: windows compose to the same
frames as the whole, so the encoder is given the same bytes and writes the same file however the work is shared out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from protocol.errors import ResourceLimit
from protocol.project import Export, VideoExport
from protocol.project.formats import video_codec
from protocol.time import format_rate
from sidecar.core.timeline import OutputSpan, Timeline, output_span
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.emit import emit
from sidecar.ffmpeg.builder.graph import Input, InputStream, node
from sidecar.ffmpeg.builder.picture import Stretch, canvas_for, compose_window, finish, stretches
from sidecar.ffmpeg.builder.picture.convert import formats, square
from sidecar.ffmpeg.builder.picture.output import tagged
from sidecar.ffmpeg.builder.render import encode_command
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.text import FONT_ENVIRONMENT

MAX_FILTERS = 240
"""Filters of a window that one process is given: more take too long to configure."""

MAX_MEMORY = 2 * 2**30
"""Bytes that the filters of a window may keep, by the measure of one RGB frame a filter."""

MOST_FILTERS = 2_000
"""What one instant may need; beyond it no window is short enough."""


@dataclass(frozen=True, slots=True)
class Stages:
    """How the picture of a render is shared out: windows of project frames, in order.

    No window: one process composes and encodes.
    """

    timeline: Timeline
    export: Export
    resources: Resources
    windows: tuple[tuple[int, int], ...]

    def composer(self, window: tuple[int, int], *, sink: str) -> Command:
        """Build the command that writes the raw frames of a window to `sink`."""
        span, video = self._span, self._video
        picture = compose_window(self.timeline, self.export, video, span, self.resources, window=window)
        options = (("c:v", "rawvideo"), ("fps_mode", "passthrough"), ("f", "rawvideo"))
        return Command(
            outputs=(Output((picture.stream,), options, sink),),
            files=picture.files,
            globals_=(("copyts", None),),
            frames=window[1] - window[0],
            environment=FONT_ENVIRONMENT if picture.text else (),
        )

    def encoder(self, *, source: str, target: str) -> Command:
        """Build the command that encodes the raw frames of all windows, read from `source`, with the sound."""
        span, video = self._span, self._video
        canvas = canvas_for((self.timeline.width, self.timeline.height), (span.width, span.height))
        options = (
            ("f", "rawvideo"),
            ("pixel_format", video.pixel_format),
            ("video_size", f"{canvas.size[0]}x{canvas.size[1]}"),
            ("framerate", format_rate(span.project_rate)),
        )
        raw = InputStream(Input(source, options), "video", 0)
        counted = node("settb", raw, expr=1 / span.project_rate)
        # Raw frames carry no tags; without them a filter of two inputs would convert between "unknown" and BT.709.
        frames = tagged(square(counted), formats(video.pixel_format))
        picture = finish(frames, self.timeline, video, span)
        return encode_command(picture, self.timeline, self.export, span, self.resources, target=target)

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
        return Stages(timeline, export, resources, ())

    def filters(window: tuple[int, int], among: Sequence[Stretch]) -> int:
        picture = compose_window(timeline, export, video, span, resources, window=window, among=among)
        return emit((picture.stream,)).filters

    limit = min(MAX_FILTERS, MAX_MEMORY // (3 * span.width * span.height))
    cut = stretches(timeline)
    if filters((span.first, span.end), cut) <= limit:
        return Stages(timeline, export, resources, ())
    pieces = [(piece, filters(piece, [stretch])) for stretch, piece in _pieces(cut, span)]
    worst = max(count for _, count in pieces)
    if worst > MOST_FILTERS:
        raise ResourceLimit(what="filters at one instant", value=worst, limit=MOST_FILTERS)
    return Stages(timeline, export, resources, tuple(_grouped(pieces, limit)))


def _pieces(cut: Sequence[Stretch], span: OutputSpan) -> Iterator[tuple[Stretch, tuple[int, int]]]:
    """Return each stretch with what of it lies in the span."""
    for stretch in cut:
        first, end = max(stretch.first, span.first), min(stretch.end, span.end)
        if first < end:
            yield stretch, (first, end)


def _grouped(pieces: list[tuple[tuple[int, int], int]], limit: int) -> Iterator[tuple[int, int]]:
    """Join neighbours while one process can take them together."""
    (first, end), total = pieces[0]
    for (start, stop), count in pieces[1:]:
        if total + count > limit:
            yield first, end
            first, total = start, 0
        end, total = stop, total + count
    yield first, end
