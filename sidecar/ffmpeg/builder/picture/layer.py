"""One clip's picture: from its selected frames to what is laid on the canvas."""

from __future__ import annotations

from dataclasses import dataclass

from protocol.project import Color
from sidecar.core.source import SourceColor
from sidecar.ffmpeg.builder.graph import Expression, Node, Pad, Stream, Value, node
from sidecar.ffmpeg.builder.picture.convert import RGB, YUV, Formats, convert, is_rgb, square, working
from sidecar.ffmpeg.builder.picture.geometry import MARGIN, Placement, Rect, Warp
from sidecar.ffmpeg.builder.picture.grade import graded
from sidecar.ffmpeg.builder.picture.orient import PRIMARIES, turned


@dataclass(frozen=True, slots=True)
class Layer:
    """A picture with its left top corner at (x, y) of the canvas; `opaque`: it has no alpha.

    `still`: the stream is one frame, which stands for every frame of the clip. `size` is that of the stream in
    pixels, None for the canvas's.
    """

    stream: Stream
    x: int
    y: int
    opaque: bool
    still: bool = False
    size: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """Oriented frames as decoded, of `bits` a channel. `alpha`: they have one; `straight`: not multiplied in yet."""

    stream: Stream
    color: SourceColor
    size: tuple[int, int]
    alpha: bool
    straight: bool
    bits: int = 8


def lies_plain(placement: Placement, formats: Formats) -> bool:
    """Whether an opaque picture can be laid in the format with subsampled colour: on even places, in even sizes."""
    if placement.warp is not None:
        return False
    width, height = placement.laid_size
    cut = placement.cut or (0, 0, 0, 0)
    across, down = (placement.x, width, cut[0]), (placement.y, height, cut[1])
    return not any(v % formats.step_x for v in across) and not any(v % formats.step_y for v in down)


def covers(placement: Placement, canvas: tuple[int, int]) -> bool:
    """Whether it leaves nothing of the canvas to be seen, if it is opaque."""
    width, height = placement.laid_size
    right, bottom = placement.x + width, placement.y + height
    return (
        placement.warp is None and placement.x <= 0 and placement.y <= 0 and right >= canvas[0] and bottom >= canvas[1]
    )


def lay(
    picture: Picture, placement: Placement, color: Color, formats: Formats, canvas: tuple[int, int], *, plain: bool
) -> Layer:
    """Make the layer of a clip, in the plain format or the full one."""
    deep = formats.final.endswith("10le")
    neutral = color == Color()
    stream = _read(picture)
    if not picture.alpha:
        target = formats.plain if plain else formats.grading if deep else formats.laid
        first = target if neutral else formats.grading
        stream = _scaled(stream, picture, placement, first)
        if not neutral:
            stream = graded(stream, color, deep=deep)
            stream = stream if first == target else convert(stream, target, color=working(first))
        stream = _flipped(stream, placement)
        if placement.warp is None:
            if target not in (formats.plain, formats.laid):
                stream = convert(stream, formats.laid, color=working(target))
            return _cropped_to_canvas(Layer(stream, placement.x, placement.y, opaque=True), placement, canvas)
        stream = node("format", stream, pix_fmts="gbrap")
    else:
        stream = _scaled_with_alpha(stream, picture, placement)
        if not neutral:
            stream = graded(stream, color, deep=False)
        stream = _flipped(stream, placement)
        if placement.warp is not None:
            stream = node("premultiply", stream, inplace=1)
    x, y = placement.x, placement.y
    if placement.warp is not None:
        stream = _straight(_warped(stream, placement, placement.warp))
        x, y = placement.warp.window[:2]
    if not is_rgb(formats.laid):
        stream = convert(stream, formats.layer, color=RGB)
    return Layer(stream, x, y, opaque=False)


def _read(picture: Picture) -> Stream:
    """Take the source's primaries to those of BT.709. BT.601's are taken for BT.709's own."""
    if picture.color.primaries != "bt2020" or picture.color.matrix == "rgb":
        return picture.stream
    stream = node("format", picture.stream, pix_fmts="yuv444p12le")
    return node(
        "colorspace",
        stream,
        iprimaries=PRIMARIES["bt2020"],
        primaries="bt709",
        itrc="bt709",
        trc="bt709",
        ispace={"bt601": "smpte170m", "bt709": "bt709"}.get(picture.color.matrix, "bt2020nc"),
        space="bt709",
        irange="pc" if picture.color.range == "full" else "tv",
        range="tv",
    )


def _color_read(picture: Picture) -> SourceColor:
    """Colour of what `_read` gives."""
    if picture.color.primaries != "bt2020" or picture.color.matrix == "rgb":
        return picture.color
    return YUV


def _scaled(stream: Stream, picture: Picture, placement: Placement, pixel_format: str) -> Stream:
    """Cut the region out of the source, scale it, and cut that."""
    color = _color_read(picture)
    whole = (0, 0, *picture.size)
    if placement.region != whole:
        if any(value % 2 for value in placement.region):
            # Subsampled colour would move with an odd edge.
            stream, color = convert(stream, "gbrp12le", color=color), RGB
        stream = _cut(stream, placement.region)
    size: tuple[int, int] | None = placement.size
    shrinks = placement.shrinks
    if picture.bits > 8 and not is_rgb(pixel_format) and color.matrix not in ("rgb", "bt709"):
        # In one step swscale garbles 10-bit 4:2:0 of another matrix whenever it averages areas.
        stream, color = convert(stream, "gbrp12le", color=color, size=size, shrinks=shrinks), RGB
        size, shrinks = None, False
    stream = convert(stream, pixel_format, color=color, size=size, shrinks=shrinks)
    return stream if placement.cut is None else _cut(stream, placement.cut)


def _scaled_with_alpha(stream: Stream, picture: Picture, placement: Placement) -> Stream:
    """The same with alpha: multiplied in while it is scaled, straight after."""
    stream = convert(stream, "gbrap", color=_color_read(picture))
    stream = node("premultiply", stream, inplace=1) if picture.straight else _multiplied(stream)
    if placement.region != (0, 0, *picture.size):
        stream = _cut(stream, placement.region)
    stream = convert(stream, "gbrap", color=RGB, size=placement.size, shrinks=placement.shrinks)
    stream = stream if placement.cut is None else _cut(stream, placement.cut)
    return _straight(stream)


def _multiplied(stream: Stream) -> Stream:
    """State that colour is multiplied by alpha."""
    return node("setparams", stream, alpha_mode="premultiplied")


def _straight(stream: Stream) -> Stream:
    """Divide alpha out: overlay is right for straight alpha only (FFmpeg 9 multiplies twice otherwise)."""
    return node("unpremultiply", stream, inplace=1)


def _cut(stream: Stream, rect: Rect) -> Stream:
    left, top, right, bottom = rect
    return node("crop", stream, w=right - left, h=bottom - top, x=left, y=top, exact=1)


def _flipped(stream: Stream, placement: Placement) -> Stream:
    if placement.flip_x:
        stream = node("hflip", stream)
    if placement.flip_y:
        stream = node("vflip", stream)
    return square(turned(stream, placement.turn)) if placement.turn else stream


def _cropped_to_canvas(layer: Layer, placement: Placement, canvas: tuple[int, int]) -> Layer:
    """Cut off what lies outside, where the picture covers the canvas and so becomes the base itself."""
    if not covers(placement, canvas):
        return layer
    if (layer.x, layer.y, *placement.laid_size) == (0, 0, *canvas):
        return layer
    stream = _cut(layer.stream, (-layer.x, -layer.y, canvas[0] - layer.x, canvas[1] - layer.y))
    return Layer(stream, 0, 0, opaque=layer.opaque)


def _warped(stream: Stream, placement: Placement, warp: Warp) -> Stream:
    """Resample premultiplied gbrap, a transparent margin around it, into the warp's window of the canvas."""
    width, height = placement.size
    if placement.cut is not None:
        width, height = placement.cut[2] - placement.cut[0], placement.cut[3] - placement.cut[1]
    left, top, right, bottom = warp.window
    room = max(width + 2 * MARGIN, right - left), max(height + 2 * MARGIN, bottom - top)
    stream = node("pad", stream, w=room[0], h=room[1], x=MARGIN, y=MARGIN, color="black@0")
    stream = _multiplied(stream)
    points: list[tuple[str, Value]] = []
    for number, (x, y) in enumerate(((0, 0), (room[0], 0), (0, room[1]), (room[0], room[1]))):
        # The filter places pixels by their numbers; number i stands for the centre i + 1/2.
        to_x, to_y = warp.matrix(x + 0.5 - MARGIN, y + 0.5 - MARGIN)
        points.append((f"x{number}", Expression(f"{to_x - 0.5 - left:.9f}")))
        points.append((f"y{number}", Expression(f"{to_y - 0.5 - top:.9f}")))
    arguments = (*points, ("interpolation", "cubic"), ("sense", "destination"))
    stream = Pad(Node("perspective", arguments, (stream,), "video"))
    return _cut(stream, (0, 0, right - left, bottom - top))
