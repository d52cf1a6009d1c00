"""A picture that moves, grows, turns or is cropped while it is shown: a map from its raster to the canvas a frame.

What is common to all frames (raster, window, whether it fills the box) follows from the clip alone, never from the
frames that are asked for: a frame must not depend on the strip it is made in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor, hypot

from protocol.project import Animated, Crop, CubicBezier, Keyframes, Transform
from protocol.project.words import Fit
from sidecar.core.timeline.animation import bounded, constant, sampled
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
    fills,
    kept_of,
    matrix_of,
    on_screen,
)

AWAY = Affine(1, 0, 0, 1, 50_000, 50_000)
"""Where a picture is put that is not to be seen."""

MOST_TRIED = 1_500
"""Frames of a clip that are looked at, one by one, to know whether it fills its box."""

_SOFT = 2
"""Pixels by which the window is wider than the picture: for smooth edges."""

_Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Motion:
    """Crop and transform of a clip over time, on its own clock."""

    crop: Crop
    transform: Transform
    rate: Fraction

    @property
    def crops(self) -> bool:
        """Whether the crop changes."""
        return any(constant(side) is None for side in _sides(self.crop))

    def regions(self, first: int, frames: int) -> list[tuple[float, float, float, float]]:
        """Return left, top, right, bottom at frames of the clip."""
        series = [sampled(side, first, frames, self.rate) for side in _sides(bounded(self.crop))]
        return list(zip(*series, strict=True))

    def poses(self, first: int, frames: int) -> list[Pose]:
        """Return the transform at frames of the clip."""
        series = [sampled(member, first, frames, self.rate) for member in _members(bounded(self.transform))]
        return [Pose(*values) for values in zip(*series, strict=True)]


@dataclass(frozen=True, slots=True)
class MovingPlacement:
    """A picture whose place changes, over project frames [first, end) of `span`; clip frame 0 is `begins`.

    `region` of the source is scaled to `size`, the raster; where the crop changes (`crops`), each frame's own region
    is. `area` is what is shown of the raster, cut between pixels. `window` is the part of the canvas that is drawn,
    `box` what it is cut to. `largest` is by how much the raster is enlarged at most, across and down. `filled`: no
    frame of the clip leaves anything of the box free.
    """

    frame: Frame
    fit: Fit
    motion: Motion
    begins: int
    region: Rect
    size: tuple[int, int]
    area: Area
    window: Rect
    box: Rect
    largest: tuple[float, float]
    filled: bool
    span: tuple[int, int]

    @property
    def crops(self) -> bool:
        return self.motion.crops

    @property
    def detail(self) -> float:
        """Raster pixels a pixel of the canvas, before the transform and with the whole source."""
        region = cropped(self.frame.source, _corner(self.motion.crop, 0))
        kept, laid = kept_of(self.frame, region, self.fit)
        return self.size[1] / (self.region[3] - self.region[1]) * (kept[3] - kept[1]) / laid[1]

    def over(self, first: int, end: int) -> MovingPlacement:
        """Return the same for other frames."""
        return replace(self, span=(first, end))

    def steps(self) -> list[tuple[Rect, Affine]]:
        """Return, for every frame, the region of the source and the map from its raster to the canvas."""
        first, frames = self.span[0] - self.begins, self.span[1] - self.span[0]
        crops, poses = self.motion.regions(first, frames), self.motion.poses(first, frames)
        return [self._step(crop, pose) for crop, pose in zip(crops, poses, strict=True)]

    def _step(self, crop: tuple[float, float, float, float], pose: Pose) -> tuple[Rect, Affine]:
        kept, laid = kept_of(self.frame, cropped(self.frame.source, crop), self.fit)
        region = around(kept) if self.crops else self.region
        matrix = matrix_of(self.frame, kept, laid, pose)
        if on_screen(matrix, kept, self.frame.box) is None:
            return region, AWAY
        unit_x, unit_y = (region[2] - region[0]) / self.size[0], (region[3] - region[1]) / self.size[1]
        return region, matrix.after(region[0], region[1], unit_x, unit_y).moved(self.box[0], self.box[1])


def place_moving(
    frame: Frame,
    fit: Fit,
    motion: Motion,
    *,
    box: Rect,
    begins: int,
    own: tuple[int, int],
    span: tuple[int, int],
    whole: bool,
) -> MovingPlacement | None:
    """Place the frames of a span; None where the clip never gets into its box.

    `box` lies on the canvas and is of the frame's box size; `own` are all frames that the clip is shown for. `whole`:
    effects that look around come before the transform, so the clip picture has to be no larger than they need it.
    """
    limits = [bounds(member) for member in _members(motion.transform)]
    least = cropped(frame.source, _corner(motion.crop, 0))
    kept, laid = kept_of(frame, least, fit)
    window = _window(frame, laid, motion, limits, box)
    across, down = (max(abs(value) for value in limits[axis]) for axis in (2, 3))
    if window is None or across == 0 or down == 0:
        return None
    region = (0, 0, *frame.source) if motion.crops else _nearest(kept) if whole else around(kept)
    size = _raster(region, laid, effect_scale(kept, laid, max(across, down)) if whole else None)
    area: Area = (0, 0, *size)
    if not whole and not motion.crops:
        area = (kept[0] - region[0], kept[1] - region[1], kept[2] - region[0], kept[3] - region[1])
    reached = _reached(frame, fit, motion, laid) if motion.crops else laid
    placement = MovingPlacement(
        frame=frame,
        fit=fit,
        motion=motion,
        begins=begins,
        region=region,
        size=size,
        area=area,
        window=window,
        box=box,
        largest=(reached[0] / (area[2] - area[0]) * across, reached[1] / (area[3] - area[1]) * down),
        filled=False,
        span=own,
    )
    return replace(placement, filled=_filled(placement, limits, laid), span=span)


def bounds(animated: Animated) -> _Range:
    """Least and greatest value at any time, or a little beyond: a Bézier curve stays among its four points."""
    if not isinstance(animated, Keyframes):
        return float(animated), float(animated)
    keys = animated.keyframes
    values = [key.value for key in keys]
    for key, after in pairwise(keys):
        if isinstance(key.easing, CubicBezier):
            _, low, _, high = key.easing.cubic_bezier
            values += [key.value + (after.value - key.value) * part for part in (low, high)]
    return min(values), max(values)


def moves(crop: Crop, transform: Transform) -> bool:
    """Whether anything of crop and transform changes over time."""
    return any(constant(value) is None for value in (*_sides(crop), *_members(transform)))


def constant_pose(transform: Transform) -> Pose:
    """A transform that does not change, as numbers."""
    return Pose(*(bounds(member)[0] for member in _members(transform)))


def constant_crop(crop: Crop) -> tuple[float, float, float, float]:
    """A crop that does not change, as numbers."""
    return _corner(crop, 0)


def _sides(crop: Crop) -> tuple[Animated, Animated, Animated, Animated]:
    return crop.left, crop.top, crop.right, crop.bottom


def _members(transform: Transform) -> tuple[Animated, ...]:
    """In the order of `Pose`."""
    t = transform
    return t.x, t.y, t.scale_x, t.scale_y, t.rotation, t.anchor_x, t.anchor_y


def _corner(crop: Crop, end: int) -> tuple[float, float, float, float]:
    """Return the least (0) or the greatest (1) crop of every side."""
    left, top, right, bottom = (bounds(side)[end] for side in _sides(crop))
    return left, top, right, bottom


def _nearest(area: Area) -> Rect:
    left, top = floor(area[0] + 0.5), floor(area[1] + 0.5)
    return left, top, max(left + 1, floor(area[2] + 0.5)), max(top + 1, floor(area[3] + 0.5))


def _raster(region: Rect, laid: tuple[float, float], enlarged: float | None) -> tuple[int, int]:
    """Pixels of a region of the source; fewer, where effects are to run on a smaller picture."""
    width, height = region[2] - region[0], region[3] - region[1]
    if enlarged is None:
        return width, height
    return (
        max(1, min(width, floor(laid[0] * enlarged + 0.5))),
        max(1, min(height, floor(laid[1] * enlarged + 0.5))),
    )


def _reached(frame: Frame, fit: Fit, motion: Motion, laid: tuple[float, float]) -> tuple[float, float]:
    """How large a frame's region of the source gets at most; what is seen of it lies between its pixels."""
    left, top, right, bottom = kept_of(frame, cropped(frame.source, _corner(motion.crop, 1)), fit)[0]
    across, down = 1 + 2 / (right - left), 1 + 2 / (bottom - top)
    return max(frame.box[0], laid[0]) * across, max(frame.box[1], laid[1]) * down


def _filled(placement: MovingPlacement, limits: list[_Range], laid: tuple[float, float]) -> bool:
    """Whether every frame of the clip fills the box, as far as that can be told cheaply."""
    motion = placement.motion
    if motion.transform.rotation == 0 and not motion.crops and _surely_filled(placement.frame, limits, laid):
        return True
    first, end = placement.span
    if end - first > MOST_TRIED:
        return False
    # Most that move leave something free at once: a look at three frames spares one at all of them.
    few = [placement.over(frame, frame + 1) for frame in (first, (first + end) // 2, end - 1)]
    return all(fills(matrix, placement.area, placement.box) for some in (*few, placement) for _, matrix in some.steps())


def _surely_filled(frame: Frame, limits: list[_Range], laid: tuple[float, float]) -> bool:
    for axis in (0, 1):
        place, scale, anchor = limits[axis], limits[2 + axis], limits[5 + axis]
        if scale[0] <= 0 or frame.align[axis] != 0.5:
            return False
        length, box = laid[axis], frame.box[axis]
        left = place[1] * box - min(at * length * factor for at in anchor for factor in scale)
        right = place[0] * box + min((1 - at) * length * factor for at in anchor for factor in scale)
        if left > EXACT / 2 or right < box - EXACT / 2:
            return False
    return True


def _window(frame: Frame, laid: tuple[float, float], motion: Motion, limits: list[_Range], box: Rect) -> Rect | None:
    """Part of the canvas in which the picture lies at all times of the clip; None where that is outside the box."""
    scale_x, scale_y, anchor_x, anchor_y = limits[2], limits[3], limits[5], limits[6]
    # With a crop that changes the fitted picture changes too; it stays within both sizes.
    size = (max(laid[0], frame.box[0]), max(laid[1], frame.box[1])) if motion.crops else laid
    reach = [_reach(size[0], scale_x, anchor_x), _reach(size[1], scale_y, anchor_y)]
    if constant(motion.transform.rotation) != 0:
        across, down = (max(abs(end) for end in ends) for ends in reach)
        far = hypot(across, down) * max(frame.scale) / min(frame.scale)
        reach = [(-far, far), (-far, far)]
    edges = []
    for axis in (0, 1):
        place, ends = limits[axis], reach[axis]
        off = (frame.align[axis] - 0.5) * (frame.box[axis] - (0 if motion.crops else laid[axis]))
        low = floor(place[0] * frame.box[axis] + ends[0] + min(0.0, off) - _SOFT) + box[axis]
        high = ceil(place[1] * frame.box[axis] + ends[1] + max(0.0, off) + _SOFT) + box[axis]
        edges.append((max(low, box[axis]), min(high, box[axis + 2])))
    (left, right), (top, bottom) = edges
    return (left, top, right, bottom) if left < right and top < bottom else None


def _reach(length: float, scale: _Range, anchor: _Range) -> _Range:
    """How far a picture reaches to both sides of its anchor."""
    ends = [(edge - at) * length * factor for edge in (0, 1) for at in anchor for factor in scale]
    return min(ends), max(ends)
