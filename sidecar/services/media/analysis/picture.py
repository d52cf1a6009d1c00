"""A decoded frame as measures see it: reduced once for all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter
from numpy.typing import NDArray

Plane = NDArray[np.uint8]

WIDTH = 160
"""Pixels across of the reduced picture; its height follows, both even."""

FINE_WIDTH = 640
"""Pixels across of the picture that sharpness is measured on."""


class Reducer:
    """Reduces frames, with full range whatever they have."""

    def __init__(self) -> None:
        self._scalers: dict[str, VideoReformatter] = {}

    def reduced(self, frame: VideoFrame, width: int, height: int, form: str) -> VideoFrame:
        """Return a frame of another size and format, each pixel the mean of those it stands for."""
        scaler = self._scalers.setdefault(f"{form}{width}", VideoReformatter())
        same = (width, height) == (frame.width, frame.height)
        return scaler.reformat(
            frame,
            width,
            height,
            form,
            interpolation=Interpolation.BILINEAR if same else Interpolation.AREA,
            src_color_range=ColorRange.JPEG if frame.color_range == ColorRange.JPEG else ColorRange.MPEG,
            dst_color_range=ColorRange.JPEG,
            threads=1,
        )


@dataclass(slots=False)
class Picture:
    """A frame at its `time` in seconds from the file's start; `number` counts the stream's frames, from 0."""

    frame: VideoFrame
    time: Fraction
    number: int | None
    reducer: Reducer = field(repr=False)

    @cached_property
    def planes(self) -> tuple[Plane, Plane, Plane]:
        """Luma and the two chromas (half as wide and high) of the reduced picture."""
        width, height = small_size(self.frame.width, self.frame.height, WIDTH)
        small = self.reducer.reduced(self.frame, width, height, "yuv420p")
        shapes = ((height, width), (height // 2, width // 2), (height // 2, width // 2))
        luma, blue, red = (plane_of(small, index, shape) for index, shape in enumerate(shapes))
        return luma, blue, red

    @cached_property
    def fine(self) -> Plane:
        """Luma at most 640 pixels wide."""
        width, height = small_size(self.frame.width, self.frame.height, FINE_WIDTH)
        return plane_of(self.reducer.reduced(self.frame, width, height, "gray"), 0, (height, width))

    @cached_property
    def luma(self) -> Plane:
        """Luma of all pixels."""
        width, height = self.frame.width, self.frame.height
        return plane_of(self.reducer.reduced(self.frame, width, height, "gray"), 0, (height, width))


def small_size(width: int, height: int, most: int) -> tuple[int, int]:
    """Return an even size of at most `most` pixels across, of the same shape."""
    wide = max(2, min(width, most) // 2 * 2)
    return wide, max(2, round(height * wide / width / 2) * 2)


def plane_of(frame: VideoFrame, index: int, shape: tuple[int, int]) -> Plane:
    """Return a copy of a plane of 8 bits, without what fills its lines."""
    plane: Any = frame.planes[index]
    lines = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return np.ascontiguousarray(lines[: shape[0], : shape[1]])
