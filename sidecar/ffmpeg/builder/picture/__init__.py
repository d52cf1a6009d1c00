"""The picture of a timeline as a graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from protocol.project import Export, VideoExport
from sidecar.core.timeline import OutputSpan, Timeline
from sidecar.ffmpeg.builder.graph import Stream
from sidecar.ffmpeg.builder.picture.compose import Composed, Composition, compose
from sidecar.ffmpeg.builder.picture.convert import formats, hex_alpha
from sidecar.ffmpeg.builder.picture.output import canvas_for, letterboxed, resampled, tagged
from sidecar.ffmpeg.builder.picture.scene import Scene
from sidecar.ffmpeg.builder.picture.stretches import Stretch, stretches
from sidecar.ffmpeg.builder.picture.weigh import Weights
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.text import burn_cues

__all__ = ["Composed", "Stretch", "build_picture", "canvas_for", "compose_window", "finish", "stretches"]


def build_picture(
    timeline: Timeline, export: Export, video: VideoExport, span: OutputSpan, resources: Resources
) -> Composed:
    """Build the picture of an output span, ready for its encoder."""
    composed = compose_window(timeline, export, video, span, resources, window=(span.first, span.end))
    return replace(composed, stream=finish(composed.stream, timeline, video, span))


def compose_window(
    timeline: Timeline,
    export: Export,
    video: VideoExport,
    span: OutputSpan,
    resources: Resources,
    *,
    window: tuple[int, int],
    among: Sequence[Stretch] | None = None,
) -> Composed:
    """Compose project frames [from, to), cues included, at the size and in the pixel format of `finish`'s input.

    `among` are the stretches of the timeline that hold the window, where they are known already.
    """
    canvas = canvas_for((timeline.width, timeline.height), (span.width, span.height))
    background = over_black(timeline.project.background)
    weights = Weights(video.pixel_format.endswith("10le"))
    scene = Scene(timeline, canvas, formats(video.pixel_format), resources, weights)
    composition = Composition(scene, background)
    composed = compose(composition, *window, among)
    if export.subtitles != "burn":
        return composed
    drawn = burn_cues(composed.stream, timeline, window, resources.fonts)
    files = tuple({file.name: file for file in (*composed.files, *drawn.files)}.values())
    return Composed(drawn.stream, files, composed.text or bool(drawn.files))


def finish(stream: Stream, timeline: Timeline, video: VideoExport, span: OutputSpan) -> Stream:
    """Bring composed project frames of a span to the output's size and rate, and state their colour."""
    canvas = canvas_for((timeline.width, timeline.height), (span.width, span.height))
    chosen = formats(video.pixel_format)
    laid = letterboxed(stream, canvas, span, chosen, over_black(timeline.project.background))
    return tagged(resampled(laid, span), chosen)


def over_black(color: str) -> str:
    """A colour with alpha, over black, as #RRGGBB."""
    alpha = hex_alpha(color)
    return "#" + "".join(f"{round(int(color[i : i + 2], 16) * alpha):02X}" for i in (1, 3, 5))
