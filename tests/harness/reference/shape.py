"""Steps 4, 6, 7 and 10: where a picture lies, as a map from the project's pixels back to the source."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, floor, radians, sin
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.harness.reference.footage import Floats

FINE = 16
"""Samples across a pixel where a slanted edge passes."""

Box = tuple[float, float, float, float]
"""Left, top, width, height in project pixels."""


@dataclass(frozen=True, slots=True)
class Lie:
    """How a clip picture lies: its size before the transform, what of the source it shows, and the transform's terms.

    A point (x, y) of the clip picture, counted from the anchor, goes to scale · (x, y), turned clockwise, from `at`.
    `part`: left, top, right, bottom of what it shows, as fractions of the upright picture.
    """

    size: tuple[float, float]
    part: tuple[float, float, float, float]
    anchor: tuple[float, float]
    scale: tuple[float, float]
    rotation: float
    at: tuple[float, float]

    def back(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """From project pixels to pixels of the clip picture."""
        angle = radians(self.rotation)
        right, down = x - self.at[0], y - self.at[1]
        along = (right * cos(angle) + down * sin(angle)) / self.scale[0]
        across = (down * cos(angle) - right * sin(angle)) / self.scale[1]
        return along + self.anchor[0], across + self.anchor[1]

    def source(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """From project pixels to fractions of the upright picture."""
        along, across = self.back(x, y)
        left, top, right, bottom = self.part
        return left + along / self.size[0] * (right - left), top + across / self.size[1] * (bottom - top)

    @property
    def straight(self) -> bool:
        return self.rotation % 90 == 0

    def corners(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom in project pixels; exact for a picture that lies straight."""
        angle = radians(self.rotation)
        xs, ys = [], []
        for x in (-self.anchor[0], self.size[0] - self.anchor[0]):
            for y in (-self.anchor[1], self.size[1] - self.anchor[1]):
                right, down = x * self.scale[0], y * self.scale[1]
                xs.append(self.at[0] + right * cos(angle) - down * sin(angle))
                ys.append(self.at[1] + right * sin(angle) + down * cos(angle))
        return min(xs), min(ys), max(xs), max(ys)


def cropped(pixels: tuple[int, int], crop: dict[str, float]) -> tuple[float, float, float, float]:
    """Step 6: left, top, right, bottom as fractions, edges on the nearest pixel."""

    def near(side: str, length: int) -> float:
        return floor(crop.get(side, 0.0) * length + 0.5) / length

    width, height = pixels
    return near("left", width), near("top", height), 1 - near("right", width), 1 - near("bottom", height)


def lie(
    pixels: tuple[int, int],
    *,
    upright: tuple[float, float],
    crop: dict[str, float],
    fit: str,
    align: tuple[str, str],
    box: Box,
    transform: dict[str, float],
) -> Lie:
    """Steps 6, 7, 10: fit what the crop leaves into a box, then transform it.

    A picture without a transform lies on whole pixels (docs/engine.md, Composition).
    """
    part = cropped(pixels, crop)
    width, height = (part[2] - part[0]) * upright[0], (part[3] - part[1]) * upright[1]
    if fit == "stretch":
        width, height = box[2:]
    elif fit != "none":
        factor = (min if fit == "contain" else max)(box[2] / width, box[3] / height)
        width, height = width * factor, height * factor
    free = {"left": 0.0, "top": 0.0, "center": 0.5, "right": 1.0, "bottom": 1.0}
    share = free[align[0]], free[align[1]]
    own = (part[2] - part[0]) * pixels[0], (part[3] - part[1]) * pixels[1]
    whole = not transform and not _between((width, height), box, share, None if fit == "none" else own)
    if whole:
        width, height = snapped((width, height), box, share)
    offset = (box[2] - width) * share[0], (box[3] - height) * share[1]
    if whole:
        offset = float(floor(offset[0])), float(floor(offset[1]))
    if fit == "cover":
        part, width, height = _cut(part, (width, height), offset, box)
        offset = 0.0, 0.0
    t = {"x": 0.5, "y": 0.5, "scaleX": 1.0, "scaleY": 1.0, "rotation": 0.0, "anchorX": 0.5, "anchorY": 0.5, **transform}
    # (x, y) of the box is where the anchor goes; a picture that is aligned off the middle is moved as a whole.
    shift = offset[0] - (box[2] - width) / 2, offset[1] - (box[3] - height) / 2
    at = box[0] + t["x"] * box[2] + shift[0], box[1] + t["y"] * box[3] + shift[1]
    anchor = t["anchorX"] * width, t["anchorY"] * height
    return Lie((width, height), part, anchor, (t["scaleX"], t["scaleY"]), t["rotation"], at)


def snapped(size: tuple[float, float], box: Box, share: tuple[float, float]) -> tuple[float, float]:
    """The nearest whole size; in the middle one that leaves as many whole pixels on the left as on the right."""
    wide, high = (
        max(2 - side % 2, 2 * floor((round(length, 6) - side % 2) / 2 + 0.5) + side % 2)
        if at == 0.5
        else max(1, floor(round(length, 6) + 0.5))
        for length, side, at in zip(size, box[2:], share, strict=True)
    )
    return wide, high


def _between(size: tuple[float, float], box: Box, share: tuple[float, float], own: tuple[float, float] | None) -> bool:
    """Whether whole pixels would scale a picture that needs no scaling: of its `own` size, or whatever size (None)."""
    wholes = zip(snapped(size, box, share), size, own or size, strict=True)
    return any(abs(side - length) > 1e-6 and abs(length - stored) < 1e-6 for side, length, stored in wholes)


def _cut(
    part: tuple[float, float, float, float], size: tuple[float, float], offset: tuple[float, float], box: Box
) -> tuple[tuple[float, float, float, float], float, float]:
    """Cut a covering picture to its box."""
    left, top, right, bottom = part
    wide, high = (right - left) / size[0], (bottom - top) / size[1]
    shown = (
        left - offset[0] * wide,
        top - offset[1] * high,
        left - offset[0] * wide + box[2] * wide,
        top - offset[1] * high + box[3] * high,
    )
    return shown, box[2], box[3]


def centres(size: tuple[int, int], samples: int = 1) -> tuple[Floats, Floats]:
    """Coordinates of the pixels' centres, or of a finer grid."""
    x, y = np.meshgrid(
        (np.arange(size[0] * samples) + 0.5) / samples,
        (np.arange(size[1] * samples) + 0.5) / samples,
    )
    return x, y


def coverage(lie: Lie, size: tuple[int, int]) -> Floats:
    """The part of each pixel that the clip picture covers; of a pixel that is turned as the picture is."""
    if lie.scale[0] == 0 or lie.scale[1] == 0:
        return np.zeros((size[1], size[0]))
    if lie.straight:
        left, top, right, bottom = lie.corners()
        return np.outer(overlap(size[1], top, bottom), overlap(size[0], left, right))
    along, across = lie.back(*centres(size))
    return _share(along, lie.size[0], lie.scale[0]) * _share(across, lie.size[1], lie.scale[1])


def _share(place: Floats, length: float, scale: float) -> Floats:
    """How much of a pixel's length, laid along the picture's own axis, lies between the picture's edges."""
    place, length = place * abs(scale), length * abs(scale)
    return np.asarray((np.minimum(place + 0.5, length) - np.maximum(place - 0.5, 0)).clip(0, 1))


def overlap(pixels: int, low: float, high: float) -> Floats:
    """How much of each pixel of a row lies between two places."""
    start = np.arange(pixels)
    return np.asarray((np.minimum(start + 1, high) - np.maximum(start, low)).clip(0, 1))


def fine(size: tuple[int, int], inside: Any) -> Floats:
    """Area of a shape in each pixel, by many samples."""
    hits = inside(*centres(size, FINE)).reshape(size[1], FINE, size[0], FINE)
    return np.asarray(hits.mean(axis=(1, 3)))


def polygon(points: list[tuple[float, float]], size: tuple[int, int]) -> Floats:
    """Area of a polygon (project pixels) in each pixel, even-odd."""

    def inside(x: Floats, y: Floats) -> NDArray[np.bool_]:
        hit = np.zeros(x.shape, bool)
        for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[0]], strict=True):
            crosses = (y0 > y) != (y1 > y)
            if y0 != y1:
                hit ^= crosses & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
        return hit

    return fine(size, inside)


def edges(area: Floats) -> NDArray[np.bool_]:
    """Pixels whose centres lie within 1.5 pixels of the edge of an area."""
    near = (area > 0.001) & (area < 0.999)
    full = area > 0.5
    for axis in (0, 1):
        step = np.diff(full, axis=axis)
        low = [slice(None), slice(None)]
        high = [slice(None), slice(None)]
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        near[tuple(low)] |= step
        near[tuple(high)] |= step
    return grown(near)


def grown(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A mask and its eight neighbours."""
    wide = np.pad(mask, 1)
    height, width = mask.shape
    return np.asarray(np.logical_or.reduce([wide[y : y + height, x : x + width] for y in range(3) for x in range(3)]))
