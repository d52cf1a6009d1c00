"""What the word `moves` of a parameter stands for: measures of what an effect made, by name."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sidecar.effects.motion import measure, read_steps
from tests.harness.effects import Frames

Floats = NDArray[np.float64]
LUMA = np.array([0.2126, 0.7152, 0.0722])


def unit(frames: Frames) -> Floats:
    """Return frames as numbers of 0-1."""
    return frames.astype(np.float64) / np.iinfo(frames.dtype).max


def luma(frames: Floats) -> Floats:
    """Luma of frames of numbers."""
    return np.asarray(frames[..., :3] @ LUMA)


def ssim(one: Floats, other: Floats, side: int = 8) -> float:
    """Mean structural similarity of the luma of two pictures, over squares that do not overlap."""
    height, width = (length // side * side for length in one.shape[:2])
    blocks = [
        luma(each)[:height, :width]
        .reshape(height // side, side, width // side, side)
        .transpose(0, 2, 1, 3)
        .reshape(-1, side * side)
        for each in (one, other)
    ]
    means, spreads = [block.mean(1) for block in blocks], [block.var(1) for block in blocks]
    shared = ((blocks[0] - means[0][:, None]) * (blocks[1] - means[1][:, None])).mean(1)
    top = (2 * means[0] * means[1] + 0.01**2) * (2 * shared + 0.03**2)
    return float((top / ((means[0] ** 2 + means[1] ** 2 + 0.01**2) * (spreads[0] + spreads[1] + 0.03**2))).mean())


def _detail(_given: Floats, made: Floats) -> float:
    return float(np.abs(np.diff(luma(made), axis=2)).mean())


def _brightness(_given: Floats, made: Floats) -> float:
    return float(made[..., :3].mean())


def _contrast(_given: Floats, made: Floats) -> float:
    return float(luma(made).std())


def _saturation(_given: Floats, made: Floats) -> float:
    return float(np.ptp(made[..., :3], axis=-1).mean())


def _hue(given: Floats, made: Floats) -> float:
    """Clockwise turn of Cb, Cr in degrees."""
    planes = []
    for frames in (given, made):
        y = luma(frames)
        planes.append((frames[..., 2] - y) / 1.8556 + 1j * (frames[..., 0] - y) / 1.5748)
    return float(np.degrees(np.angle((planes[1] * np.conj(planes[0])).sum())))


def _noise(_given: Floats, made: Floats) -> float:
    return float(np.abs(np.diff(made[..., :3], axis=0)).mean())


def _alpha(_given: Floats, made: Floats) -> float:
    return float(made[..., 3].mean()) if made.shape[-1] == 4 else 1.0


def _edges(_given: Floats, made: Floats) -> float:
    height, width = made.shape[1] // 4, made.shape[2] // 4
    middle = made[:, height : 3 * height, width : 3 * width, :3].mean()
    return float(middle - made[:, :height, :width, :3].mean())


def _spread(_given: Floats, made: Floats) -> float:
    """Pixels on which something is seen."""
    return float((made[..., 3] > 0.01).sum()) if made.shape[-1] == 4 else float(made[..., 0].size)


def _trail(given: Floats, made: Floats) -> float:
    return float(np.abs(made - given).mean())


def _grain(given: Floats, made: Floats) -> Floats:
    left = np.asarray((made - given)[..., :3])
    return np.asarray(left - left.mean())


def _coarseness(given: Floats, made: Floats) -> float:
    grain = _grain(given, made)
    return float((grain[:, :, 1:] * grain[:, :, :-1]).mean() / (grain**2).mean())


def _colorfulness(given: Floats, made: Floats) -> float:
    return float(_grain(given, made).std(axis=-1).mean())


def _softness(_given: Floats, made: Floats) -> float:
    return float(((made[..., 3] > 0.05) & (made[..., 3] < 0.95)).mean())


def _spill(_given: Floats, made: Floats) -> float:
    return float(np.maximum(made[..., 1] - (made[..., 0] + made[..., 2]) / 2, 0).mean())


def _shake(_given: Floats, made: Floats) -> float:
    grey = np.rint(luma(made) * 255).astype(np.uint8)
    steps = read_steps(measure(grey.tobytes(), (grey.shape[2], grey.shape[1]), 0))
    return float(sum(np.hypot(step.x, step.y) for step in steps[2:-2]))


def _channel(index: int) -> Callable[[Floats, Floats], float]:
    return lambda _given, made: float(made[..., index].mean())


MEASURES: dict[str, Callable[[Floats, Floats], float]] = {
    "detail": _detail,
    "brightness": _brightness,
    "contrast": _contrast,
    "saturation": _saturation,
    "hue": _hue,
    "noise": _noise,
    "alpha": _alpha,
    "edges": _edges,
    "spread": _spread,
    "trail": _trail,
    "coarseness": _coarseness,
    "colorfulness": _colorfulness,
    "softness": _softness,
    "spill": _spill,
    "shake": _shake,
    "red": _channel(0),
    "green": _channel(1),
    "blue": _channel(2),
}
"""Given frames and made frames, numbers of 0-1, to what is measured."""
