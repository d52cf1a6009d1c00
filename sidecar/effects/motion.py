"""How the camera moved from frame to frame, measured on small grey pictures, and the way back to a calm path.

Between neighbours the picture is shifted and turned. The shift of the whole is found by phase correlation; what is
left of it, tile by tile, gives the turn, and the shift to a fraction of a pixel: by the tiles that agree.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, exp, sin
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TILE = 48
"""Side of a tile in pixels of the grey picture."""

OUTLIER = 1.5
"""Pixels by which a tile may disagree with the motion of the whole."""

LEAST_TEXTURE = 2.0
"""Standard deviation of a tile's grey below which it tells nothing."""


@dataclass(frozen=True, slots=True)
class Step:
    """Motion of the picture since the frame before: to the right and down, in widths, and clockwise, in radians."""

    x: float
    y: float
    turn: float


def measure(frames: bytes, size: tuple[int, int], given: int) -> bytes:
    """Measure the steps of a run of frames, of which `given` (0 or 1) are there for the first step alone."""
    import numpy as np  # noqa: PLC0415 - start-up time

    width, height = size
    pictures = np.frombuffer(frames, np.uint8).reshape(-1, height, width)
    steps = [] if given else [Step(0.0, 0.0, 0.0)]
    steps += [_step(before, after) for before, after in pairwise(pictures)]
    return b"".join(struct.pack("<3f", step.x, step.y, step.turn) for step in steps)


def read_steps(table: bytes) -> list[Step]:
    """Read what `measure` wrote."""
    return [Step(*values) for values in struct.iter_unpack("<3f", table)]


def corrections(steps: Sequence[Step], smoothing: float) -> list[Step]:
    """How each frame has to be moved so that the path becomes its own Gaussian mean, `smoothing` frames wide."""
    paths = [_sums([getattr(step, name) for step in steps]) for name in ("x", "y", "turn")]
    calm = [_smoothed(path, smoothing) for path in paths]
    moved = [[mean - own for mean, own in zip(*pair, strict=True)] for pair in zip(calm, paths, strict=True)]
    return [Step(*values) for values in zip(*moved, strict=True)]


def covered(step: Step, aspect: float, zoom: float) -> float:
    """Largest part (0–1) of a correction at which a picture enlarged by `zoom` still fills the frame.

    `aspect` is the height in widths.
    """
    low, high = 0.0, 1.0
    if _fills(step, aspect, zoom):
        return 1.0
    for _ in range(20):
        middle = (low + high) / 2
        part = Step(step.x * middle, step.y * middle, step.turn * middle)
        low, high = (middle, high) if _fills(part, aspect, zoom) else (low, middle)
    return low


def _fills(step: Step, aspect: float, zoom: float) -> bool:
    """Whether every corner of the frame shows a place of the picture."""
    x, y = cos(step.turn), sin(step.turn)
    for right in (-0.5, 0.5):
        for down in (-aspect / 2, aspect / 2):
            across, along = right - zoom * step.x, down - zoom * step.y
            if abs(across * x + along * y) > zoom / 2 or abs(along * x - across * y) > zoom * aspect / 2:
                return False
    return True


def _sums(values: Sequence[float]) -> list[float]:
    total, sums = 0.0, []
    for value in values:
        total += value
        sums.append(total)
    return sums


def _smoothed(path: Sequence[float], sigma: float) -> list[float]:
    """Mean by a Gaussian; beyond the ends the path goes on as its reflection about them."""
    import numpy as np  # noqa: PLC0415 - start-up time

    if len(path) < 2 or sigma <= 0:
        return list(path)
    reach = min(len(path) - 1, round(3 * sigma))
    weights = np.array([exp(-0.5 * (offset / sigma) ** 2) for offset in range(-reach, reach + 1)])
    values = np.array(path)
    before = 2 * values[0] - values[1 : reach + 1][::-1]
    after = 2 * values[-1] - values[-reach - 1 : -1][::-1]
    joined = np.concatenate([before, values, after])
    return [float(value) for value in np.convolve(joined, weights / weights.sum(), mode="valid")]


def _step(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> Step:
    import numpy as np  # noqa: PLC0415 - start-up time

    height, width = before.shape
    first, second = before.astype(np.float64), after.astype(np.float64)
    shift_x, shift_y = _shift(first, second)
    whole_x, whole_y = round(shift_x), round(shift_y)
    tiles = []
    for top in range(0, height - TILE + 1, TILE // 2):
        for left in range(0, width - TILE + 1, TILE // 2):
            moved_left, moved_top = left + whole_x, top + whole_y
            if not (0 <= moved_left <= width - TILE and 0 <= moved_top <= height - TILE):
                continue
            one = first[top : top + TILE, left : left + TILE]
            other = second[moved_top : moved_top + TILE, moved_left : moved_left + TILE]
            if one.std() < LEAST_TEXTURE:
                continue
            x, y = _shift(one, other)
            middle_x, middle_y = left + (TILE - width) / 2, top + (TILE - height) / 2
            tiles.append((middle_x, middle_y, whole_x + x, whole_y + y))
    if len(tiles) < 3:
        return Step(shift_x / width, shift_y / width, 0.0)
    return _agreed(np.array(tiles), width)


def _agreed(tiles: NDArray[np.float64], width: int) -> Step:
    """Fit a shift and a small turn about the middle to the tiles, without those that move by themselves."""
    import numpy as np  # noqa: PLC0415 - start-up time

    kept = tiles[np.hypot(*(tiles[:, 2:] - np.median(tiles[:, 2:], axis=0)).T) <= 2 * OUTLIER]
    for _ in range(3):
        if len(kept) < 3:
            kept = tiles
        x, y, moved_x, moved_y = kept.T
        # moved_x = dx - turn·y, moved_y = dy + turn·x
        zeros, ones = np.zeros(len(kept)), np.ones(len(kept))
        rows = np.concatenate([np.stack([ones, zeros, -y], 1), np.stack([zeros, ones, x], 1)])
        found = np.linalg.lstsq(rows, np.concatenate([moved_x, moved_y]), rcond=None)[0]
        off = np.hypot(tiles[:, 2] - found[0] + found[2] * tiles[:, 1], tiles[:, 3] - found[1] - found[2] * tiles[:, 0])
        kept = tiles[off <= OUTLIER]
    return Step(float(found[0]) / width, float(found[1]) / width, float(found[2]))


def _shift(before: NDArray[np.float64], after: NDArray[np.float64]) -> tuple[float, float]:
    """Shift from one picture to another, to a fraction of a pixel, by phase correlation."""
    import numpy as np  # noqa: PLC0415 - start-up time

    height, width = before.shape
    window = np.outer(np.hanning(height), np.hanning(width))
    one = np.fft.rfft2((before - before.mean()) * window)
    other = np.fft.rfft2((after - after.mean()) * window)
    cross = other * np.conj(one)
    surface = np.fft.irfft2(cross / (np.abs(cross) ** 0.7 + 1e-9), s=(height, width))
    row, column = np.unravel_index(int(np.argmax(surface)), surface.shape)
    x = _peak(surface[row, :], int(column))
    y = _peak(surface[:, column], int(row))
    return (x - width if x > width / 2 else x), (y - height if y > height / 2 else y)


def _peak(line: NDArray[np.float64], place: int) -> float:
    """Place of a maximum between samples, by a parabola through its neighbours."""
    before, here, after = (float(line[(place + step) % len(line)]) for step in (-1, 0, 1))
    bend = before - 2 * here + after
    return place + (0.0 if bend == 0 else max(-0.5, min(0.5, (before - after) / (2 * bend))))
