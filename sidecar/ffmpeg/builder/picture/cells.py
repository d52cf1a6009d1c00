"""What a layout adds to its clips: the cut to a polygon, the border over each cell, the background below them."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from protocol.project import Template
from sidecar.core.timeline import Item
from sidecar.ffmpeg.builder.graph import Input, InputStream, Node, Pad, Stream, Value, node
from sidecar.ffmpeg.builder.picture.convert import constant, premultiplied, square, with_alpha
from sidecar.ffmpeg.builder.picture.geometry import Rect
from sidecar.ffmpeg.builder.picture.picture import Layer
from sidecar.ffmpeg.builder.picture.scene import Scene
from sidecar.ffmpeg.builder.picture.select import hold

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Shares = NDArray[np.uint16]

KEPT = 4
"""Masks that are remembered: windows of one render ask for the same."""

FINE = 8
"""Lines that a row of pixels is covered by, to find how much of every pixel lies inside of a polygon."""

MOST = 65_535

Point = tuple[float, float]


def background_of(template: Template, scene: Scene) -> Layer | None:
    """Return one frame of a template's background, frame-sized; None where it has none."""
    color = template.background
    if color is None:
        return None
    opaque = len(color) == 7 or color[7:9].upper() == "FF"
    pixel_format = scene.formats.full if opaque else scene.formats.alpha
    stream = constant(color, scene.canvas.size, scene.rate, pixel_format)
    stream = stream if opaque else premultiplied(stream)
    return Layer(stream, 0, 0, opaque, still=True, size=scene.canvas.size)


def border_of(item: Item, scene: Scene) -> Layer | None:
    """Return one frame of the border of a clip's cell; None where there is none.

    It lies inside of the cell's edge, `width` project pixels wide.
    """
    if item.cell is None or item.cell.template.border.width == 0:
        return None
    border, box = item.cell.template.border, item.cell.rectangle(scene.canvas.size, scene.canvas.scale)
    size = box[2] - box[0], box[3] - box[1]
    wide, high = (border.width * factor for factor in scene.canvas.scale)
    outline = _outline(item, box) or ((0, 0), (size[0], 0), size, (0, size[1]))
    outer = coverage(outline, size)
    if item.cell.cell.polygon is None:
        right, bottom = size[0] - wide, size[1] - high
        inner = coverage(((wide, high), (right, high), (right, bottom), (wide, bottom)), size)
        line = outer - inner if 2 * wide < size[0] and 2 * high < size[1] else outer
    else:
        near = stroke(outline, wide, size)
        line = (outer * (near / MOST)).astype(outer.dtype)
    mask = _mask(line, scene)
    paint = constant(border.color, size, scene.rate, scene.formats.alpha)
    stream = _masked(paint, mask, scene)
    return Layer(stream, box[0], box[1], opaque=False, still=True, size=size)


def cut_out(layer: Layer, item: Item, scene: Scene, frames: int) -> Layer:
    """Cut a clip's layer to its cell's polygon, edges smooth; the rectangle has been cut to already."""
    if item.cell is None or item.cell.cell.polygon is None or layer.size is None:
        return layer
    box = item.cell.rectangle(scene.canvas.size, scene.canvas.scale)
    outline = _outline(item, box)
    moved = tuple((x + box[0] - layer.x, y + box[1] - layer.y) for x, y in outline)
    mask = _mask(coverage(moved, layer.size), scene)
    mask = mask if layer.still else hold(mask, frames)
    stream = layer.stream
    if layer.opaque:
        stream = with_alpha(stream, scene.formats.alpha)
    return replace(layer, stream=_masked(stream, mask, scene), opaque=False)


def _outline(item: Item, box: Rect) -> tuple[Point, ...]:
    """Corners of a cell's polygon in pixels from the left top of its rectangle; none for a rectangle."""
    if item.cell is None or item.cell.cell.polygon is None:
        return ()
    return tuple((x * (box[2] - box[0]), y * (box[3] - box[1])) for x, y in item.cell.cell.polygon)


@lru_cache(KEPT)
def coverage(outline: tuple[Point, ...], size: tuple[int, int]) -> Shares:
    """How much of every pixel lies inside of a polygon (even-odd rule), 0-65535.

    Every row of pixels is covered by FINE lines, and along a line exactly.
    """
    import numpy as np  # noqa: PLC0415 - start-up time

    columns = np.arange(size[0], dtype=np.float64)
    shares = np.zeros((size[1], size[0]))
    edges = [(a, b) for a, b in zip(outline, [*outline[1:], outline[0]], strict=True) if a[1] != b[1]]
    for line in range(size[1] * FINE):
        y = (line + 0.5) / FINE
        crossings = sorted(
            a[0] + (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) for a, b in edges if (a[1] <= y) != (b[1] <= y)
        )
        for start, end in zip(crossings[::2], crossings[1::2], strict=True):
            shares[line // FINE] += np.clip(end - columns, 0, 1) - np.clip(start - columns, 0, 1)
    return np.rint(shares * (MOST / FINE)).astype(np.uint16)


@lru_cache(KEPT)
def stroke(outline: tuple[Point, ...], width: float, size: tuple[int, int]) -> Shares:
    """How much of every pixel lies within a distance of a polygon's edges, by the distance of its middle, 0-65535."""
    import numpy as np  # noqa: PLC0415 - start-up time

    rows, columns = np.mgrid[0 : size[1], 0 : size[0]] + 0.5
    nearest = np.full((size[1], size[0]), np.inf)
    for (ax, ay), (bx, by) in zip(outline, [*outline[1:], outline[0]], strict=True):
        long = (bx - ax) ** 2 + (by - ay) ** 2
        along = ((columns - ax) * (bx - ax) + (rows - ay) * (by - ay)) / (long or 1.0)
        part = np.clip(along, 0, 1)
        nearest = np.minimum(nearest, np.hypot(columns - ax - part * (bx - ax), rows - ay - part * (by - ay)))
    return np.rint(np.clip(width - nearest + 0.5, 0, 1) * MOST).astype(np.uint16)


def _mask(shares: Shares, scene: Scene) -> Stream:
    """One frame whose every plane, alpha too, holds these values, in the working format with alpha."""
    import numpy as np  # noqa: PLC0415 - start-up time

    deep = scene.formats.deep
    most = MOST if deep else 255
    plane = np.rint(shares * (most / MOST)).astype(">u2" if deep else "u1").tobytes()
    content = b"P5\n%d %d\n%d\n" % (shares.shape[1], shares.shape[0], most) + plane
    name = scene.files.add("mask", "pgm", content)
    options = (("protocol_whitelist", "file"), ("framerate", f"{scene.rate}"), ("f", "pgm_pipe"))
    grey = node("format", InputStream(Input(name, options), "video", 0), pix_fmts="gray16le" if deep else "gray")
    places: list[tuple[str, Value]] = [(f"map{plane}{what}", 0) for plane in range(4) for what in "sp"]
    merged = Pad(Node("mergeplanes", (*places, ("format", scene.formats.alpha)), (grey,), "video"))
    return square(node("settb", merged, expr=1 / scene.rate))


def _masked(stream: Stream, mask: Stream, scene: Scene) -> Stream:
    """Multiply every plane of premultiplied frames by a mask of as many frames."""
    nothing = node("limiter", stream, max=0)
    masked = node("maskedmerge", nothing, stream, mask)
    return premultiplied(node("format", masked, pix_fmts=scene.formats.alpha))
