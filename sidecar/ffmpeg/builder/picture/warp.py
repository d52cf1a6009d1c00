"""Resampling by affine maps, one for all frames or one a frame: what turns, or lies between pixels.

In 8 bits by `perspective` (cubic kernel with A = -0.6, as swscale's, places in 1/256 of a pixel), in 16 bits by `v360`
between two flat pictures (cubic, weights of 14 bits), which an affine map can be written for: the ratio of the two
fields of view is the scale, roll the turn, the off-axis offset the place. What is reduced is averaged over areas first,
to a raster that the map then takes about one to one.

A cubic kernel would draw a bright rim along an edge against transparency. So a picture goes on beyond its edges while it
is resampled, and how much of each pixel it covers is a picture of its own: a white rectangle under the same maps, drawn
at the size it is shown in and resampled linearly, which along the picture's axes is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import atan, atan2, ceil, cos, degrees, floor, hypot, log2, sin

from sidecar.ffmpeg.builder.commanded import commanded
from sidecar.ffmpeg.builder.graph import Expression, Node, Pad, Stream, Value, node
from sidecar.ffmpeg.builder.picture.convert import ACCURATE, premultiplied, square
from sidecar.ffmpeg.builder.picture.geometry import Affine, Area, Rect
from sidecar.ffmpeg.builder.picture.scene import Scene
from sidecar.ffmpeg.builder.picture.select import hold
from sidecar.ffmpeg.builder.sidefiles import SideFiles

MARGIN = 3
"""Pixels that cubic interpolation may read beyond an edge."""

BEYOND = 8 * MARGIN
"""Pixels that a picture goes on for beyond its edges: enough while it is reduced to an eighth at most."""

LARGEST_AREA = 4_096
"""To how many pixels the side of a picture's area is drawn larger than the picture itself."""

RUN = 256
"""Frames whose places one `perspective` is told: it reads all of them anew for each frame."""

FOCUS = 512.0
"""Pixels a unit of v360's flat pictures, at least: the more, the less exact it is at the middle of the picture."""


@dataclass(frozen=True, slots=True)
class Raster:
    """`frames` frames to resample: planar RGB, premultiplied where they have `alpha`.

    `maps` is each frame's, or one for all; no frame of the whole clip is enlarged by more than `largest`, across and
    down. What is shown of the raster is `area` (None: all of it), cut between pixels. `filled`: the maps leave
    nothing of the window free. `still`: the stream is one frame, which stands for all of them.
    """

    stream: Stream
    size: tuple[int, int]
    maps: Sequence[Affine]
    largest: tuple[float, float]
    filled: bool
    frames: int
    alpha: bool = False
    area: Area | None = None
    still: bool = False


@dataclass(frozen=True, slots=True)
class Room:
    """Where it is resampled: frames a second, side files, pixels a project pixel across and down, 16 bits or 8."""

    rate: Fraction
    files: SideFiles
    scale: tuple[float, float]
    deep: bool


def warped(raster: Raster, window: Rect, scene: Scene) -> Stream:
    """Resample into a window of the canvas."""
    return resampled(raster, window, Room(scene.rate, scene.files, scene.canvas.scale, scene.formats.deep))


def resampled(raster: Raster, window: Rect, room: Room) -> Stream:
    """Resample into a window: premultiplied, but opaque where an opaque picture fills it."""
    if raster.filled:
        return _by_maps(_reduced(_bordered(raster, window), room, 0), window, room, "cubic")
    picture = _by_maps(_reduced(_continued(raster), room, 0), window, room, "cubic")
    half = _by_maps(_reduced(_area(raster, room), room, MARGIN), window, room, "linear")
    grey = "gray16le" if room.deep else "gray"
    area: Stream = node("format", node("blend", half, half, all_mode="addition"), pix_fmts=grey)
    if len(raster.maps) == 1:
        area = hold(area, raster.frames)
    # Not by premultiply: in 8 bits it takes a level from bright pixels that are covered in full.
    working = ("gbrap" if raster.alpha else "gbrp") + ("16le" if room.deep else "")
    share = node("mergeplanes", area, map0s=0, map1s=0, map2s=0, map3s=0, format=working)
    share = node("setparams", share, range="full", colorspace="gbr", alpha_mode="premultiplied")
    covered = node("blend", picture, share, all_mode="multiply")
    if raster.alpha:
        return covered
    places: list[tuple[str, Value]] = [(f"map{plane}p", plane) for plane in range(3)]
    covered = node("format", covered, pix_fmts=working)
    arguments = (*places, ("map3s", 1), ("format", working.replace("gbrp", "gbrap")))
    joined = Pad(Node("mergeplanes", arguments, (covered, area), "video"))
    return node("setparams", joined, range="full", colorspace="gbr", alpha_mode="premultiplied")


def _by_maps(raster: Raster, window: Rect, room: Room, kernel: str) -> Stream:
    return _by_view(raster, window, room, kernel) if room.deep else _by_perspective(raster, window, kernel)


def _continued(raster: Raster) -> Raster:
    """Repeat the edges of a picture beyond them."""
    return _smeared(raster, BEYOND, BEYOND)


def _bordered(raster: Raster, window: Rect) -> Raster:
    """Repeat the edges of a picture that fills its window, so that nothing else is mixed into them."""
    # However it is turned, a side of what fills the window is no shorter than the window's shorter side.
    shorter = min(window[2] - window[0], window[3] - window[1])
    wide, high = (ceil(MARGIN * max(1.0, length / shorter)) for length in raster.size)
    return _smeared(raster, wide, high)


def _smeared(raster: Raster, wide: int, high: int) -> Raster:
    width, height = raster.size[0] + 2 * wide, raster.size[1] + 2 * high
    # Planes called limited would be scaled as such.
    stream: Stream = node("setparams", raster.stream, range="full", colorspace="gbr")
    stream = node("pad", stream, w=width, h=height, x=wide, y=high, color="black@0")
    stream = node("fillborders", stream, left=wide, right=wide, top=high, bottom=high, mode="smear")
    if raster.still:
        stream = hold(stream, raster.frames)
    maps = [matrix.after(-wide, -high, 1, 1) for matrix in raster.maps]
    return Raster(stream, (width, height), maps, raster.largest, raster.filled, raster.frames, raster.alpha)


def _area(raster: Raster, room: Room) -> Raster:
    """What is shown, as large as it is shown at most, of half the largest value: v360 wraps at its own."""
    left, top, right, bottom = raster.area or (0, 0, *raster.size)
    across, down = (
        max(1, min(ceil(length * max(1.0, step)), LARGEST_AREA))
        for length, step in zip((right - left, bottom - top), raster.largest, strict=True)
    )
    grey, half = ("gray16le", 32_768) if room.deep else ("gray", 128)
    made = node("color", medium="video", c="black", s=f"{across}x{down}", r=f"{room.rate}")
    made = node("limiter", node("format", node("trim", made, end_frame=1), pix_fmts=grey), min=half)
    unit_x, unit_y = (right - left) / across, (bottom - top) / down
    maps = [matrix.after(left, top, unit_x, unit_y) for matrix in raster.maps]
    largest = raster.largest[0] * unit_x, raster.largest[1] * unit_y
    return Raster(hold(square(made), len(maps)), (across, down), maps, largest, filled=False, frames=len(maps))


def _reduced(raster: Raster, room: Room, margin: int) -> Raster:
    """Average areas where a map reduces; the raster that results lies in a margin and has one size for all frames."""
    width, height = raster.size
    most = _most(width, raster.largest[0]), _most(height, raster.largest[1])
    # A frame of which nothing is on screen has a map of no size in particular.
    sizes = [
        (min(most[0], _pixels(width, matrix.steps[0])), min(most[1], _pixels(height, matrix.steps[1])))
        for matrix in raster.maps
    ]
    stream = raster.stream
    if any(size != raster.size for size in sizes):
        series = {"w": [size[0] for size in sizes], "h": [size[1] for size in sizes]}
        stream = commanded(stream, "scale", series, room.rate, room.files, flags=f"area+{ACCURATE}")
        stream = node("setsar", stream, sar=1)
    across, down = (length + 2 * margin for length in most)
    if len(sizes) > 1 or (across, down) != sizes[0]:
        # Frames may change their size before it.
        stream = node("pad", stream, w=across, h=down, x=margin, y=margin, color="black@0", eval="frame")
    maps = [
        matrix.after(0, 0, width / size[0], height / size[1]).after(-margin, -margin, 1, 1)
        for matrix, size in zip(raster.maps, sizes, strict=True)
    ]
    return Raster(stream, (across, down), maps, (1.0, 1.0), raster.filled, raster.frames, raster.alpha)


def _pixels(length: int, step: float) -> int:
    """Pixels that a length is reduced to; what is enlarged, or has been rounded to them already, keeps its own."""
    return length if step >= 1 else max(1, min(length, floor(length * step + 0.51)))


def _most(length: int, step: float) -> int:
    """Upper bound of `_pixels` for steps no larger than this one, whatever is lost in reckoning."""
    return length if step >= 1 else min(length, floor(length * step) + 2)


def _by_perspective(raster: Raster, window: Rect, kernel: str) -> Stream:
    left, top, right, bottom = window
    size = raster.size
    room = max(size[0], right - left), max(size[1], bottom - top)
    stream = raster.stream
    if room != size:
        stream = node("pad", stream, w=room[0], h=room[1], color="black@0")
    if raster.alpha:
        stream = premultiplied(stream)
    frames = len(raster.maps)
    for first in range(0, frames, RUN):
        maps = raster.maps[first : first + RUN]
        points: list[tuple[str, Value]] = []
        for number, (x, y) in enumerate(((0, 0), (room[0], 0), (0, room[1]), room)):
            # The filter places pixels by their numbers; number i stands for the centre i + 1/2.
            places = [matrix(x + 0.5, y + 0.5) for matrix in maps]
            points.append((f"x{number}", table([to_x - 0.5 - left for to_x, _ in places], first)))
            points.append((f"y{number}", table([to_y - 0.5 - top for _, to_y in places], first)))
        moving: Value = "frame" if frames > 1 else "init"
        arguments = (*points, ("interpolation", kernel), ("sense", "destination"), ("eval", moving))
        if frames > RUN:
            arguments = (*arguments, ("enable", Expression(f"between(n,{first},{first + len(maps) - 1})")))
        # It keeps two numbers for every pixel.
        stream = Pad(Node("perspective", arguments, (stream,), "video", holds=8 * room[0] * room[1]))
    return node("crop", stream, w=right - left, h=bottom - top, x=0, y=0, exact=1)


def table(values: Sequence[float], first: int = 0) -> Expression:
    """Write a value for every frame from `first` on as an expression of `in`, which counts a filter's frames from 1."""
    texts = [f"{value:.6f}" for value in values]
    starts = [index for index, text in enumerate(texts) if index == 0 or text != texts[index - 1]]

    def among(low: int, high: int) -> str:
        """Halve runs [low, high) until one is left."""
        if high - low == 1:
            return texts[starts[low]]
        middle = (low + high) // 2
        return f"if(lt(in,{first + starts[middle] + 1}),{among(low, middle)},{among(middle, high)})"

    return Expression(among(0, len(starts)))


def _by_view(raster: Raster, window: Rect, room: Room, kernel: str) -> Stream:
    left, top, right, bottom = window
    size, width, height = raster.size, right - left, bottom - top
    views = [_view(matrix, size, window, room.scale) for matrix in raster.maps]
    series = {name: [view[name] for view in views] for name in views[0]}
    stream = commanded(
        premultiplied(raster.stream) if raster.alpha else raster.stream,
        "v360",
        series,
        room.rate,
        room.files,
        input="flat",
        output="flat",
        interp=kernel,
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
        "roll": -degrees(angle),
        "v_flip": 1.0 if down < 0 else 0.0,
    }


def _field(tangent: float) -> float:
    return 2 * degrees(atan(tangent))
