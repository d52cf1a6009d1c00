"""Conversions to 16 bits against an independent model, to half a level."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sidecar.core.source import ColorRange, Matrix, SourceColor
from sidecar.ffmpeg.builder.picture.convert import RGB, constant, convert
from tests.ffmpeg.picture.planes import RATE, through

KR_KB = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722), "bt2020": (0.2627, 0.0593)}
SIDE = 32


def noise(channels: int, seed: int = 1) -> NDArray[np.float64]:
    return np.random.default_rng(seed).random((1, channels, SIDE, SIDE))


def encoded(rgb: NDArray[np.float64], matrix: str, bits: int, *, full: bool) -> NDArray[np.float64]:
    """ITU-R BT.709 §3, BT.601 §2.5, BT.2020 tables 4 and 5; the full range as in H.273."""
    kr, kb = KR_KB[matrix]
    luma = kr * rgb[:, 0] + (1 - kr - kb) * rgb[:, 1] + kb * rgb[:, 2]
    chroma = (rgb[:, 2] - luma) / (2 - 2 * kb), (rgb[:, 0] - luma) / (2 - 2 * kr)
    unit = 2.0 ** (bits - 8)
    if full:
        most = 2**bits - 1
        planes = [luma * most, *(part * most + 128 * unit for part in chroma)]
    else:
        planes = [(16 + 219 * luma) * unit, *((128 + 224 * part) * unit for part in chroma)]
    stored: NDArray[np.float64] = np.rint(np.stack(planes, axis=1)).clip(0, 2**bits - 1)
    return stored


def decoded(planes: NDArray[np.float64], matrix: str, bits: int, *, full: bool) -> NDArray[np.float64]:
    kr, kb = KR_KB[matrix]
    unit, most = 2.0 ** (bits - 8), 2**bits - 1
    luma = planes[:, 0] / most if full else (planes[:, 0] / unit - 16) / 219
    scale = most if full else 224 * unit
    blue, red = ((planes[:, 1] - 128 * unit) / scale, (planes[:, 2] - 128 * unit) / scale)
    r, b = luma + (2 - 2 * kr) * red, luma + (2 - 2 * kb) * blue
    return np.stack([r, (luma - kr * r - kb * b) / (1 - kr - kb), b], axis=1).clip(0, 1)


@pytest.mark.parametrize("bits", [8, 10, 12])
@pytest.mark.parametrize("span", ["limited", "full"])
@pytest.mark.parametrize("matrix", ["bt601", "bt709", "bt2020"])
def test_every_matrix_and_range_is_exact(matrix: Matrix, span: ColorRange, bits: int, tmp_path: Path) -> None:
    full = span == "full"
    planes = encoded(noise(3), matrix, bits, full=full)
    pixel_format = "yuv444p" + ("" if bits == 8 else f"{bits}le")
    color = SourceColor(span, matrix, "bt709", "bt709")
    found = through(
        planes.astype("u1" if bits == 8 else "<u2"),
        pixel_format,
        lambda stream, _: convert(stream, "gbrp16le", color=color),
        "gbrp16le",
        tmp_path,
    )
    assert np.abs(found - decoded(planes, matrix, bits, full=full)).max() * 65535 < 0.75


@pytest.mark.parametrize("pixel_format", ["gbrp", "gbrp16le"])
def test_rgb_keeps_every_level(pixel_format: str, tmp_path: Path) -> None:
    levels = np.arange(256).reshape(1, 1, 16, 16).repeat(3, axis=1) / 255
    found = through(
        levels, pixel_format, lambda stream, _: convert(stream, "gbrp16le", color=RGB), "gbrp16le", tmp_path
    )
    assert np.array_equal(found * 65535, levels * 65535)


@pytest.mark.parametrize("factor", [0.5, 1.5])
@pytest.mark.parametrize("alpha", [True, False])
def test_scaling_keeps_flat_colours_and_smooth_ramps(factor: float, *, alpha: bool, tmp_path: Path) -> None:
    side, channels = 64, 4 if alpha else 3
    made = "gbrap16le" if alpha else "gbrp16le"
    ramp = np.linspace(0.2, 0.8, side)[None, None, None, :].repeat(side, axis=2).repeat(channels, axis=1)
    ramp = ramp * np.array([1, 0.5, 0.25, 1])[:channels, None, None]
    size = (round(side * factor), round(side * factor))
    found = through(
        ramp,
        made,
        lambda stream, _: convert(stream, made, color=RGB, size=size, shrinks=factor < 1),
        made,
        tmp_path,
    )
    places = (np.arange(size[0]) + 0.5) / factor - 0.5
    wanted = 0.2 + 0.6 * places / (side - 1)
    for channel, gain in enumerate((1, 0.5, 0.25, 1)[:channels]):
        off = np.abs(found[0, channel, :, 8:-8] - gain * wanted[8:-8]).max()
        assert off * 1023 < 0.3, (channel, off * 1023)


@pytest.mark.parametrize("pixel_format", ["gbrp", "gbrap", "gbrp16le", "gbrap16le"])
def test_a_constant_is_exact_and_premultiplied(pixel_format: str, tmp_path: Path) -> None:
    found = through(
        noise(3),
        "gbrp",
        lambda _, __: constant("#C8783280", (SIDE, SIDE), RATE, pixel_format),
        pixel_format,
        tmp_path,
    )
    alpha = 128 / 255 if "gbrap" in pixel_format else 1
    most = 65535 if pixel_format.endswith("le") else 255
    wanted = [200 / 255 * alpha, 120 / 255 * alpha, 50 / 255 * alpha, alpha][: found.shape[1]]
    # Of 16 bits colour is multiplied by a filter, which may be one level off.
    near = 1.0001 if pixel_format == "gbrap16le" else 0.5001
    assert np.abs(found[0] - np.array(wanted)[:, None, None]).max() * most <= near
