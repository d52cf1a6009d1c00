"""The picture of a timeline as a graph."""

from __future__ import annotations

from dataclasses import dataclass, replace

from protocol.project import Export, VideoExport
from protocol.project.formats import has_alpha
from sidecar.core.timeline import OutputSpan, Timeline
from sidecar.ffmpeg.builder.command import SideFile
from sidecar.ffmpeg.builder.graph import Stream, node
from sidecar.ffmpeg.builder.picture.blend import Below, converted, laid
from sidecar.ffmpeg.builder.picture.compose import Composer
from sidecar.ffmpeg.builder.picture.convert import formats, hex_alpha
from sidecar.ffmpeg.builder.picture.effects import Owned, acts, apply_effects, reach
from sidecar.ffmpeg.builder.picture.feeds import Feed, Feeds
from sidecar.ffmpeg.builder.picture.layer import Layer
from sidecar.ffmpeg.builder.picture.output import canvas_for, letterboxed, resampled, tagged
from sidecar.ffmpeg.builder.picture.plan import Piece, Planner, Strip
from sidecar.ffmpeg.builder.picture.scene import Scene
from sidecar.ffmpeg.builder.picture.stretches import Cutter, Stretch
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.sidefiles import SideFiles, Sketched
from sidecar.ffmpeg.builder.text import FONT_FILES, burn_cues, cue_layer

__all__ = [
    "Composed",
    "Cutter",
    "Feed",
    "Feeds",
    "Stretch",
    "background_window",
    "build_picture",
    "canvas_for",
    "compose_window",
    "finish",
]

MANY_INPUTS = 8
"""With more files than this every decoder gets one thread: their frames would fill the memory."""


@dataclass(frozen=True, slots=True)
class Composed:
    """The picture of a window, its frames counted from 0 in time base 1/rate, and the files it needs."""

    stream: Stream
    files: tuple[SideFile, ...]
    text: bool


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
    cutter: Cutter | None = None,
    sketch: bool = False,
    feeds: Feeds | None = None,
    threads: int | None = None,
) -> Composed:
    """Compose project frames [from, to), cues included, at the size and in the pixel format of `finish`'s input.

    `cutter` is the timeline's, where there is one already. `sketch`: the graph is looked at and not run. `feeds`
    gather source frames that come as raw video; None: all are decoded from their files. `threads` is how many each
    decoder of a video gets; None: its own choice.
    """
    canvas = canvas_for((timeline.width, timeline.height), (span.width, span.height))
    files = Sketched() if sketch else SideFiles()
    scene = Scene(timeline, canvas, formats(video.pixel_format), resources, files, feeds=feeds, threads=threads)
    planner = Planner(scene, cutter or Cutter(timeline, resources.catalogue))
    below = _composite(scene, planner, backdrop_of(timeline, video), window)
    if export.subtitles == "burn":
        below = _with_cues(below, scene, window)
    stream = converted(below, scene.formats.final, scene)
    return Composed(stream, scene.files.all(), bool(FONT_FILES) and FONT_FILES[0].name in scene.files)


def background_window(  # noqa: PLR0917 - what every builder takes, in its order
    timeline: Timeline, video: VideoExport, span: OutputSpan, resources: Resources, cutter: Cutter, frames: int
) -> Stream:
    """Return frames in which nothing is on screen, as `compose_window` gives them."""
    canvas = canvas_for((timeline.width, timeline.height), (span.width, span.height))
    scene = Scene(timeline, canvas, formats(video.pixel_format), resources)
    backdrop = backdrop_of(timeline, video)
    piece = Piece(0, frames, (), "plain" if hex_alpha(backdrop) == 1 else "alpha", backdrop, inside=False)
    composer = Composer(scene, Planner(scene, cutter))
    return composer.strip(Strip(0, frames, (piece,)), scene.formats.final)


def backdrop_of(timeline: Timeline, video: VideoExport) -> str:
    """Return the background: transparent where the export has alpha, else over black."""
    background = timeline.project.background
    return background if has_alpha(video.pixel_format) else over_black(background)


def finish(stream: Stream, timeline: Timeline, video: VideoExport, span: OutputSpan) -> Stream:
    """Bring composed project frames of a span to the output's size and rate, and state their colour."""
    canvas = canvas_for((timeline.width, timeline.height), (span.width, span.height))
    chosen = formats(video.pixel_format)
    laid = letterboxed(stream, canvas, span, chosen, backdrop_of(timeline, video))
    return tagged(resampled(laid, span), chosen)


def over_black(color: str) -> str:
    """A colour with alpha, over black, as #RRGGBB."""
    alpha = hex_alpha(color)
    return "#" + "".join(f"{round(int(color[i : i + 2], 16) * alpha):02X}" for i in (1, 3, 5))


def _composite(scene: Scene, planner: Planner, backdrop: str, window: tuple[int, int]) -> Below:
    """Compose a window of the project, its own effects included: in the final format, or where cues need more, wider.

    Frames with alpha are left as they are where cues come over them.
    """
    timeline, catalogue = scene.timeline, scene.resources.catalogue
    effects = timeline.project.effects
    formats_, (first, end) = scene.formats, window
    acting = acts(effects, catalogue)
    before, after = reach(effects, catalogue) if acting else (0, 0)
    low, high = max(0, first - before), min(timeline.frames, end + after)
    planned = planner.whole(low, high, backdrop, plain=not acting)
    files = {pointer for pointer, item in planner.items.items() if item.file is not None}
    if len(files) > MANY_INPUTS:
        scene.threads = 1
    composer = Composer(scene, planner)
    wide = hex_alpha(backdrop) < 1
    if not acting:
        chosen = formats_.alpha if wide else formats_.final
        return Below(composer.strip(planned, chosen), chosen)
    chosen = formats_.alpha if wide else formats_.full
    applied = apply_effects(
        composer.strip(planned, chosen),
        effects,
        scene=scene,
        owner=Owned("", 0, timeline.frames),
        first=low,
        frames=high - low,
        size=scene.canvas.size,
        scale=scene.canvas.scale[1],
        pixel_format=chosen,
        grows=False,
    )
    done = composer.solid(composer.with_effects(planned, applied, window), backdrop, end - first)
    return done if wide else Below(converted(done, formats_.final, scene), formats_.final)


def _with_cues(below: Below, scene: Scene, window: tuple[int, int]) -> Below:
    """Burn the cues in."""
    timeline, fonts = scene.timeline, scene.resources.fonts
    if below.pixel_format == scene.formats.final:
        burned = burn_cues(below.stream, timeline, window, fonts)
        scene.files.keep(burned.files)
        return replace(below, stream=node("format", burned.stream, pix_fmts=below.pixel_format))
    layer = cue_layer(timeline, window, fonts, size=scene.canvas.size)
    if layer is not None:
        scene.files.keep(layer.files)
        drawn = converted(Below(layer.stream, "gbrap"), scene.formats.alpha, scene)
        frames = window[1] - window[0]
        below = laid(below, Layer(drawn, 0, 0, opaque=False), [1.0] * frames, "normal", scene)
    return below
