"""A source's R'G'B' as the engine's working space shows it: BT.709 on the display of BT.1886 (docs/engine.md, Colour).

The same formulas as `sidecar.ffmpeg.builder.picture`, by numpy: decoders' own FFmpeg has no filter for them.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from sidecar.core.source import Primaries, SourceColor
from sidecar.ffmpeg.builder.picture.colour import USUAL_PEAK, needs_reading
from sidecar.ffmpeg.builder.picture.tonemap import GAMMA, PQ_PEAK, WHITE, mapped

__all__ = ["needs_reading", "shown"]

Floats = NDArray[np.float64]

CHROMATICITIES: dict[Primaries, tuple[tuple[float, float], ...]] = {
    "bt601": ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),
    "bt601-625": ((0.640, 0.330), (0.290, 0.600), (0.150, 0.060)),
    "bt709": ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060)),
    "bt2020": ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    "display-p3": ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
}
"""x and y of red, green and blue (H.273); white is D65."""

D65 = (0.3127, 0.3290)


def shown(signal: Floats, color: SourceColor) -> Floats:
    """Convert R'G'B' of 0-1 (the last axis) by transfer and primaries; cut to 0-1 in linear light."""
    shape = signal.shape
    rows = signal.reshape(-1, 3)
    if color.transfer in ("pq", "hlg"):
        light = mapped(rows, color.transfer, min(max(color.peak or USUAL_PEAK, WHITE), PQ_PEAK)) ** GAMMA
    elif color.transfer == "srgb" and color.matrix != "rgb":
        light = np.where(rows <= 0.04045, rows / 12.92, ((rows + 0.055) / 1.055) ** 2.4)
    else:
        light = rows**GAMMA
    if color.primaries != "bt709":
        light = light @ _to_709(color.primaries).T
    made: Floats = np.clip(light, 0, 1) ** (1 / GAMMA)
    return made.reshape(shape)


@cache
def _to_709(primaries: Primaries) -> Floats:
    made: Floats = np.linalg.inv(_to_xyz("bt709")) @ _to_xyz(primaries)
    return made


def _to_xyz(primaries: Primaries) -> Floats:
    """Return the matrix from linear R, G, B to X, Y, Z (SMPTE RP 177)."""
    corners = np.array([_xyz(point) for point in CHROMATICITIES[primaries]]).T
    made: Floats = corners * np.linalg.solve(corners, np.array(_xyz(D65)))
    return made


def _xyz(point: tuple[float, float]) -> tuple[float, float, float]:
    x, y = point
    return x / y, 1.0, (1 - x - y) / y
