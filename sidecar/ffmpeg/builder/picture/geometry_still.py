"""A picture that does not move: on the pixel grid where it can lie there, else by one warp."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor

from protocol.project.words import Fit
from sidecar.ffmpeg.builder.picture.geometry import (
    EXACT,
    Affine,
    Area,
    Frame,
    Pose,
    Rect,
    around,
    cropped,
    effect_scale,
    fitted,
    kept_of,
    matrix_of,
    on_screen,
)

_SPARE = 4
"""Source pixels kept around the part of a picture that is on screen."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Take `region` of the source, scale it to `size`, keep `cut` of that, then place it and cut it to `box`.

    Without a `warp` it is flipped, turned clockwise by `turn` degrees, and laid with its left top corner at (x, y) of
    the canvas; with one it is resampled by it, from the raster to the canvas. `shrinks` says that it is reduced, and
    enlarged in neither direction; with a warp it may be cut between pixels, to `area` of the raster. `detail` is raster pixels a pixel of the canvas, before the transform.
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
    warp: Affine | None
    box: Rect = (0, 0, 0, 0)
    detail: float = 1.0
    area: Area | None = None

    @property
    def raster(self) -> tuple[int, int]:
        """Width and height after the cut."""
        if self.cut is None:
            return self.size
        return self.cut[2] - self.cut[0], self.cut[3] - self.cut[1]

    @property
    def shown(self) -> Area:
        """What is shown of the raster."""
        return self.area or (0, 0, *self.raster)

    @property
    def laid_size(self) -> tuple[int, int]:
        """Width and height on the canvas, where there is no warp."""
        width, height = self.raster
        return (height, width) if self.turn in (90, 270) else (width, height)


def place(
    frame: Frame, crop: tuple[float, float, float, float], fit: Fit, pose: Pose, *, whole: bool = False
) -> Placement | None:
    """Place a picture in its box, whose left top corner is taken for the canvas's; None where it is not in it.

    Crop is left, top, right, bottom. `whole`: effects that look around come before the transform, so all of the clip
    picture has to be there.
    """
    region = cropped(frame.source, crop)
    kept, size = kept_of(frame, region, fit)
    if pose == Pose() and not whole:
        # What `cover` cuts lies off the box: it is cut there, in pixels of the canvas.
        kept, size = region, fitted(frame, region, fit)
    matrix = matrix_of(frame, kept, size, pose)
    shown = on_screen(matrix, kept, frame.box)
    if shown is None:
        return None
    if pose == Pose() and (snapped := _snapped(frame, region, fit, whole=whole)) is not None:
        return snapped
    largest = max(abs(pose.scale_x), abs(pose.scale_y))
    enlarged = effect_scale(kept, size, largest) if whole else None
    return _placed(matrix, (kept, size), shown, frame.box, enlarged)


def _snapped(frame: Frame, region: Rect, fit: Fit, *, whole: bool) -> Placement | None:
    """A picture without a transform: its size goes to the nearest pixels that leave it on the grid.

    None where that would scale a picture that needs no scaling.
    """
    full = fitted(frame, region, fit)
    size, laid = [], []
    for axis in (0, 1):
        length, source, box, align = full[axis], region[axis + 2] - region[axis], frame.box[axis], frame.align[axis]
        pixels = _same_parity(length, box) if align == 0.5 else max(1, floor(length + 0.5))
        if abs(pixels - length) > EXACT and (fit == "none" or abs(length - source) < EXACT):
            return None
        size.append(pixels)
        laid.append(floor((box - pixels) * align))
    if size[0] * size[1] > 4 * frame.box[0] * frame.box[1]:
        return None
    shrinks = _shrinks((size[0], size[1]), region)
    cut = None
    if whole and fit == "none":
        return Placement(region, (size[0], size[1]), None, False, False, 0, laid[0], laid[1], shrinks, None)
    if any(laid[axis] < 0 or laid[axis] + size[axis] > frame.box[axis] for axis in (0, 1)):
        left, top = max(0, -laid[0]), max(0, -laid[1])
        cut = (left, top, min(size[0], left + frame.box[0]), min(size[1], top + frame.box[1]))
    x, y = max(0, laid[0]), max(0, laid[1])
    return Placement(region, (size[0], size[1]), cut, False, False, 0, x, y, shrinks, None)


def _placed(
    matrix: Affine,
    laid: tuple[Area, tuple[float, float]],
    shown: Area,
    box: tuple[int, int],
    enlarged: float | None,
) -> Placement:
    """Place by a general matrix: on the pixel grid where it lies on it, else by a warp.

    `laid` is what is kept of the source and its size before the transform; `enlarged` by how much larger than
    that the raster is to be, None lets it follow the matrix.
    """
    kept, size = laid
    steps, part = matrix.steps, kept
    if enlarged is not None:
        steps = size[0] * enlarged / (kept[2] - kept[0]), size[1] * enlarged / (kept[3] - kept[1])
    else:
        part = _part(kept, shown, steps, box)
    region = around(part)
    raster = _raster(region[2] - region[0], steps[0]), _raster(region[3] - region[1], steps[1])
    shrinks = _shrinks(raster, region)
    unit_x, unit_y = (region[2] - region[0]) / raster[0], (region[3] - region[1]) / raster[1]
    cut = (
        floor((part[0] - region[0]) / unit_x + 0.5),
        floor((part[1] - region[1]) / unit_y + 0.5),
        floor((part[2] - region[0]) / unit_x + 0.5),
        floor((part[3] - region[1]) / unit_y + 0.5),
    )
    whole = cut == (0, 0, *raster)
    laid_map = matrix.after(region[0] + unit_x * cut[0], region[1] + unit_y * cut[1], unit_x, unit_y)
    detail = raster[1] / (region[3] - region[1]) * (kept[3] - kept[1]) / size[1]
    base = Placement(region, raster, None if whole else cut, False, False, 0, 0, 0, shrinks, None, detail=detail)
    on_grid = _on_grid(base, laid_map)
    if on_grid is not None or (enlarged is not None and not whole):
        return on_grid or replace(base, warp=laid_map)
    if enlarged is None:
        # What a warp enlarges it takes from the source's own pixels.
        own = _lengths(region)
        raster = min(own[0], raster[0]), min(own[1], raster[1])
    return _between(base, matrix, part, raster)


def _between(base: Placement, matrix: Affine, part: Area, raster: tuple[int, int]) -> Placement:
    """Lay a part of the source by a warp, cut between pixels."""
    left, top, right, bottom = base.region
    unit_x, unit_y = (right - left) / raster[0], (bottom - top) / raster[1]
    area = (
        (part[0] - left) / unit_x,
        (part[1] - top) / unit_y,
        (part[2] - left) / unit_x,
        (part[3] - top) / unit_y,
    )
    warp = matrix.after(left, top, unit_x, unit_y)
    return replace(base, size=raster, shrinks=_shrinks(raster, base.region), cut=None, warp=warp, area=area)


def _lengths(region: Rect) -> tuple[int, int]:
    return region[2] - region[0], region[3] - region[1]


def _part(kept: Area, shown: Area, steps: tuple[float, float], box: tuple[int, int]) -> Area:
    """Part of the source to scale: all that is kept, or what is on screen where the whole would be much larger."""
    area = (kept[2] - kept[0]) * steps[0] * (kept[3] - kept[1]) * steps[1]
    if area <= 2 * box[0] * box[1]:
        return kept
    return (
        max(kept[0], floor(shown[0]) - _SPARE),
        max(kept[1], floor(shown[1]) - _SPARE),
        min(kept[2], ceil(shown[2]) + _SPARE),
        min(kept[3], ceil(shown[3]) + _SPARE),
    )


def _shrinks(size: tuple[int, int], region: Rect) -> bool:
    """Whether a size is smaller and in no direction larger."""
    source = _lengths(region)
    return size != source and size[0] <= source[0] and size[1] <= source[1]


def _same_parity(length: float, box: int) -> int:
    """Whole number nearest to a length that is even or odd as the box is, at least 1 or 2."""
    offset = box % 2
    return max(2 - offset, 2 * floor((length - offset) / 2 + 0.5) + offset)


def _raster(source: int, step: float) -> int:
    return max(1, floor(source * step + 0.5))


def _on_grid(base: Placement, laid: Affine) -> Placement | None:
    """Without a warp, where the raster's pixels fall on the canvas's."""
    size = base.raster
    straight = abs(laid.b) * size[1] < EXACT and abs(laid.c) * size[0] < EXACT
    turned = abs(laid.a) * size[0] < EXACT and abs(laid.d) * size[1] < EXACT
    if not straight and not turned:
        return None
    along, down = (laid.a, laid.d) if straight else (laid.c, laid.b)
    if abs(abs(along) - 1) * size[0] > EXACT or abs(abs(down) - 1) * size[1] > EXACT:
        return None
    corners = laid.corners((0, 0, *size))
    left, top = min(x for x, _ in corners), min(y for _, y in corners)
    x, y = floor(left + 0.5), floor(top + 0.5)
    if abs(left - x) > EXACT or abs(top - y) > EXACT:
        return None
    if straight:
        return replace(base, flip_x=along < 0, flip_y=down < 0, x=x, y=y)
    # Turned clockwise by 90 degrees, source x runs down and source y runs to the left.
    return replace(base, flip_x=along < 0, flip_y=down > 0, turn=90, x=x, y=y)
