"""Where a picture lies: crop, fit, transform as one map from source to canvas (docs/project.md §4, steps 6, 7 and 10).

Coordinates are continuous: pixel i covers [i, i + 1). Source pixels are those of the oriented picture, which need not
be square; the box is the project's frame or a layout's cell at the size of the render, and coordinates count from its
left top corner.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, cos, floor, hypot, radians, sin

from protocol.project.words import Fit

EXACT = 1 / 512
"""What counts as lying on the pixel grid: half the step in which perspective places pixels."""

Rect = tuple[int, int, int, int]
"""Left, top, right, bottom; right and bottom are outside."""

Area = tuple[float, float, float, float]
"""The same, between pixels."""


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

    def after(self, left: float, top: float, unit_x: float, unit_y: float) -> Affine:
        """Take another raster's coordinates: (x, y) there is (left + unit_x·x, top + unit_y·y) here."""
        e, f = self(left, top)
        return Affine(self.a * unit_x, self.b * unit_y, self.c * unit_x, self.d * unit_y, e, f)

    def moved(self, x: float, y: float) -> Affine:
        """Move what it gives."""
        return Affine(self.a, self.b, self.c, self.d, self.e + x, self.f + y)

    @property
    def steps(self) -> tuple[float, float]:
        """How long one unit across and one unit down become."""
        return _length(self.a, self.c), _length(self.b, self.d)


@dataclass(frozen=True, slots=True)
class Frame:
    """The oriented source picture in pixels, its upright size in square pixels, and the box with its raster factor.

    `scale` is canvas pixels a project pixel, across and down; `align` where a fitted picture lies in the box, or which
    part of it is kept: 0 left or top, 1 right or bottom.
    """

    source: tuple[int, int]
    upright: tuple[int, int]
    box: tuple[int, int]
    scale: tuple[float, float]
    align: tuple[float, float] = (0.5, 0.5)


@dataclass(frozen=True, slots=True)
class Pose:
    """A transform at one moment: the numbers of `Transform`."""

    x: float = 0.5
    y: float = 0.5
    scale_x: float = 1.0
    scale_y: float = 1.0
    rotation: float = 0.0
    anchor_x: float = 0.5
    anchor_y: float = 0.5


def cropped(source: tuple[int, int], crop: tuple[float, float, float, float]) -> Rect:
    """Region left by a crop, its edges on the nearest source pixel, at least one pixel wide and high."""
    width, height = source
    left, top = floor(crop[0] * width + 0.5), floor(crop[1] * height + 0.5)
    right, bottom = width - floor(crop[2] * width + 0.5), height - floor(crop[3] * height + 0.5)
    left, top = min(left, width - 1), min(top, height - 1)
    return left, top, max(right, left + 1), max(bottom, top + 1)


def fitted(frame: Frame, region: Rect, fit: Fit) -> tuple[float, float]:
    """Size of the whole region on the canvas, before the transform and before `cover` is cut."""
    width = (region[2] - region[0]) * frame.upright[0] / frame.source[0]
    height = (region[3] - region[1]) * frame.upright[1] / frame.source[1]
    if fit == "stretch":
        return frame.box
    if fit == "none":
        return width * frame.scale[0], height * frame.scale[1]
    # The canvas may be off the project's aspect by the rounding of its size; fit in project pixels.
    box = frame.box[0] / frame.scale[0], frame.box[1] / frame.scale[1]
    choose = min if fit == "contain" else max
    factor = choose(box[0] / width, box[1] / height)
    return width * factor * frame.scale[0], height * factor * frame.scale[1]


def kept_of(frame: Frame, region: Rect, fit: Fit) -> tuple[Area, tuple[float, float]]:
    """Return the part of the source that the fit keeps, and its size on the canvas before the transform."""
    width, height = fitted(frame, region, fit)
    if fit != "cover":
        return region, (width, height)
    part_x, part_y = min(1.0, frame.box[0] / width), min(1.0, frame.box[1] / height)
    spare_x, spare_y = (region[2] - region[0]) * (1 - part_x), (region[3] - region[1]) * (1 - part_y)
    left, top = region[0] + spare_x * frame.align[0], region[1] + spare_y * frame.align[1]
    right, bottom = region[2] - spare_x * (1 - frame.align[0]), region[3] - spare_y * (1 - frame.align[1])
    return (left, top, right, bottom), (min(width, frame.box[0]), min(height, frame.box[1]))


def matrix_of(frame: Frame, kept: Area, size: tuple[float, float], pose: Pose) -> Affine:
    """From source pixels to the box, for a clip picture that is `kept` and lies in `size` before the transform.

    The anchor goes to (x, y) of the box; a picture that does not fill the box is moved besides as it is aligned.
    """
    # Rotation happens in square project pixels; the canvas may be stretched a hair against them.
    step_x = size[0] / (kept[2] - kept[0]) / frame.scale[0] * pose.scale_x
    step_y = size[1] / (kept[3] - kept[1]) / frame.scale[1] * pose.scale_y
    turn_cos, turn_sin = turning(pose.rotation)
    a, b = frame.scale[0] * turn_cos * step_x, -frame.scale[0] * turn_sin * step_y
    c, d = frame.scale[1] * turn_sin * step_x, frame.scale[1] * turn_cos * step_y
    at_x = kept[0] + pose.anchor_x * (kept[2] - kept[0])
    at_y = kept[1] + pose.anchor_y * (kept[3] - kept[1])
    to_x = pose.x * frame.box[0] + (frame.align[0] - 0.5) * (frame.box[0] - size[0])
    to_y = pose.y * frame.box[1] + (frame.align[1] - 0.5) * (frame.box[1] - size[1])
    return Affine(a, b, c, d, to_x - a * at_x - b * at_y, to_y - c * at_x - d * at_y)


def turning(degrees: float) -> tuple[float, float]:
    """Cosine and sine, exact at multiples of 90 degrees."""
    quarter, rest = divmod(degrees, 90)
    if rest == 0:
        return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[int(quarter) % 4]
    return cos(radians(degrees)), sin(radians(degrees))


def on_screen(matrix: Affine, kept: Area, box: tuple[int, int]) -> Area | None:
    """Part of the source that lies in the box, roughly (a bounding box); None if there is none, or it has no area."""
    try:
        back = matrix.inverse().corners((0, 0, *box))
    except ZeroDivisionError:
        return None
    left, right = max(kept[0], min(x for x, _ in back)), min(kept[2], max(x for x, _ in back))
    top, bottom = max(kept[1], min(y for _, y in back)), min(kept[3], max(y for _, y in back))
    return (left, top, right, bottom) if left < right and top < bottom else None


def fills(matrix: Affine, area: Area, rect: Rect) -> bool:
    """Whether this part of a raster, laid by the matrix, leaves nothing of a rectangle free."""
    try:
        back = matrix.inverse().corners(rect)
    except ZeroDivisionError:
        return False
    left, top, right, bottom = area[0] - EXACT / 2, area[1] - EXACT / 2, area[2] + EXACT / 2, area[3] + EXACT / 2
    return all(left <= x <= right and top <= y <= bottom for x, y in back)


def around(area: Area) -> Rect:
    """Whole pixels that an area touches."""
    return floor(area[0] + EXACT), floor(area[1] + EXACT), ceil(area[2] - EXACT), ceil(area[3] - EXACT)


def effect_scale(kept: Area, size: tuple[float, float], largest: float) -> float:
    """By what a fitted picture is enlarged for effects that look around them: min(largest scale, source/fitted, 4)."""
    source = min((kept[2] - kept[0]) / size[0], (kept[3] - kept[1]) / size[1])
    return min(largest, source, 4.0)


def _length(x: float, y: float) -> float:
    """Length of a vector, exact where it lies along an axis."""
    return abs(x) if y == 0 else abs(y) if x == 0 else hypot(x, y)
