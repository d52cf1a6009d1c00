"""Step 14: W3C Compositing and Blending Level 1, separable modes, over an opaque backdrop."""

from __future__ import annotations

import numpy as np

from tests.harness.reference.footage import Floats


def mixed(mode: str, b: Floats, s: Floats) -> Floats:
    """B(Cb, Cs): backdrop b, source s, both 0–1 and not multiplied by alpha."""
    if mode == "multiply":
        return b * s
    if mode == "screen":
        return b + s - b * s
    if mode == "overlay":
        return mixed("hardlight", s, b)
    if mode == "darken":
        return np.minimum(b, s)
    if mode == "lighten":
        return np.maximum(b, s)
    if mode == "difference":
        return np.abs(b - s)
    if mode == "addition":
        return np.minimum(b + s, 1)
    if mode == "hardlight":
        return np.where(s <= 0.5, b * 2 * s, mixed("screen", b, 2 * s - 1))
    if mode == "softlight":
        deep = np.where(b <= 0.25, ((16 * b - 12) * b + 4) * b, np.sqrt(b))
        return np.where(s <= 0.5, b - (1 - 2 * s) * b * (1 - b), b + (2 * s - 1) * (deep - b))
    assert mode == "normal", mode
    return s


def over(backdrop: Floats, layer: Floats, mode: str = "normal") -> Floats:
    """Lay premultiplied R′G′B′A over an opaque R′G′B′ backdrop."""
    alpha = layer[..., 3:]
    if mode == "normal":
        return np.asarray(backdrop * (1 - alpha) + layer[..., :3])
    straight = (layer[..., :3] / np.maximum(alpha, 1e-9)).clip(0, 1)
    return np.asarray(backdrop * (1 - alpha) + alpha * mixed(mode, backdrop, straight))
