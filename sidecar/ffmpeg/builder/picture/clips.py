"""The pictures of clips: decoded, selected, oriented; one stream a clip, however many stretches show it."""

from __future__ import annotations

from protocol.errors import MediaNotFound
from protocol.project import (
    ColorSource,
    FileSource,
    GradientSource,
    GraphicSource,
    NoiseSource,
    PatternSource,
    TitleSource,
)
from sidecar.core.timeline import Item
from sidecar.ffmpeg.builder.picture.convert import RGB, constant
from sidecar.ffmpeg.builder.picture.footage import Footage, shoot
from sidecar.ffmpeg.builder.picture.generated import generated
from sidecar.ffmpeg.builder.picture.geometry_moving import moves
from sidecar.ffmpeg.builder.picture.orient import upright
from sidecar.ffmpeg.builder.picture.picture import Clip, Picture
from sidecar.ffmpeg.builder.picture.scene import Scene
from sidecar.ffmpeg.builder.text import TitleSpan, is_moving, title_layer

__all__ = ["Clip", "grows", "open_clip"]


def open_clip(item: Item, scene: Scene, span: tuple[int, int]) -> Clip:
    """Make the picture of a clip for frames [first, end) of the project."""
    timeline, canvas = scene.timeline, scene.canvas
    source = item.clip.source
    first, end = span
    if isinstance(source, ColorSource):
        still = constant(source.color, canvas.size, timeline.rate, "gbrp")
        return Clip(Picture(still, RGB, canvas.size, alpha=False, straight=True), first, end, still=True)
    if isinstance(source, TitleSource | GraphicSource):
        moving = is_moving(source)
        shown = TitleSpan(first - item.first, end - first if moving else 1, item.frames)
        drawn = title_layer(source, shown, timeline, scene.resources.fonts, size=canvas.size)
        scene.files.keep(drawn.files)
        picture = Picture(drawn.stream, RGB, canvas.size, alpha=True, straight=False)
        return Clip(picture, first, end, still=not moving)
    if isinstance(source, GradientSource | PatternSource | NoiseSource):
        made = generated(source, scene, first - item.first, end - first)
        return Clip(made.picture, first, end, still=made.still)
    if item.file is None or item.file.video is None:
        raise MediaNotFound(path=getattr(source, "path", None) or item.pointer)
    footage = Footage(item, item.file, item.file.video, timeline.rate)
    still_source = footage.still
    shot = shoot(footage, scene, (first, first + 1) if still_source else span)
    video, form = item.file.video, shot.form
    size = (video.height, video.width) if video.rotation in (90, 270) else (video.width, video.height)
    stream = upright(shot.stream, video)
    picture = Picture(
        stream,
        form.color,
        size,
        alpha=item.file.alpha,
        straight=form.straight,
        bits=form.bits,
        pixel_format=form.pixel_format,
    )
    return Clip(picture, first, end, still=still_source)


def grows(item: Item) -> bool:
    """Whether a longer span of a clip asks more of its process: it is read or moved in pieces, by tables of its frames."""
    if moves(item.clip.crop, item.clip.transform):
        return True
    if item.file is None or item.file.video is None or item.frozen or item.file.video.still:
        return False
    source, video = item.clip.source, item.file.video
    spared = isinstance(source, FileSource) and source.on_error != "fail" and bool(video.damaged)
    counted = item.file.frame_rate is not None and video.stamps is not None
    retimed = item.reverse or item.time_map is not None or item.clip.retime != "nearest"
    return retimed or item.looped or spared or counted
