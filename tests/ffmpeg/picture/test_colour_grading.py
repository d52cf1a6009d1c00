"""Every colour control against its formula in docs/engine.md, still and with keyframes, in 8 and 16 bits."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from protocol.project import Color
from sidecar.ffmpeg.builder.graph import Expression, Stream, node
from sidecar.ffmpeg.builder.picture.channel import curve
from sidecar.ffmpeg.builder.picture.grade import CONTROLS, graded
from sidecar.ffmpeg.builder.picture.scene import Scene
from sidecar.ffmpeg.builder.sidefiles import SideFiles
from tests.ffmpeg.picture.planes import MOST, RATE, through

Floats = NDArray[np.float64]
SIDE = 32
NEUTRAL = {name: 1.0 if name in ("contrast", "gamma", "saturation") else 0.0 for name in CONTROLS}
TONES: dict[str, Callable[[Floats], Floats]] = {
    "blacks": lambda v: (1 - v) ** 4,
    "whites": lambda v: v**4,
    "shadows": lambda v: 27 / 4 * v * (1 - v) ** 2,
    "highlights": lambda v: 27 / 4 * (1 - v) * v**2,
}


def model(rgb: Floats, **controls: float) -> Floats:
    """The formulas, channel first."""
    c = {**NEUTRAL, **controls}
    gains = np.array([1 + 0.3 * c["temperature"], 1 - 0.3 * c["tint"], 1 - 0.3 * c["temperature"]])
    v = rgb * gains[:, None, None]
    for name, weight in TONES.items():
        v = v + 0.25 * c[name] * weight(v.clip(0, 1))
    v = (v - 0.5) * c["contrast"] + 0.5 + c["brightness"]
    v = (v.clip(0, None) ** (1 / c["gamma"])).clip(0, 1)
    luma = np.array([0.2126, 0.7152, 0.0722])
    v = c["saturation"] * v + (1 - c["saturation"]) * np.tensordot(luma, v, 1)
    y = np.tensordot(luma, v, 1)
    blue, red = (v[2] - y) / 1.8556, (v[0] - y) / 1.5748
    angle = np.radians(c["hue"])
    blue, red = blue * np.cos(angle) - red * np.sin(angle), blue * np.sin(angle) + red * np.cos(angle)
    r, b = y + 1.5748 * red, y + 1.8556 * blue
    mixed: Floats = np.stack([r, (y - 0.2126 * r - 0.0722 * b) / 0.7152, b]).clip(0, 1)
    return mixed


@dataclass
class Timing:
    """What of a scene the controls look at."""

    files: SideFiles
    rate: Fraction = field(default=RATE)


def picture(pixel_format: str, frames: int = 1) -> tuple[Floats, Floats]:
    """Return frames as stored (premultiplied) and their straight colour: all levels as greys, then any colours."""
    rgb = np.random.default_rng(3).random((3, SIDE, SIDE))
    rgb[:, :8] = (np.arange(256) / 255).reshape(8, 32)
    most = MOST[pixel_format]
    rgb = np.rint(rgb * most) / most
    if not pixel_format.startswith("gbrap"):
        return rgb[None].repeat(frames, axis=0), rgb
    alpha = np.rint(np.full((1, SIDE, SIDE), 0.6) * most) / most
    stored = np.rint(rgb * alpha * most) / most
    return np.concatenate([stored, alpha])[None].repeat(frames, axis=0), (stored / alpha).clip(0, 1)


def apply(color: Color, pixel_format: str, work: Path, *, first: int = 0, frames: int = 1) -> Floats:
    def build(stream: Stream, files: SideFiles) -> Stream:
        return graded(stream, color, pixel_format, cast(Scene, Timing(files)), first=first, frames=frames)

    return through(picture(pixel_format, frames)[0], pixel_format, build, pixel_format, work)


def worst(found: Floats, controls: dict[str, float], pixel_format: str) -> float:
    """Largest difference from the formulas, in levels of 8 or of 10 bits."""
    stored, straight = picture(pixel_format)
    wanted = model(straight, **controls)
    if pixel_format.startswith("gbrap"):
        assert np.array_equal(np.rint(found[3] * MOST[pixel_format]), np.rint(stored[0, 3] * MOST[pixel_format]))
        wanted = wanted * stored[0, 3]
    return float(np.abs(found[:3] - wanted).max() * (1023 if pixel_format.endswith("le") else 255))


STILL: list[dict[str, float]] = [
    *({name: value} for name in CONTROLS for value in ((-0.7, 1.0) if NEUTRAL[name] == 0 else (0.4, 2.5))),
    {"hue": 90},
    {"hue": -180},
    {"saturation": 0},
    {"saturation": 4},
    {"contrast": 0},
    {"gamma": 10},
    {"gamma": 0.1},
    {"brightness": -1},
    {"saturation": 1.5, "contrast": 1.4},
    {"temperature": 1, "tint": -1, "blacks": 1, "whites": 1, "shadows": -1, "highlights": -1, "gamma": 1.3},
    {"hue": -35, "saturation": 1.7, "contrast": 1.4, "brightness": 0.1, "temperature": 0.3, "gamma": 1.2},
]


@pytest.mark.parametrize("pixel_format", list(MOST))
@pytest.mark.parametrize("controls", STILL)
def test_every_control_follows_its_formula(controls: dict[str, float], pixel_format: str, tmp_path: Path) -> None:
    """Within one level of 8 bits or of 10; where colour was multiplied by alpha, 16 bits of it are a little less."""
    near = 1.6 if pixel_format == "gbrap16le" and controls.get("gamma") == 10 else 1
    assert worst(apply(Color(**controls), pixel_format, tmp_path)[0], controls, pixel_format) <= near


TABLED = [each for each in STILL if not each.keys() & {"saturation", "hue"}]


def test_tables_of_8_bits_are_what_the_filter_reckons_out(tmp_path: Path) -> None:
    """To the level, or a frame of a look that changes would depend on how many frames it is made with."""
    draw = random.Random(5)
    looks = [*TABLED, *({name: draw.uniform(-1, 1) for name in ("blacks", "whites", "tint")} for _ in range(4))]
    looks += [{name: draw.uniform(0.3, 3) for name in ("contrast", "gamma", "temperature")} for _ in range(4)]
    for controls in looks:
        color = Color(**controls)

        def reckoned(stream: Stream, _: SideFiles, color: Color = color) -> Stream:
            texts = {plane: curve(color, plane).replace("val", "(val/255)").split(";") for plane in "rgb"}
            red, green, blue = (
                Expression(";".join((*steps, f"min({last},1)*255+0.5"))) for *steps, last in texts.values()
            )
            return node("lutrgb", stream, r=red, g=green, b=blue)

        wanted = through(picture("gbrp")[0], "gbrp", reckoned, "gbrp", tmp_path)
        assert np.array_equal(apply(color, "gbrp", tmp_path), wanted), controls


@pytest.mark.parametrize("pixel_format", list(MOST))
def test_neutral_controls_change_nothing(pixel_format: str, tmp_path: Path) -> None:
    stored = picture(pixel_format)[0]
    assert np.array_equal(
        np.rint(apply(Color(), pixel_format, tmp_path) * MOST[pixel_format]), np.rint(stored * MOST[pixel_format])
    )


RANGES = {
    "temperature": (-1, 1),
    "tint": (1, -1),
    "blacks": (-1, 1),
    "whites": (-0.5, 0.5),
    "shadows": (-1, 1),
    "highlights": (1, -1),
    "contrast": (0.5, 2),
    "brightness": (-0.3, 0.4),
    "gamma": (0.5, 3),
    "saturation": (0, 3),
    "hue": (-180, 180),
}
FRAMES = 14


@pytest.mark.parametrize("pixel_format", ["gbrp", "gbrap16le"])
@pytest.mark.parametrize("names", [*([name] for name in CONTROLS), ["brightness", "saturation", "tint"]])
def test_keyframes_are_followed_frame_by_frame(names: list[str], pixel_format: str, tmp_path: Path) -> None:
    """From a strip that begins within the movement: keys at 0.4 s and 0.8 s of the clip, frame 8 comes first."""
    first = 8
    keys: dict[str, Any] = {
        name: {"keyframes": [{"time": 0.4, "value": RANGES[name][0]}, {"time": 0.8, "value": RANGES[name][1]}]}
        for name in names
    }
    found = apply(msgspec.convert(keys, Color), pixel_format, tmp_path, first=first, frames=FRAMES)
    assert len(found) == FRAMES
    for frame in range(FRAMES):
        part = min(max(((first + frame) / 25 - 0.4) / 0.4, 0), 1)
        controls = {name: RANGES[name][0] + part * (RANGES[name][1] - RANGES[name][0]) for name in names}
        assert worst(found[frame], controls, pixel_format) <= 1.05, frame


def test_any_strip_shows_the_same_frames(tmp_path: Path) -> None:
    keys = {
        "contrast": {"keyframes": [{"time": 0, "value": 0.5, "easing": "easeInOut"}, {"time": 1, "value": 2}]},
        "hue": {"keyframes": [{"time": 0.2, "value": 0}, {"time": 0.6, "value": 90}]},
    }
    color = msgspec.convert(keys, Color)
    whole = apply(color, "gbrp", tmp_path, frames=FRAMES)
    part = apply(color, "gbrp", tmp_path, first=5, frames=9)
    assert np.array_equal(part, whole[5:14])
