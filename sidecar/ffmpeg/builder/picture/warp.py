"""Resampling by affine maps, one for all frames or one a frame: what turns, or lies between pixels.

In 8 bits by `perspective` (cubic kernel with A = -0.6, as swscale's, places in 1/256 of a pixel), in 16 bits by `v360`
between two flat pictures (cubic, weights of 14 bits), which an affine map can be written for: the ratio of the two
fields of view is the scale, roll the turn, the off-axis offset the place. What is reduced is averaged over areas first,
to a raster that the map then takes about one to one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan, atan2, ceil, cos, degrees, floor, hypot, log2, sin

from sidecar.ffmpeg.builder.commanded import commanded
from sidecar.ffmpeg.builder.graph import Expression, Node, Pad, Stream, Value, node
from sidecar.ffmpeg.builder.picture.convert import ACCURATE
from sidecar.ffmpeg.builder.picture.geometry import Affine, Rect
from sidecar.ffmpeg.builder.picture.scene import Scene

MARGIN = 3
"""Transparent pixels around a picture that is resampled: what bicubic interpolation reads beyond an edge."""

FOCUS = 512.0
"""Pixels a unit of v360's flat pictures, at least: the more, the less exact it is at the middle of the picture."""


@dataclass(frozen=True, slots=True)
class Raster:
    """Frames to resample: premultiplied planar RGB, or opaque.

    `sizes` and `maps` are each frame's, or one stands for all. No frame of the whole clip is larger than `bound`, or
    enlarged by more than `largest`, across and down. `opaque`: the maps leave nothing of the window free, so what lies
    at the picture's edges is not mixed with anything.
    """

    stream: Stream
    sizes: Sequence[tuple[int, int]]
    maps: Sequence[Affine]
    bound: tuple[int, int]
    largest: tuple[float, float]
    opaque: bool


def warped(raster: Raster, window: Rect, scene: Scene) -> Stream:
    """Resample into a window of the canvas."""
    raster = _reduced(_bordered(raster, window), scene)
    if scene.formats.deep:
        return _by_view(raster, window, scene)
    return _by_perspective(raster, window)


def _bordered(raster: Raster, window: Rect) -> Raster:
    """Repeat the edges of a picture that fills its window, so that nothing else is mixed into them."""
    if not raster.opaque:
        return raster
    width, height = raster.bound
    # However it is turned, a side of what fills the window is no shorter than the window's shorter side.
    shorter = min(window[2] - window[0], window[3] - window[1])
    wide, high = (ceil(MARGIN * max(1.0, length / shorter)) for length in raster.bound)
    stream = node("pad", raster.stream, w=width + 2 * wide, h=height + 2 * high, x=wide, y=high)
    stream = node("fillborders", stream, left=wide, right=wide, top=high, bottom=high, mode="smear")
    maps = [matrix.after(-wide, -high, 1, 1) for matrix in raster.maps]
    bound = width + 2 * wide, height + 2 * high
    return Raster(stream, [bound] * len(maps), maps, bound, raster.largest, opaque=True)


def _reduced(raster: Raster, scene: Scene) -> Raster:
    """Average areas where a map reduces; the raster that results lies in a margin and has one size for all frames."""
    sizes = [
        (_pixels(size[0], matrix.steps[0]), _pixels(size[1], matrix.steps[1]))
        for size, matrix in zip(raster.sizes, raster.maps, strict=True)
    ]
    stream, margin = raster.stream, 0 if raster.opaque else MARGIN
    if sizes != list(raster.sizes):
        series = {"w": [size[0] for size in sizes], "h": [size[1] for size in sizes]}
        stream = commanded(stream, "scale", series, scene.rate, scene.files, flags=f"area+{ACCURATE}")
        stream = node("setsar", stream, sar=1)
    across, down = (_most(raster.bound[axis], raster.largest[axis]) + 2 * margin for axis in (0, 1))
    if len(raster.maps) > 1 or (across, down) != sizes[0]:
        # Frames may change their size before it.
        stream = node("pad", stream, w=across, h=down, x=margin, y=margin, color="black@0", eval="frame")
    maps = [
        matrix.after(0, 0, own[0] / size[0], own[1] / size[1]).after(-margin, -margin, 1, 1)
        for matrix, own, size in zip(raster.maps, raster.sizes, sizes, strict=True)
    ]
    return Raster(stream, [(across, down)] * len(maps), maps, (across, down), (1.0, 1.0), raster.opaque)


def _pixels(length: int, step: float) -> int:
    """Pixels that a length is reduced to; what is enlarged, or has been rounded to them already, keeps its own."""
    return length if step >= 1 else max(1, min(length, floor(length * step + 0.51)))


def _most(length: int, step: float) -> int:
    """Upper bound of `_pixels` for steps no larger than this one, whatever is lost in reckoning."""
    return length if step >= 1 else min(length, floor(length * step) + 2)


def _by_perspective(raster: Raster, window: Rect) -> Stream:
    left, top, right, bottom = window
    size = raster.sizes[0]
    room = max(size[0], right - left), max(size[1], bottom - top)
    stream = raster.stream
    if room != size:
        stream = node("pad", stream, w=room[0], h=room[1], color="black@0")
    stream = node("setparams", stream, alpha_mode=None if raster.opaque else "premultiplied")
    points: list[tuple[str, Value]] = []
    for number, (x, y) in enumerate(((0, 0), (room[0], 0), (0, room[1]), room)):
        # The filter places pixels by their numbers; number i stands for the centre i + 1/2.
        places = [matrix(x + 0.5, y + 0.5) for matrix in raster.maps]
        points.append((f"x{number}", table([to_x - 0.5 - left for to_x, _ in places])))
        points.append((f"y{number}", table([to_y - 0.5 - top for _, to_y in places])))
    moving: Value = "frame" if len(raster.maps) > 1 else "init"
    arguments = (*points, ("interpolation", "cubic"), ("sense", "destination"), ("eval", moving))
    stream = Pad(Node("perspective", arguments, (stream,), "video"))
    return node("crop", stream, w=right - left, h=bottom - top, x=0, y=0, exact=1)


def table(values: Sequence[float]) -> Expression:
    """Write a value for every frame as an expression of `in`, which counts a filter's frames from 1."""
    texts = [f"{value:.6f}" for value in values]
    starts = [index for index, text in enumerate(texts) if index == 0 or text != texts[index - 1]]

    def among(low: int, high: int) -> str:
        """Halve runs [low, high) until one is left."""
        if high - low == 1:
            return texts[starts[low]]
        middle = (low + high) // 2
        return f"if(lt(in,{starts[middle] + 1}),{among(low, middle)},{among(middle, high)})"

    return Expression(among(0, len(starts)))


def _by_view(raster: Raster, window: Rect, scene: Scene) -> Stream:
    left, top, right, bottom = window
    size, width, height = raster.sizes[0], right - left, bottom - top
    views = [_view(matrix, size, window, scene.canvas.scale) for matrix in raster.maps]
    series = {name: [view[name] for view in views] for name in views[0]}
    stream = commanded(
        node("setparams", raster.stream, alpha_mode=None if raster.opaque else "premultiplied"),
        "v360",
        series,
        scene.rate,
        scene.files,
        input="flat",
        output="flat",
        interp="cubic",
        w=width,
        h=height,
        reset_rot=1,
    )
    return node("setsar", stream, sar=1)


def _view(matrix: Affine, size: tuple[int, int], window: Rect, scale: tuple[float, float]) -> dict[str, float]:
    """Write an affine map, a turn between two scalings, as v360's options.

    A pixel of the window at (x, y) from its middle, in units of half its size, looks in the direction
    (tan(h_fov/2)·x + h_offset, tan(v_fov/2)·y + v_offset, 1), turned by roll; that is u·tan(ih_fov/2) and v·tan(iv_fov/2)
    at (u, v) from the middle of the raster, in units of half its size less half a pixel.
    """
    width, height = window[2] - window[0], window[3] - window[1]
    angle = atan2(matrix.c / scale[1], matrix.a / scale[0])
    across = hypot(matrix.a / scale[0], matrix.c / scale[1])
    down = -matrix.b / scale[0] * sin(angle) + matrix.d / scale[1] * cos(angle)
    middle = matrix(size[0] / 2, size[1] / 2)
    off_x = ((window[0] + window[2]) / 2 - middle[0]) / scale[0]
    off_y = ((window[1] + window[3]) / 2 - middle[1]) / scale[1]
    # Offsets go to 1 at most; the unit changes by doubling, with the frame alone.
    focus = FOCUS * 2 ** max(0, ceil(log2(max(abs(off_x), abs(off_y), FOCUS) / FOCUS)))
    return {
        "h_fov": _field(width / 2 / scale[0] / focus),
        "v_fov": _field(height / 2 / scale[1] / focus),
        "ih_fov": _field(across * (size[0] - 1) / 2 / focus),
        "iv_fov": _field(abs(down) * (size[1] - 1) / 2 / focus),
        "h_offset": off_x / focus,
        "v_offset": off_y / focus,
        "roll": degrees(angle),
        "iv_flip": 1.0 if down < 0 else 0.0,
    }


def _field(tangent: float) -> float:
    return 2 * degrees(atan(tangent))
