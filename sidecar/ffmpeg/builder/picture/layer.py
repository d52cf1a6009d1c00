"""One clip's picture: from its selected frames to what is laid on the canvas (docs/project.md §4, steps 5 to 10)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor

from protocol.project import Color, Keyframes
from sidecar.core.timeline import Item
from sidecar.ffmpeg.builder.commanded import commanded
from sidecar.ffmpeg.builder.graph import Stream, node
from sidecar.ffmpeg.builder.picture.cells import cut_out
from sidecar.ffmpeg.builder.picture.colour import read
from sidecar.ffmpeg.builder.picture.convert import ACCURATE, RGB, convert, is_rgb, premultiplied, recolored, square
from sidecar.ffmpeg.builder.picture.effects import Applied, Owned, acts, apply_effects
from sidecar.ffmpeg.builder.picture.geometry import Rect, fills
from sidecar.ffmpeg.builder.picture.geometry_moving import MovingPlacement
from sidecar.ffmpeg.builder.picture.geometry_still import Placement
from sidecar.ffmpeg.builder.picture.grade import graded
from sidecar.ffmpeg.builder.picture.orient import turned
from sidecar.ffmpeg.builder.picture.picture import Clip, Layer, Picture
from sidecar.ffmpeg.builder.picture.placing import Placed, covers, lies_plain
from sidecar.ffmpeg.builder.picture.scene import Scene
from sidecar.ffmpeg.builder.picture.select import hold
from sidecar.ffmpeg.builder.picture.warp import Raster, warped

__all__ = ["Layer", "Picture", "covers", "lay", "lies_plain"]

_PLANAR: dict[str | None, int] = {"yuv420p": 2, "yuv444p": 1}
"""Formats that `recolored` takes, however they were turned, and what their sizes have to be a multiple of."""


@dataclass(frozen=True, slots=True)
class _Making:
    """What a layer is made of and with; `still`: its stream is one frame so far."""

    clip: Clip
    item: Item
    scene: Scene
    still: bool

    @property
    def frames(self) -> int:
        return self.clip.end - self.clip.first


def lay(clip: Clip, item: Item, placement: Placed, scene: Scene, *, plain: bool) -> Layer:
    """Make the layer of a clip for the frames that it was opened for.

    `plain`: in the export's own format, for an opaque picture that `lies_plain` and has no effects; else opaque in
    `scene.formats.full` or premultiplied in `scene.formats.alpha`.
    """
    making = _Making(clip, item, scene, clip.still)
    if isinstance(placement, MovingPlacement):
        return _moving(making, placement.over(clip.first, clip.end))
    if plain:
        return _plain(making, placement)
    making, done = _made(
        making, placement.region, placement.size, placement.cut, placement.detail, shrinks=placement.shrinks
    )
    return _still(making, done, placement)


def _plain(making: _Making, placement: Placement) -> Layer:
    """Lay in the format with subsampled colour."""
    scene, picture = making.scene, making.clip.picture
    color = making.item.clip.color
    if color == Color():
        stream = _scaled(
            picture, placement.region, placement.size, scene.formats.plain, scene, shrinks=placement.shrinks
        )
        stream = stream if placement.cut is None else _cut(stream, placement.cut)
    else:
        making, done = _made(
            making, placement.region, placement.size, placement.cut, placement.detail, shrinks=placement.shrinks
        )
        even = not (done.size[0] % scene.formats.step_x or done.size[1] % scene.formats.step_y)
        change = recolored if even and not scene.formats.deep else convert
        stream = change(done.stream, scene.formats.plain, color=RGB)
    return _in_box(_laid(making, stream, placement, placement.raster), placement.box)


def _made(
    making: _Making,
    region: Rect,
    size: tuple[int, int] | None,
    cut: Rect | None,
    detail: float,
    *,
    shrinks: bool,
) -> tuple[_Making, Applied]:
    """Bring a clip's picture to a raster in the working format, with its colour and its effects."""
    scene, picture = making.scene, making.clip.picture
    wide, high = size or (region[2] - region[0], region[3] - region[1])
    pixel_format = scene.formats.alpha if picture.alpha else scene.formats.full
    stream = _scaled(picture, region, (wide, high), pixel_format, scene, shrinks=shrinks)
    if cut is not None:
        stream, wide, high = _cut(stream, cut), cut[2] - cut[0], cut[3] - cut[1]
    return _finished(making, stream, (wide, high), detail)


def _finished(making: _Making, stream: Stream, size: tuple[int, int], detail: float) -> tuple[_Making, Applied]:
    """Apply colour and effects to a raster in the working format."""
    clip, item, scene, alpha = making.clip, making.item, making.scene, making.clip.picture.alpha
    pixel_format = scene.formats.alpha if alpha else scene.formats.full
    color = item.clip.color
    timed = any(isinstance(getattr(color, name), Keyframes) for name in color.__struct_fields__)
    acting = acts(item.clip.effects, scene.resources.catalogue)
    if making.still and (timed or acting):
        stream, making = hold(stream, making.frames), replace(making, still=False)
    frames = 1 if making.still else making.frames
    stream = graded(stream, color, pixel_format, scene, first=clip.first - item.first, frames=frames)
    if not acting:
        return making, Applied(stream, pixel_format, size, 0)
    done = apply_effects(
        stream,
        item.clip.effects,
        scene=scene,
        owner=Owned(item.pointer, -item.head, item.frames + item.tail),
        first=clip.first - item.first,
        frames=frames,
        size=size,
        scale=detail * scene.canvas.scale[1],
        pixel_format=pixel_format,
    )
    return making, done


def _still(making: _Making, done: Applied, placement: Placement) -> Layer:
    """Lay a raster that keeps its place."""
    scene, opaque = making.scene, not done.pixel_format.startswith("gbrap")
    grown = done.grown
    if placement.warp is None:
        layer = _laid(making, done.stream, placement, done.size)
        layer = replace(layer, x=layer.x - grown, y=layer.y - grown, opaque=opaque)
        return cut_out(_in_box(layer, placement.box), making.item, scene, making.frames)
    matrix = placement.warp.after(-grown, -grown, 1, 1)
    # Effects that grow are given the picture cut already.
    area = (0, 0, *done.size) if grown else placement.shown
    filled = fills(matrix, area, placement.box)
    left, top, right, bottom = placement.box
    corners = matrix.corners(area)
    window = (
        max(left, floor(min(x for x, _ in corners)) - 1),
        max(top, floor(min(y for _, y in corners)) - 1),
        min(right, ceil(max(x for x, _ in corners)) + 1),
        min(bottom, ceil(max(y for _, y in corners)) + 1),
    )
    frames = 1 if making.still else making.frames
    raster = Raster(done.stream, done.size, [matrix], matrix.steps, filled, frames, alpha=not opaque, area=area)
    return _in_window(making, warped(raster, window, scene), window, opaque=filled and opaque)


def _moving(making: _Making, placement: MovingPlacement) -> Layer:
    """Lay a picture that moves."""
    scene, size = making.scene, placement.size
    steps = placement.steps()
    if placement.crops:
        making, done = _cropped_to(making, placement, [region for region, _ in steps])
    else:
        making, done = _made(making, placement.region, size, None, placement.detail, shrinks=True)
    grown = done.grown
    opaque = not done.pixel_format.startswith("gbrap")
    maps = [matrix.after(-grown, -grown, 1, 1) for _, matrix in steps]
    reach = ceil(grown * max(placement.largest) * 1.5)
    left, top, right, bottom = placement.box
    window = (
        max(left, placement.window[0] - reach),
        max(top, placement.window[1] - reach),
        min(right, placement.window[2] + reach),
        min(bottom, placement.window[3] + reach),
    )
    raster = Raster(
        done.stream,
        done.size,
        maps,
        placement.largest,
        placement.filled,
        making.frames,
        alpha=not opaque,
        area=None if grown else placement.area,
        still=making.still,
    )
    making = replace(making, still=False)
    return _in_window(making, warped(raster, window, scene), window, opaque=placement.filled and opaque)


def _cropped_to(making: _Making, placement: MovingPlacement, regions: list[Rect]) -> tuple[_Making, Applied]:
    """Cut each frame's own region and bring all to one size."""
    scene, picture = making.scene, making.clip.picture
    pixel_format = scene.formats.alpha if picture.alpha else scene.formats.full
    stream = _scaled(picture, placement.region, picture.size, pixel_format, scene, shrinks=False)
    if making.still:
        stream, making = hold(stream, making.frames), replace(making, still=False)
    wide, high = placement.size
    stream = node("scale", _cropping(stream, regions, scene), w=wide, h=high, flags=f"bicubic+{ACCURATE}")
    stream = premultiplied(square(stream)) if picture.alpha else square(stream)
    return _finished(making, stream, placement.size, placement.detail)


def _cropping(stream: Stream, regions: list[Rect], scene: Scene) -> Stream:
    """Cut a region of its own out of every frame: their sizes differ."""
    series = {
        "w": [right - left for left, _, right, _ in regions],
        "h": [bottom - top for _, top, _, bottom in regions],
        "x": [left for left, _, _, _ in regions],
        "y": [top for _, top, _, _ in regions],
    }
    return commanded(stream, "crop", series, scene.rate, scene.files, exact=1)


def _in_window(making: _Making, stream: Stream, window: Rect, *, opaque: bool) -> Layer:
    left, top, right, bottom = window
    size = (right - left, bottom - top)
    stream = stream if opaque else premultiplied(stream)
    layer = Layer(stream, left, top, opaque, still=making.still, size=size)
    return cut_out(layer, making.item, making.scene, making.frames)


def _laid(making: _Making, stream: Stream, placement: Placement, size: tuple[int, int]) -> Layer:
    """Flip and turn a raster and lay it on the pixel grid."""
    if placement.flip_x:
        stream = node("hflip", stream)
    if placement.flip_y:
        stream = node("vflip", stream)
    if placement.turn:
        stream = square(turned(stream, placement.turn))
        size = (size[1], size[0]) if placement.turn in (90, 270) else size
    return Layer(stream, placement.x, placement.y, opaque=True, still=making.still, size=size)


def _in_box(layer: Layer, box: Rect) -> Layer:
    """Cut off what lies outside of the box."""
    if layer.size is None:
        raise AssertionError("a clip's layer has a size")
    left, top = max(layer.x, box[0]), max(layer.y, box[1])
    right, bottom = min(layer.x + layer.size[0], box[2]), min(layer.y + layer.size[1], box[3])
    if (left, top, right, bottom) == (layer.x, layer.y, layer.x + layer.size[0], layer.y + layer.size[1]):
        return layer
    rect = (left - layer.x, top - layer.y, right - layer.x, bottom - layer.y)
    return replace(layer, stream=_cut(layer.stream, rect), x=left, y=top, size=(right - left, bottom - top))


def _scaled(
    picture: Picture, region: Rect, size: tuple[int, int], pixel_format: str, scene: Scene, *, shrinks: bool
) -> Stream:
    """Cut a region out of the source, bring it to a size and to a format, premultiplied where that has alpha."""
    picture = read(picture, scene.formats, scene.files)
    stream, color = picture.stream, picture.color
    target: tuple[int, int] | None = None if size == (region[2] - region[0], region[3] - region[1]) else size
    if picture.alpha:
        stream = convert(stream, pixel_format, color=color)
        stream = node("premultiply", stream, inplace=1) if picture.straight else premultiplied(stream)
        color = RGB
    if region != (0, 0, *picture.size):
        if any(value % 2 for value in region) and not picture.alpha:
            # Subsampled colour would move with an odd edge.
            stream, color = convert(stream, scene.formats.full, color=color), RGB
        stream = _cut(stream, region)
    if picture.bits > 8 and not is_rgb(pixel_format) and color.matrix not in ("rgb", "bt709"):
        # In one step swscale garbles 10-bit 4:2:0 of another matrix whenever it averages areas.
        stream, color = convert(stream, scene.formats.full, color=color, size=target, shrinks=shrinks), RGB
        target, shrinks = None, False
    if picture.alpha and target is None:
        return stream
    if target is None and pixel_format == "gbrp" and color == picture.color and _is_recolorable(picture, region):
        return recolored(stream, pixel_format, color=color)
    stream = convert(stream, pixel_format, color=color, size=target, shrinks=shrinks)
    return premultiplied(stream) if picture.alpha else stream


def _is_recolorable(picture: Picture, region: Rect) -> bool:
    """Whether frames of a region are such as `recolored` takes."""
    step = _PLANAR.get(picture.pixel_format)
    return step is not None and not any(value % step for value in region)


def _cut(stream: Stream, rect: Rect) -> Stream:
    left, top, right, bottom = rect
    return node("crop", stream, w=right - left, h=bottom - top, x=left, y=top, exact=1)
