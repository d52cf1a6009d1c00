"""Where a picture lies on the canvas: crop, fit, transform as one resampling (docs/project.md §4, steps 6, 7 and 10).

Coordinates are continuous: pixel i covers [i, i + 1). Source pixels are those of the oriented picture, which need not
be square; the canvas is the project's frame at the size of the render.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import ceil, cos, floor, radians, sin

from protocol.project import Crop, Transform
from protocol.project.words import Fit

EXACT = 1 / 512
"""What counts as lying on the pixel grid: half the step in which perspective places pixels."""

MARGIN = 3
"""Transparent pixels around a picture that is resampled: what bicubic interpolation reads beyond an edge."""

_SPARE = 4
"""Source pixels kept around the part of a picture that is on screen."""

Rect = tuple[int, int, int, int]
"""Left, top, right, bottom; right and bottom are outside."""


@dataclass(frozen=True, slots=True)
class Affine:
    """(x, y) → (a·x + b·y + e, c·x + d·y + f)."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    def __call__(self, x: float, y: float) -> tuple[float, float]:
        return self.a * x + self.b * y + self.e, self.c * x + self.d * y + self.f

    def inverse(self) -> Affine:
        """Raises ZeroDivisionError where the picture has no area."""
        det = self.a * self.d - self.b * self.c
        a, b, c, d = self.d / det, -self.b / det, -self.c / det, self.a / det
        return Affine(a, b, c, d, -(a * self.e + b * self.f), -(c * self.e + d * self.f))

    def corners(self, rect: Iterable[float]) -> list[tuple[float, float]]:
        left, top, right, bottom = rect
        return [self(x, y) for y in (top, bottom) for x in (left, right)]


@dataclass(frozen=True, slots=True)
class Warp:
    """A resampling by `matrix` from raster to canvas coordinates, into the canvas rectangle `window`."""

    matrix: Affine
    window: Rect


@dataclass(frozen=True, slots=True)
class Placement:
    """Take `region` of the source, scale it to `size`, keep `cut` of that, then place it.

    Without a `warp` it is flipped, turned clockwise by `turn` degrees, and laid with its left top corner at (x, y).
    `shrinks` says that it is reduced, and enlarged in neither direction.
    """

    region: Rect
    size: tuple[int, int]
    cut: Rect | None
    flip_x: bool
    flip_y: bool
    turn: int
    x: int
    y: int
    shrinks: bool
    warp: Warp | None

    @property
    def laid_size(self) -> tuple[int, int]:
        """Width and height on the canvas, where there is no warp."""
        width, height = self.size
        if self.cut is not None:
            width, height = self.cut[2] - self.cut[0], self.cut[3] - self.cut[1]
        return (height, width) if self.turn in (90, 270) else (width, height)


@dataclass(frozen=True, slots=True)
class Frame:
    """The oriented source picture in pixels, its upright size in square pixels, and the canvas with its raster factor.

    `scale` is canvas pixels a project pixel, across and down.
    """

    source: tuple[int, int]
    upright: tuple[int, int]
    canvas: tuple[int, int]
    scale: tuple[float, float]


def place(frame: Frame, crop: tuple[float, float, float, float], fit: Fit, transform: Transform) -> Placement | None:
    """Place a picture; None where nothing of it is on screen. Crop is left, top, right, bottom."""
    region = cropped(frame.source, crop)
    plain = transform == Transform()
    matrix, kept = _matrix(frame, region, fit, transform, plain=plain)
    try:
        shown = _on_screen(matrix, kept, frame.canvas)
    except ZeroDivisionError:
        return None
    if shown is None:
        return None
    if plain and (snapped := _snapped(frame, region, matrix, fit)) is not None:
        return snapped
    return _placed(matrix, kept, shown, frame.canvas)


def cropped(source: tuple[int, int], crop: tuple[float, float, float, float]) -> Rect:
    """Region left by a crop, its edges on the nearest source pixel, at least one pixel wide and high."""
    width, height = source
    left, top = floor(crop[0] * width + 0.5), floor(crop[1] * height + 0.5)
    right, bottom = width - floor(crop[2] * width + 0.5), height - floor(crop[3] * height + 0.5)
    left, top = min(left, width - 1), min(top, height - 1)
    return left, top, max(right, left + 1), max(bottom, top + 1)


def constant_crop(crop: Crop) -> tuple[float, float, float, float]:
    """A crop without keyframes, as numbers."""
    left, top, right, bottom = (v if isinstance(v, int | float) else 0.0 for v in _sides(crop))
    return left, top, right, bottom


def _sides(crop: Crop) -> tuple[object, object, object, object]:
    return crop.left, crop.top, crop.right, crop.bottom


def _fitted(frame: Frame, region: Rect, fit: Fit) -> tuple[float, float]:
    """Size of the whole region on the canvas, before the transform and before `cover` is cut."""
    width = (region[2] - region[0]) * frame.upright[0] / frame.source[0]
    height = (region[3] - region[1]) * frame.upright[1] / frame.source[1]
    if fit == "stretch":
        return frame.canvas
    if fit == "none":
        return width * frame.scale[0], height * frame.scale[1]
    # The canvas may be off the project's aspect by the rounding of its size; fit in project pixels.
    box = frame.canvas[0] / frame.scale[0], frame.canvas[1] / frame.scale[1]
    choose = min if fit == "contain" else max
    factor = choose(box[0] / width, box[1] / height)
    return width * factor * frame.scale[0], height * factor * frame.scale[1]


def _matrix(
    frame: Frame, region: Rect, fit: Fit, transform: Transform, *, plain: bool
) -> tuple[Affine, tuple[float, float, float, float]]:
    """From source pixels to the canvas, and the part of the source that the fit keeps."""
    width, height = _fitted(frame, region, fit)
    kept: tuple[float, float, float, float] = region
    if fit == "cover" and not plain:
        kept = _covered(region, (width, height), frame.canvas)
        width, height = min(width, frame.canvas[0]), min(height, frame.canvas[1])
    values = (transform.scale_x, transform.scale_y, transform.rotation, transform.anchor_x, transform.anchor_y)
    scale_x, scale_y, rotation, anchor_x, anchor_y = (v if isinstance(v, int | float) else 0.0 for v in values)
    x, y = (v if isinstance(v, int | float) else 0.0 for v in (transform.x, transform.y))
    # Rotation happens in square project pixels; the canvas may be stretched a hair against them.
    step_x = width / (kept[2] - kept[0]) / frame.scale[0] * scale_x
    step_y = height / (kept[3] - kept[1]) / frame.scale[1] * scale_y
    turn_cos, turn_sin = _turn(rotation)
    a, b = frame.scale[0] * turn_cos * step_x, -frame.scale[0] * turn_sin * step_y
    c, d = frame.scale[1] * turn_sin * step_x, frame.scale[1] * turn_cos * step_y
    at_x = kept[0] + anchor_x * (kept[2] - kept[0])
    at_y = kept[1] + anchor_y * (kept[3] - kept[1])
    to_x, to_y = x * frame.canvas[0], y * frame.canvas[1]
    return Affine(a, b, c, d, to_x - a * at_x - b * at_y, to_y - c * at_x - d * at_y), kept


def _covered(region: Rect, size: tuple[float, float], canvas: tuple[int, int]) -> tuple[float, float, float, float]:
    """Part of a region that stays when a covering picture of this size is cut to the canvas."""
    part_x, part_y = min(1.0, canvas[0] / size[0]), min(1.0, canvas[1] / size[1])
    middle_x, middle_y = (region[0] + region[2]) / 2, (region[1] + region[3]) / 2
    half_x, half_y = (region[2] - region[0]) * part_x / 2, (region[3] - region[1]) * part_y / 2
    return middle_x - half_x, middle_y - half_y, middle_x + half_x, middle_y + half_y


def _turn(degrees: float) -> tuple[float, float]:
    """Cosine and sine, exact at multiples of 90 degrees."""
    quarter, rest = divmod(degrees, 90)
    if rest == 0:
        return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[int(quarter) % 4]
    return cos(radians(degrees)), sin(radians(degrees))


def _on_screen(
    matrix: Affine, kept: tuple[float, float, float, float], canvas: tuple[int, int]
) -> tuple[float, float, float, float] | None:
    """Part of the source that lies on the canvas, roughly (a bounding box); None if there is none."""
    back = matrix.inverse().corners((0, 0, *canvas))
    left, right = max(kept[0], min(x for x, _ in back)), min(kept[2], max(x for x, _ in back))
    top, bottom = max(kept[1], min(y for _, y in back)), min(kept[3], max(y for _, y in back))
    return (left, top, right, bottom) if left < right and top < bottom else None


def _snapped(frame: Frame, region: Rect, matrix: Affine, fit: Fit) -> Placement | None:
    """A centred picture without a transform: its size goes to the nearest pixels that leave it on the grid.

    None where that would scale a picture that needs no scaling.
    """
    size, laid = [], []
    for length, source, canvas in (
        (matrix.a * (region[2] - region[0]), region[2] - region[0], frame.canvas[0]),
        (matrix.d * (region[3] - region[1]), region[3] - region[1], frame.canvas[1]),
    ):
        whole = _same_parity(length, canvas)
        if abs(whole - length) > EXACT and (fit == "none" or abs(length - source) < EXACT):
            return None
        size.append(whole)
        laid.append((canvas - whole) // 2)
    if size[0] * size[1] > 4 * frame.canvas[0] * frame.canvas[1]:
        return None
    shrinks = _shrinks((size[0], size[1]), region)
    cut = None
    if laid[0] < 0 or laid[1] < 0:
        left, top = max(0, -laid[0]), max(0, -laid[1])
        cut = (left, top, size[0] - left, size[1] - top)
    return Placement(
        region,
        (size[0], size[1]),
        cut,
        False,
        False,
        0,
        max(0, laid[0]),
        max(0, laid[1]),
        shrinks,
        None,
    )


def _shrinks(size: tuple[int, int], region: Rect) -> bool:
    """Whether a size is smaller and in no direction larger."""
    source = region[2] - region[0], region[3] - region[1]
    return size != source and size[0] <= source[0] and size[1] <= source[1]


def _same_parity(length: float, canvas: int) -> int:
    """Whole number nearest to a length that is even or odd as the canvas is, at least 1 or 2."""
    offset = canvas % 2
    return max(2 - offset, 2 * floor((length - offset) / 2 + 0.5) + offset)


def _placed(
    matrix: Affine,
    kept: tuple[float, float, float, float],
    shown: tuple[float, float, float, float],
    canvas: tuple[int, int],
) -> Placement:
    """Place by a general matrix: on the pixel grid where it lies on it, else by a warp."""
    step_x, step_y = _length(matrix.a, matrix.c), _length(matrix.b, matrix.d)
    part = _part(kept, shown, step_x, step_y, canvas)
    region = floor(part[0]), floor(part[1]), ceil(part[2]), ceil(part[3])
    size = _raster(region[2] - region[0], step_x), _raster(region[3] - region[1], step_y)
    shrinks = _shrinks(size, region)
    # From raster pixels to source pixels, then to the canvas.
    unit_x, unit_y = (region[2] - region[0]) / size[0], (region[3] - region[1]) / size[1]
    origin = matrix(region[0], region[1])
    raster = Affine(matrix.a * unit_x, matrix.b * unit_y, matrix.c * unit_x, matrix.d * unit_y, origin[0], origin[1])
    cut = (
        floor((part[0] - region[0]) / unit_x + 0.5),
        floor((part[1] - region[1]) / unit_y + 0.5),
        floor((part[2] - region[0]) / unit_x + 0.5),
        floor((part[3] - region[1]) / unit_y + 0.5),
    )
    whole = cut == (0, 0, *size)
    if not whole:
        moved = raster(cut[0], cut[1])
        raster = replace(raster, e=moved[0], f=moved[1])
    base = Placement(region, size, None if whole else cut, False, False, 0, 0, 0, shrinks, None)
    cut_size = (cut[2] - cut[0], cut[3] - cut[1])
    return _on_grid(base, raster, cut_size) or replace(base, warp=_warp(raster, cut_size, canvas))


def _part(
    kept: tuple[float, float, float, float],
    shown: tuple[float, float, float, float],
    step_x: float,
    step_y: float,
    canvas: tuple[int, int],
) -> tuple[float, float, float, float]:
    """Part of the source to scale: all that is kept, or what is on screen where the whole would be much larger."""
    area = (kept[2] - kept[0]) * step_x * (kept[3] - kept[1]) * step_y
    if area <= 2 * canvas[0] * canvas[1]:
        return kept
    return (
        max(kept[0], floor(shown[0]) - _SPARE),
        max(kept[1], floor(shown[1]) - _SPARE),
        min(kept[2], ceil(shown[2]) + _SPARE),
        min(kept[3], ceil(shown[3]) + _SPARE),
    )


def _length(x: float, y: float) -> float:
    """Length of a vector, exact where it lies along an axis."""
    return abs(x) if y == 0 else abs(y) if x == 0 else float((x * x + y * y) ** 0.5)


def _raster(source: int, step: float) -> int:
    return max(1, floor(source * step + 0.5))


def _on_grid(base: Placement, raster: Affine, size: tuple[int, int]) -> Placement | None:
    """Without a warp, where the raster's pixels fall on the canvas's."""
    straight = abs(raster.b) * size[1] < EXACT and abs(raster.c) * size[0] < EXACT
    turned = abs(raster.a) * size[0] < EXACT and abs(raster.d) * size[1] < EXACT
    if not straight and not turned:
        return None
    along, down = (raster.a, raster.d) if straight else (raster.c, raster.b)
    if abs(abs(along) - 1) * size[0] > EXACT or abs(abs(down) - 1) * size[1] > EXACT:
        return None
    corners = raster.corners((0, 0, *size))
    left, top = min(x for x, _ in corners), min(y for _, y in corners)
    x, y = floor(left + 0.5), floor(top + 0.5)
    if abs(left - x) > EXACT or abs(top - y) > EXACT:
        return None
    if straight:
        return replace(base, flip_x=along < 0, flip_y=down < 0, x=x, y=y)
    # Turned clockwise by 90 degrees, source x runs down and source y runs to the left.
    return replace(base, flip_x=along < 0, flip_y=down > 0, turn=90, x=x, y=y)


def _warp(raster: Affine, size: tuple[int, int], canvas: tuple[int, int]) -> Warp:
    corners = raster.corners((-MARGIN, -MARGIN, size[0] + MARGIN, size[1] + MARGIN))
    window = (
        max(0, floor(min(x for x, _ in corners))),
        max(0, floor(min(y for _, y in corners))),
        min(canvas[0], ceil(max(x for x, _ in corners))),
        min(canvas[1], ceil(max(y for _, y in corners))),
    )
    return Warp(raster, window)
