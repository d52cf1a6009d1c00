"""Tone mapping of PQ and HLG to SDR as a table in three dimensions.

The table takes a signal to R'G'B' of the source's own primaries on an SDR display whose white is at 203 cd/m². It has
no gamut in it: clipping would put a kink across its cells.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

WHITE = 203.0
"""Reference white, cd/m² (ITU-R BT.2408): 100 % of the working space."""

HLG_PEAK = 1000.0
"""Nominal peak of an HLG display, cd/m², where the system gamma is 1.2 (ITU-R BT.2100)."""

SIDE = 49
"""Points along each side of the table: with it tetrahedra are off by at most 1/400, and on greys by 1/700."""

PQ_PEAK = 10_000.0
"""cd/m² of the largest PQ signal."""

GAMMA = 2.4
"""Exponent of an SDR display (ITU-R BT.1886, black at 0)."""

_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
_A = 0.17883277
_B, _C = 1 - 4 * _A, 0.55991073
_LUMA_2020 = (0.2627, 0.6780, 0.0593)


@lru_cache(maxsize=4)
def tone_cube(transfer: Literal["pq", "hlg"], peak: float) -> bytes:
    """Write the table as a .cube file. `peak` in cd/m² is the brightest that a PQ picture reaches."""
    import numpy as np  # noqa: PLC0415 - start-up time

    axis = np.linspace(0, 1, SIDE)
    # In a .cube file red runs fastest.
    blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")
    values = mapped(np.stack([red, green, blue], axis=-1).reshape(-1, 3), transfer, peak)
    rows = "\n".join(["%.5f %.5f %.5f"] * len(values)) % tuple(values.ravel().tolist())
    return f"LUT_3D_SIZE {SIDE}\n{rows}\n".encode()


def mapped(signal: Floats, transfer: Literal["pq", "hlg"], peak: float) -> Floats:
    """Map R'G'B' signals, rows of 0-1, to SDR R'G'B' of the same primaries.

    The largest of a pixel's three channels goes through the curve and the others keep their ratio to it, so hue
    stays and nothing leaves 0-1 (maxRGB: Burke, Smith and Zink, SMPTE Motion Imaging Journal 129-4, 2020).
    """
    import numpy as np  # noqa: PLC0415 - start-up time

    light = _pq_light(signal) if transfer == "pq" else _hlg_light(signal)
    largest = light.max(axis=-1, keepdims=True)
    ratio = np.divide(light, largest, out=np.zeros_like(light), where=largest > 0)
    display = ratio * (_eetf(largest, peak if transfer == "pq" else HLG_PEAK) / WHITE)
    made: Floats = np.clip(display, 0, 1) ** (1 / GAMMA)
    return made


def _eetf(light: Floats, peak: float) -> Floats:
    """ITU-R BT.2390 §5.4.1: compress [0, peak] to [0, WHITE] cd/m² by a Hermite spline above a knee, in PQ."""
    import numpy as np  # noqa: PLC0415 - start-up time

    top = _pq_signal(np.array(peak))
    most = _pq_signal(np.array(WHITE)) / top
    signal = np.minimum(_pq_signal(light) / top, 1)
    if most >= 1:
        return np.minimum(light, WHITE)
    knee = 1.5 * most - 0.5
    t = np.maximum((signal - knee) / (1 - knee), 0)
    bent = (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (3 * t**2 - 2 * t**3) * most
    return _pq_light(np.where(signal < knee, signal, bent) * top)


def _pq_light(signal: Floats) -> Floats:
    """ITU-R BT.2100 table 4: the reference PQ EOTF, in cd/m²."""
    import numpy as np  # noqa: PLC0415 - start-up time

    power = np.maximum(signal, 0) ** (1 / _M2)
    light: Floats = PQ_PEAK * (np.maximum(power - _C1, 0) / (_C2 - _C3 * power)) ** (1 / _M1)
    return light


def _pq_signal(light: Floats) -> Floats:
    """Invert the PQ EOTF."""
    power = (light / PQ_PEAK) ** _M1
    signal: Floats = ((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2
    return signal


def _hlg_light(signal: Floats) -> Floats:
    """ITU-R BT.2100 table 5: inverse OETF, then the reference OOTF at 1000 cd/m², in cd/m²."""
    import numpy as np  # noqa: PLC0415 - start-up time

    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - _C) / _A) + _B) / 12)
    luminance = scene @ np.array(_LUMA_2020)
    light: Floats = HLG_PEAK * luminance[..., None] ** 0.2 * scene
    return light
