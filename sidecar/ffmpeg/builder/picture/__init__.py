"""The picture of a timeline as a graph."""

from __future__ import annotations

from protocol.project import Export, VideoExport
from sidecar.core.timeline import OutputSpan, Timeline
from sidecar.ffmpeg.builder.picture.compose import Composed, Composition, compose
from sidecar.ffmpeg.builder.picture.convert import formats, hex_alpha
from sidecar.ffmpeg.builder.picture.output import canvas_for, letterboxed, resampled, tagged
from sidecar.ffmpeg.builder.picture.weigh import Weights
from sidecar.ffmpeg.builder.text import FontSet, burn_cues

__all__ = ["Composed", "build_picture"]


def build_picture(timeline: Timeline, export: Export, video: VideoExport, span: OutputSpan, fonts: FontSet) -> Composed:
    """Build the picture of an output span, ready for its encoder."""
    canvas = canvas_for((timeline.width, timeline.height), (span.width, span.height))
    chosen = formats(video.pixel_format)
    background = over_black(timeline.project.background)
    composition = Composition(timeline, canvas, chosen, fonts, background, Weights(video.pixel_format.endswith("10le")))
    composed = compose(composition, span.first, span.end)
    stream, files, text = composed.stream, composed.files, composed.text
    if export.subtitles == "burn":
        drawn = burn_cues(stream, timeline, (span.first, span.end), fonts)
        stream, text = drawn.stream, text or bool(drawn.files)
        files = tuple({file.name: file for file in (*files, *drawn.files)}.values())
    stream = letterboxed(stream, canvas, span, chosen, background)
    return Composed(tagged(resampled(stream, span), chosen), files, text)


def over_black(color: str) -> str:
    """A colour with alpha, over black, as #RRGGBB."""
    alpha = hex_alpha(color)
    return "#" + "".join(f"{round(int(color[i : i + 2], 16) * alpha):02X}" for i in (1, 3, 5))
