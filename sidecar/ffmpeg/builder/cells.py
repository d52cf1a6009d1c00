"""The picture of a render in cells: each encoded alone, whoever composes its frames and whatever is encoded beside it.

A run composes neighbouring cells once and feeds one encoder a cell. Frames do not depend on the window they are
composed in, encoders see nothing but the frames of their cell, so how cells are grouped changes no byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from protocol.project import Export, VideoExport
from protocol.project.export import VideoCodec
from protocol.project.formats import video_codec
from sidecar.core.timeline import OutputSpan, Timeline, output_span
from sidecar.ffmpeg.builder.command import Command, Output, SideFile
from sidecar.ffmpeg.builder.encode_cells import piece_options
from sidecar.ffmpeg.builder.graph import Stream
from sidecar.ffmpeg.builder.picture import Cutter, compose_window, finish
from sidecar.ffmpeg.builder.picture.select import hold, part
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.staged import Cost, composing_cost, composing_limit, raw_command, raw_stream, share_picture
from sidecar.ffmpeg.builder.stills import as_encoded
from sidecar.ffmpeg.builder.text import FONT_ENVIRONMENT

DECODER_THREADS = 1
"""Of each decoder of a run: others run beside it. With more, each decodes frames ahead that nobody asks for, and all
of it takes a tenth more of the processor."""

Span = tuple[int, int]
"""Output frames, half open, 0 the first of the whole output."""


@dataclass(frozen=True, slots=True)
class RunJob:
    """How neighbouring cells are made: windows of project frames, in order, that other processes compose.

    No window: one process composes and encodes. `frames` is how many output frames the cells have together. `held`:
    the one frame of the one cell is encoded so many times, for cells that are one picture throughout.
    """

    timeline: Timeline
    export: Export
    resources: Resources
    spans: tuple[Span, ...]
    windows: tuple[tuple[int, int], ...]
    held: int | None = None

    @property
    def frames(self) -> int:
        return self.held or self.spans[-1][1] - self.spans[0][0]

    def composer(self, window: tuple[int, int], *, sink: str) -> Command:
        """Build the command that writes the raw frames of a window to `sink`: all windows one after the other."""
        return raw_command(
            self.timeline, self.export, self._span, self.resources, window, sink=sink, threads=DECODER_THREADS
        )

    def encoder(self, sinks: Sequence[str], *, source: str | None = None) -> Command:
        """Build the command that encodes a cell into each sink, from the raw frames of all windows in `source`.

        None: the picture is composed by this very command.
        """
        if source is None:
            return build_run(self.timeline, self.export, self.resources, self.spans, sinks, held=self.held)
        video, _ = _picture_of(self.export)
        stream = finish(raw_stream(source, self.timeline, video, self._span), self.timeline, video, self._span)
        return _encoding(stream, self.export, self._span.rate, self.spans, sinks, held=self.held)

    @property
    def _span(self) -> OutputSpan:
        return _part(self.timeline, self.export, self.spans, self.held)


def build_run(
    timeline: Timeline,
    export: Export,
    resources: Resources,
    spans: Sequence[Span],
    sinks: Sequence[str],
    *,
    cutter: Cutter | None = None,
    sketch: bool = False,
    held: int | None = None,
) -> Command:
    """Build the one command that composes adjacent cells once and encodes each into its sink.

    A span alone, sketched, is what the key of its cell is made of: nothing of it says where in the output it lies.
    `cutter` is the timeline's, where there is one already; `sketch`: the command is not run. `held`: of one span the
    first frame alone is composed, and encoded so many times.
    """
    video, _ = _picture_of(export)
    span = _part(timeline, export, spans, held)
    window = span.first, span.end
    composed = compose_window(
        timeline,
        export,
        video,
        span,
        resources,
        window=window,
        cutter=cutter,
        sketch=sketch,
        threads=DECODER_THREADS,
    )
    stream = finish(composed.stream, timeline, video, span)
    environment = FONT_ENVIRONMENT if composed.text else ()
    return _encoding(stream, export, span.rate, spans, sinks, files=composed.files, environment=environment, held=held)


def plan_run(
    timeline: Timeline,
    export: Export,
    resources: Resources,
    spans: Sequence[Span],
    *,
    cutter: Cutter | None = None,
    held: int | None = None,
) -> RunJob:
    """Decide how many processes make adjacent cells. Raises ResourceLimit for an instant that none can take."""
    video, _ = _picture_of(export)
    cutter = cutter or Cutter(timeline, resources.catalogue)
    shared = share_picture(timeline, export, video, _part(timeline, export, spans, held), resources, cutter)
    return RunJob(timeline, export, resources, tuple(spans), shared.windows, held)


def run_cost(
    timeline: Timeline, export: Export, resources: Resources, spans: Sequence[Span], *, cutter: Cutter | None = None
) -> Cost:
    """Return what composing adjacent cells in one process asks for; at most the sum of what each asks for alone.

    Raises ResourceLimit for a graph that would keep FFmpeg busy for ever.
    """
    video, _ = _picture_of(export)
    span = _part(timeline, export, spans)
    window = span.first, span.end
    composed = compose_window(timeline, export, video, span, resources, window=window, cutter=cutter, sketch=True)
    return composing_cost(composed.stream)


def run_limit(timeline: Timeline, export: Export) -> Cost:
    """Return what a run may ask for if one process is to make it."""
    return composing_limit(output_span(timeline, export))


def _picture_of(export: Export) -> tuple[VideoExport, VideoCodec]:
    codec = video_codec(export)
    if export.video is None or codec is None:
        raise AssertionError("only a picture has cells")
    return export.video, codec


def _part(timeline: Timeline, export: Export, spans: Sequence[Span], held: int | None = None) -> OutputSpan:
    first, end = spans[0][0], spans[-1][1]
    if held is None:
        return output_span(timeline, export).part(first, end)
    # When the one frame begins to be on screen does not matter.
    return replace(output_span(timeline, export).part(first, first + 1), lead=Fraction(0))


def _encoding(
    picture: Stream,
    export: Export,
    rate: Fraction,
    spans: Sequence[Span],
    sinks: Sequence[str],
    *,
    files: tuple[SideFile, ...] = (),
    environment: tuple[tuple[str, str], ...] = (),
    held: int | None = None,
) -> Command:
    """Give each span of a finished picture to an encoder of its own."""
    video, codec = _picture_of(export)
    options = piece_options(video, export, codec, rate)
    start = spans[0][0]
    picture = as_encoded(picture, export, video)
    if held is not None:
        picture = hold(picture, held)
    streams = [picture] if len(spans) == 1 else [part(picture, first - start, end - start) for first, end in spans]
    return Command(
        outputs=tuple(Output((stream,), options, sink) for stream, sink in zip(streams, sinks, strict=True)),
        files=files,
        globals_=(("copyts", None),),
        frames=held or spans[0][1] - start,
        environment=environment,
    )
