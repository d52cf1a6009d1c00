"""Effects against their formulas of docs/engine.md, reckoned in numpy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.effects.test_kinds import given
from tests.harness.effects import Frames, applied, effect
from tests.harness.measures import Floats, luma, unit

FORMS = pytest.mark.parametrize("form", ["opaque", "alpha", "deep", "deep alpha"])


def made(form: str, kind: str, parameters: dict[str, Any], work: Path, count: int = 3) -> tuple[Floats, Floats]:
    """Frames before and after an effect, colour not multiplied by alpha."""
    frames = given(form)[:count]
    return straight(frames), straight(applied(frames, [effect(kind, parameters)], work))


def straight(frames: Frames) -> Floats:
    found = unit(frames)
    if found.shape[-1] == 3:
        return found
    alpha = found[..., 3:]
    return np.concatenate(
        [np.divide(found[..., :3], alpha, where=alpha > 0, out=np.zeros_like(found[..., :3])), alpha], -1
    )


def near(one: Floats, other: Floats, form: str, levels: float = 1.6) -> None:
    """Compare colour where alpha is large enough for it to be known to a level."""
    seen: NDArray[np.bool_] = one[..., 3] > 0.5 if one.shape[-1] == 4 else np.ones(one.shape[:-1], bool)
    away = np.abs(one - other)[seen] * (65_535 / 256 if "deep" in form else 255)
    assert away.max() <= levels * (2 if "alpha" in form else 1), away.max()


@FORMS
def test_basic(form: str, tmp_path: Path) -> None:
    before, after = made(form, "basic", {"brightness": 0.1, "contrast": 1.3, "saturation": 0.6}, tmp_path)
    wanted = before.copy()
    toned = np.clip((before[..., :3] - 0.5) * 1.3 + 0.6, 0, 1)
    wanted[..., :3] = np.clip(0.6 * toned + 0.4 * luma(toned)[..., None], 0, 1)
    near(after, wanted, form, 2.1)


@FORMS
def test_tones_beyond_the_ends(form: str, tmp_path: Path) -> None:
    for brightness, contrast in ((-0.8, 0.2), (0.9, 0.1), (0, 0), (0.3, 4), (-1, 1)):
        before, after = made(form, "basic", {"brightness": brightness, "contrast": contrast}, tmp_path, 1)
        wanted = before.copy()
        wanted[..., :3] = np.clip((before[..., :3] - 0.5) * contrast + 0.5 + brightness, 0, 1)
        near(after, wanted, form, 1.1 + contrast / 2)


@FORMS
def test_vignette(form: str, tmp_path: Path) -> None:
    before, after = made(form, "vignette", {"amount": 0.7, "size": 0.3, "softness": 0.5}, tmp_path)
    height, width = before.shape[1:3]
    y, x = np.mgrid[0:height, 0:width] + 0.5
    away = np.hypot(x / (width / 2) - 1, y / (height / 2) - 1) / np.sqrt(2)
    step = np.clip((away - 0.3) / 0.5, 0, 1)
    wanted = before.copy()
    wanted[..., :3] *= (1 - 0.7 * step * step * (3 - 2 * step))[None, ..., None]
    near(after, wanted, form)


@FORMS
def test_curves_pass_through_their_points(form: str, tmp_path: Path) -> None:
    before, after = made(form, "curves", {"master": [[0, 0.2], [1, 0.7]], "red": [[0, 1], [1, 0]]}, tmp_path)
    wanted = before.copy()
    wanted[..., 0] = 1 - before[..., 0]
    wanted[..., :3] = 0.2 + 0.5 * wanted[..., :3]
    near(after, wanted, form)


@FORMS
def test_echo(form: str, tmp_path: Path) -> None:
    frames = given(form)[:12]
    found = unit(applied(frames, [effect("echo", {"decay": 0.5, "echoes": 2, "spacing": 3})], tmp_path))
    numbers = np.arange(12)
    parts = [unit(frames)[np.maximum(numbers - 3 * back, 0)] for back in range(3)]
    near(found, (parts[0] + 0.5 * parts[1] + 0.25 * parts[2]) / 1.75, form)


@FORMS
def test_pixelate(form: str, tmp_path: Path) -> None:
    frames = given(form)[:2]
    found = unit(applied(frames, [effect("pixelate", {"size": 16})], tmp_path))
    count, height, width, channels = frames.shape
    blocks = unit(frames).reshape(count, height // 16, 16, width // 16, 16, channels).mean((2, 4))
    near(found, blocks.repeat(16, 1).repeat(16, 2), form)


@FORMS
@pytest.mark.parametrize("shape", ["rectangle", "ellipse", "polygon"])
@pytest.mark.parametrize("moving", [False, True])
def test_mask(form: str, shape: str, *, moving: bool, tmp_path: Path) -> None:
    frames = given(form)[:3]
    middle = {"keyframes": [{"time": 0, "value": 0.4}, {"time": 0.08, "value": 0.6}]} if moving else 0.4
    box = {"x": middle, "y": 0.5, "width": 0.5, "height": 0.5}
    found = unit(
        applied(frames, [effect("mask", {"shape": shape, "points": [[0, 0], [1, 0], [0, 1]], **box})], tmp_path)
    )
    outside = unit(
        applied(
            frames,
            [effect("mask", {"shape": shape, "points": [[0, 0], [1, 0], [0, 1]], **box, "invert": True})],
            tmp_path,
        )
    )
    height, width = frames.shape[1:3]
    y, x = np.mgrid[0:height, 0:width] + 0.5
    given_alpha = unit(frames)[..., 3] if frames.shape[-1] == 4 else np.ones(frames.shape[:3])
    for number in range(3):
        across = (x / width - (0.4 + 0.1 * number if moving else 0.4)) / 0.5
        down = (y / height - 0.5) / 0.5
        inside = {
            "rectangle": np.maximum(np.abs(across), np.abs(down)) < 0.5,
            "ellipse": np.hypot(across, down) < 0.5,
            "polygon": (across > -0.5) & (down > -0.5) & (across + down < 0),
        }[shape]
        kept = found[number, ..., 3] / np.maximum(given_alpha[number], 1e-9)
        edge = (np.abs(kept - 0.5) < 0.49) & (given_alpha[number] > 0)
        wrong = (inside != (kept > 0.5)) & (given_alpha[number] > 0.05) & ~edge
        assert wrong.sum() == 0
        assert edge.mean() < 0.04, "no wider than a pixel"
        area = 0.25 * {"rectangle": 1, "ellipse": np.pi / 4, "polygon": 0.5}[shape]
        if frames.shape[-1] == 3:
            assert abs(kept.mean() - area) < 0.002
        both = found[number] + outside[number]
        whole = np.concatenate([unit(frames)[number, ..., :3], given_alpha[number][..., None]], -1)
        assert np.abs(both - whole).max() < 2.1 / 255


@FORMS
def test_a_key_keeps_what_is_far_from_it(form: str, tmp_path: Path) -> None:
    frames = given(form)[:2]
    found = applied(frames, [effect("chromaKey", {"color": "#0AB13C", "softness": 0, "spill": 0})], tmp_path)
    green = frames[..., 1].astype(float) > 2.2 * np.maximum(frames[..., 0], frames[..., 2]) + 1
    inner = _inner(green)
    alpha = found[..., 3]
    assert inner.mean() > 0.1
    assert (alpha[inner] == 0).mean() > 0.99
    before = frames[..., 3] if frames.shape[-1] == 4 else np.full(frames.shape[:3], np.iinfo(frames.dtype).max)
    red = _inner(frames[..., 0] > 2.0 * frames[..., 1] + 1)
    assert red.any()
    assert np.array_equal(alpha[red], before[red]), "to the last level"


def _inner(places: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Places all of whose neighbours are such places too."""
    padded = np.pad(places, ((0, 0), (1, 1), (1, 1)))
    height, width = places.shape[1:]
    found = places.copy()
    for down in range(3):
        for right in range(3):
            found &= padded[:, down : down + height, right : right + width]
    return found


@FORMS
def test_grain_is_another_for_each_frame_and_seed(form: str, tmp_path: Path) -> None:
    frames = given(form)[:4]
    one, same, other = (
        applied(frames, [effect("grain", {"amount": 0.5, "seed": seed})], tmp_path) for seed in (1, 1, 2)
    )
    assert np.array_equal(one, same)
    noise = [(unit(each) - unit(frames))[..., :3] for each in (one, other)]
    assert np.abs(np.corrcoef(noise[0].reshape(4, -1)) - np.eye(4)).max() < 0.1
    assert abs(np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1]) < 0.1
    assert abs(noise[0].mean()) < 0.01
    if "alpha" in form:
        assert np.array_equal(one[..., 3], frames[..., 3])


def test_what_is_opaque_stays_so_to_the_last_of_16_bits(tmp_path: Path) -> None:
    """Tables of FFmpeg's lutrgb end at 65,280."""
    frames = given("deep alpha")[:2].copy()
    frames[..., 3] = 65_535
    frames[:, :4, :4] = 65_535
    kinds = ("basic", "curves", "hue", "lut", "vignette", "sharpen", "denoise", "grain")
    done = applied(frames, [effect(kind) for kind in kinds], tmp_path)
    assert done[..., 3].min() == 65_535
    assert applied(frames, [effect("basic", {"brightness": 0.02})], tmp_path)[:, :4, :4].min() >= 65_534
