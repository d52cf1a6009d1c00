"""Step 8: the eleven colour controls, by the formulas of docs/engine.md."""

from __future__ import annotations

import numpy as np

from tests.harness.reference.footage import Floats

NEUTRAL = {
    "temperature": 0.0,
    "tint": 0.0,
    "blacks": 0.0,
    "whites": 0.0,
    "shadows": 0.0,
    "highlights": 0.0,
    "contrast": 1.0,
    "brightness": 0.0,
    "gamma": 1.0,
    "saturation": 1.0,
    "hue": 0.0,
}
LUMA = np.array([0.2126, 0.7152, 0.0722])


def graded(rgb: Floats, controls: dict[str, float]) -> Floats:
    """Grade straight R′G′B′."""
    c = {**NEUTRAL, **controls}
    if c == NEUTRAL:
        return rgb
    v = rgb * [1 + 0.3 * c["temperature"], 1 - 0.3 * c["tint"], 1 - 0.3 * c["temperature"]]
    v = v + 0.25 * c["blacks"] * (1 - v.clip(0, 1)) ** 4
    v = v + 0.25 * c["whites"] * v.clip(0, 1) ** 4
    v = v + 0.25 * c["shadows"] * 6.75 * v.clip(0, 1) * (1 - v.clip(0, 1)) ** 2
    v = v + 0.25 * c["highlights"] * 6.75 * (1 - v.clip(0, 1)) * v.clip(0, 1) ** 2
    v = (v - 0.5) * c["contrast"] + 0.5
    v = v + c["brightness"]
    v = np.maximum(v, 0) ** (1 / c["gamma"])
    return turned(saturated(v.clip(0, 1), c["saturation"]), c["hue"]).clip(0, 1)


def luma(rgb: Floats) -> Floats:
    """Y′ of BT.709."""
    return np.asarray(rgb @ LUMA)


def saturated(rgb: Floats, amount: float) -> Floats:
    grey = luma(rgb)[..., None]
    return np.asarray(grey + (rgb - grey) * amount)


def turned(rgb: Floats, degrees: float) -> Floats:
    """Turn Cb, Cr of BT.709 by an angle."""
    y = luma(rgb)
    cb, cr = (rgb[..., 2] - y) / 1.8556, (rgb[..., 0] - y) / 1.5748
    angle = np.radians(degrees)
    cb, cr = cb * np.cos(angle) - cr * np.sin(angle), cb * np.sin(angle) + cr * np.cos(angle)
    red, blue = y + 1.5748 * cr, y + 1.8556 * cb
    green = (y - LUMA[0] * red - LUMA[2] * blue) / LUMA[1]
    return np.stack([red, green, blue], axis=-1)
