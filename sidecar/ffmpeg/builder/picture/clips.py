"""The pictures of clips: decoded, selected, oriented; one stream a clip, however many stretches show it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from protocol.errors import MediaNotFound
from protocol.project import ColorSource, FileSource, GraphicSource, TitleSource
from sidecar.core.source import SourceVideo
from sidecar.core.timeline import FileReading, Item
from sidecar.ffmpeg.builder.graph import InputStream, Stream
from sidecar.ffmpeg.builder.inputs import file_input, seek_point
from sidecar.ffmpeg.builder.picture.convert import RGB, constant
from sidecar.ffmpeg.builder.picture.geometry import Frame, Placement, constant_crop, place
from sidecar.ffmpeg.builder.picture.layer import Picture
from sidecar.ffmpeg.builder.picture.orient import plain, upright, whole_frames
from sidecar.ffmpeg.builder.picture.scene import Canvas, Scene
from sidecar.ffmpeg.builder.picture.select import Take, select
from sidecar.ffmpeg.builder.text import TitleSpan, is_moving, title_layer

ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""Decoders that give alpha where FFmpeg's own drops it."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip's oriented picture over frames [first, end) of the project; `still`: one frame stands for all of them."""

    picture: Picture
    first: int
    still: bool


def placement_of(item: Item, canvas: Canvas) -> Placement | None:
    """Where a clip's picture lies; None where nothing of it is seen."""
    source, upright_size = canvas.size, canvas.size
    if item.file is not None and item.file.video is not None:
        video = item.file.video
        turned = video.rotation in (90, 270)
        source = (video.height, video.width) if turned else (video.width, video.height)
        upright_size = video.upright
    generated = not isinstance(item.clip.source, FileSource)
    frame = Frame(source, upright_size, canvas.size, canvas.scale)
    fit = "stretch" if generated else item.clip.fit
    return place(frame, constant_crop(item.clip.crop), fit, item.clip.transform)


def open_clip(item: Item, scene: Scene, span: tuple[int, int]) -> Clip:
    """Make the picture of a clip for frames [first, end) of the project."""
    timeline, canvas = scene.timeline, scene.canvas
    source = item.clip.source
    first, end = span
    if isinstance(source, ColorSource):
        still = constant(source.color, canvas.size, timeline.rate, "gbrp")
        return Clip(Picture(still, RGB, canvas.size, alpha=False, straight=True), first, still=True)
    if isinstance(source, TitleSource | GraphicSource):
        moving = is_moving(source)
        shown = TitleSpan(first - item.first, end - first if moving else 1, item.frames)
        drawn = title_layer(source, shown, timeline, scene.resources.fonts, size=canvas.size)
        scene.files.keep(drawn.files)
        picture = Picture(drawn.stream, RGB, canvas.size, alpha=True, straight=False)
        return Clip(picture, first, still=not moving)
    if item.file is None or item.file.video is None:
        raise MediaNotFound(path=getattr(source, "path", None) or item.pointer)
    video = item.file.video
    still_source = item.clip.freeze or video.still
    take = Take(
        start=Fraction(0) if video.still else item.instant(first, timeline.rate),
        speed=item.speed,
        rate=timeline.rate,
        frames=1 if still_source else end - first,
    )
    stream = _decoded(item.file, video, take, scene.threads)
    size = (video.height, video.width) if video.rotation in (90, 270) else (video.width, video.height)
    picture = Picture(stream, video.color, size, alpha=item.file.alpha, straight=item.file.straight, bits=video.bits)
    return Clip(picture, first, still=still_source)


def _decoded(reading: FileReading, video: SourceVideo, take: Take, threads: int | None) -> Stream:
    """Open, seek, deinterlace in the source's own order, select, turn upright."""
    instant = reading.facts.start + take.start
    if reading.deinterlace and video.rate is not None:
        instant -= 2 / video.rate
    opened = file_input(
        reading.facts,
        seek=seek_point(reading.facts, video, instant),
        threads=threads,
        decoder=ALPHA_DECODERS.get(video.codec) if reading.alpha else None,
    )
    stream = plain(InputStream(opened, "video", video.stream), video)
    if reading.deinterlace:
        stream = whole_frames(stream, "bff" if video.interlaced == "bff" else "tff")
    return upright(select(stream, reading.facts, video, take), video)
