"""Layers over a ground: compositing and blend modes against the formulas of W3C Compositing 1, in numpy."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from protocol.project.check import check
from protocol.project.words import Blend
from sidecar.core.timeline import resolve
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.graph import Input, InputStream, Stream, node
from sidecar.ffmpeg.builder.picture.blend import Below, converted, laid
from sidecar.ffmpeg.builder.picture.convert import formats, premultiplied
from sidecar.ffmpeg.builder.picture.layer import Layer
from sidecar.ffmpeg.builder.picture.scene import Canvas, Scene
from sidecar.ffmpeg.builder.picture.weigh import weighed
from tests.harness.commands import output_of
from tests.harness.rendering import RESOURCES, clip, project

SIZE = (64, 48)
BLENDS: list[Blend] = [
    "normal",
    "multiply",
    "screen",
    "overlay",
    "darken",
    "lighten",
    "difference",
    "addition",
    "softlight",
    "hardlight",
]
Picture = NDArray[np.float64]
"""Height, width, R'G'B' and alpha, 0-1; colour is not multiplied by alpha."""


def blended(blend: Blend, cb: Picture, cs: Picture) -> Picture:
    """Blend colours as W3C Compositing 1 writes it."""
    hard = np.where(cs <= 0.5, cb * 2 * cs, cb + (2 * cs - 1) - cb * (2 * cs - 1))
    over = np.where(cb <= 0.5, cs * 2 * cb, cs + (2 * cb - 1) - cs * (2 * cb - 1))
    lift = np.where(cb <= 0.25, ((16 * cb - 12) * cb + 4) * cb, np.sqrt(cb))
    soft = np.where(cs <= 0.5, cb - (1 - 2 * cs) * cb * (1 - cb), cb + (2 * cs - 1) * (lift - cb))
    return {
        "normal": cs,
        "multiply": cb * cs,
        "screen": cb + cs - cb * cs,
        "overlay": over,
        "darken": np.minimum(cb, cs),
        "lighten": np.maximum(cb, cs),
        "difference": np.abs(cb - cs),
        "addition": np.minimum(1, cb + cs),
        "softlight": soft,
        "hardlight": hard,
    }[blend]


def composited(blend: Blend, below: Picture, above: Picture) -> Picture:
    """Return premultiplied colour and alpha of a source over a backdrop."""
    ab, as_ = below[..., 3:], above[..., 3:]
    mixed = (1 - ab) * above[..., :3] + ab * blended(blend, below[..., :3], above[..., :3])
    colour = as_ * mixed + (1 - as_) * ab * below[..., :3]
    return np.concatenate([colour, as_ + ab * (1 - as_)], axis=-1)


def picture(seed: int, *, opaque: bool) -> Picture:
    values = np.random.default_rng(seed).integers(0, 256, (SIZE[1], SIZE[0], 4)) / 255
    values[: SIZE[1] // 4, :, 3] = 1
    values[-4:, :, 3] = 0
    if opaque:
        values[..., 3] = 1
    return values


def stored(values: Picture, pixel_format: str, path: Path) -> Stream:
    """Write a picture as one raw frame, premultiplied where it has alpha."""
    deep, alpha = pixel_format.endswith("16le"), pixel_format.startswith("gbrap")
    colour = values[..., :3] * (values[..., 3:] if alpha else 1)
    planes = [colour[..., 1], colour[..., 2], colour[..., 0], *([values[..., 3]] if alpha else [])]
    most, kind = (65_535, "<u2") if deep else (255, "u1")
    path.write_bytes(b"".join(np.round(plane * most).astype(kind).tobytes() for plane in planes))
    size = f"{SIZE[0]}x{SIZE[1]}"
    read = Input(path.name, (("f", "rawvideo"), ("pixel_format", pixel_format), ("video_size", size)))
    stream = node("setparams", InputStream(read, "video", 0), range="full", colorspace="gbr")
    return premultiplied(stream) if alpha else stream


def shown(stream: Stream, pixel_format: str, scene: Scene, folder: Path) -> Picture:
    """Run a graph and return its first frame's planes as R'G'B' (and alpha), 0-1."""
    options = (("f", "rawvideo"), ("frames:v", "1"))
    files = scene.files.all()
    data = output_of(Command((Output((stream,), options, "pipe:1"),), files), folder)
    deep, channels = pixel_format.endswith("16le"), 4 if pixel_format.startswith("gbrap") else 3
    values = np.frombuffer(data, "<u2" if deep else "u1").reshape(channels, SIZE[1], SIZE[0])
    order = [2, 0, 1, 3][:channels]
    return np.stack([values[plane] for plane in order], axis=-1) / (65_535 if deep else 255)


def scene_of(final: str) -> Scene:
    raw = project({"clips": [clip("#000000")]}, size=SIZE)
    checked = check(raw).project
    assert checked is not None
    return Scene(resolve(checked, {}), Canvas(SIZE, (1.0, 1.0)), formats(final), RESOURCES)  # type: ignore[arg-type]


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("ground", ["opaque", "clear"])
@pytest.mark.parametrize("blend", BLENDS)
def test_layers_are_blended_as_the_formulas_say(blend: Blend, ground: str, *, deep: bool, tmp_path: Path) -> None:
    scene = scene_of("yuv420p10le" if deep else "yuv420p")
    chosen = scene.formats.full if ground == "opaque" else scene.formats.alpha
    below, above = picture(1, opaque=ground == "opaque"), picture(2, opaque=False)
    base = Below(stored(below, chosen, tmp_path / "below.raw"), chosen)
    top = Layer(stored(above, scene.formats.alpha, tmp_path / "above.raw"), 0, 0, opaque=False)
    done = laid(base, top, [1.0], blend, scene)
    made = shown(converted(done, chosen, scene), chosen, scene, tmp_path)
    wanted = composited(blend, below, above)[..., : made.shape[-1]]
    off = np.abs(made - wanted)
    # Premultiplied colour of 8 bits is coarse where little alpha is left; by the formulas that weighs as little.
    assert off.mean() < (0.0001 if deep else 0.3 / 255)
    assert off.max() < (0.0001 if deep else 2.1 / 255)


@pytest.mark.parametrize("pixel_format", ["gbrp", "gbrap", "gbrp16le", "gbrap16le"])
@pytest.mark.parametrize("weight", [0.25, 0.5, 1 / 255, 254 / 255])
def test_frames_are_mixed_by_their_weights(pixel_format: str, weight: float, tmp_path: Path) -> None:
    scene = scene_of("yuv420p10le" if pixel_format.endswith("16le") else "yuv420p")
    below, above = picture(3, opaque=True), picture(4, opaque=True)
    streams = [stored(values, pixel_format, tmp_path / f"{n}.raw") for n, values in enumerate((below, above))]
    looped = [node("loop", stream, loop=1, size=1, start=0) for stream in streams]
    mixed = weighed(looped[0], looped[1], [weight, 1.0], pixel_format, rate=Fraction(25), size=SIZE, files=scene.files)
    made = shown(mixed, pixel_format, scene, tmp_path)
    wanted = (below * (1 - weight) + above * weight)[..., : made.shape[-1]]
    assert np.abs(made - wanted).max() < (0.6 / 255 if not pixel_format.endswith("16le") else 2.5 / 65_535)


@pytest.mark.parametrize("pixel_format", ["gbrp", "gbrap", "gbrp16le", "gbrap16le"])
@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_the_ends_of_a_mix_are_exact(pixel_format: str, weight: float, tmp_path: Path) -> None:
    scene = scene_of("yuv420p10le" if pixel_format.endswith("16le") else "yuv420p")
    below, above = picture(5, opaque=True), picture(6, opaque=True)
    streams = [stored(values, pixel_format, tmp_path / f"{n}.raw") for n, values in enumerate((below, above))]
    looped = [node("loop", stream, loop=1, size=1, start=0) for stream in streams]
    mixed = weighed(looped[0], looped[1], [weight, 0.5], pixel_format, rate=Fraction(25), size=SIZE, files=scene.files)
    made = shown(mixed, pixel_format, scene, tmp_path)
    wanted = (above if weight else below)[..., : made.shape[-1]]
    assert np.abs(made - wanted).max() <= (0 if not pixel_format.endswith("16le") else 1.1 / 65_535) + 1e-9
