"""Lists of effects: when each acts, how it is mixed, what stands in beyond an owner's ends, how much is opened."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from sidecar.effects import catalogue
from sidecar.ffmpeg.builder.picture.effects import acts, changes_alpha, pixelwise, reach
from tests.effects.test_kinds import given
from tests.harness.effects import applied, effect

BLUR = {"radius": 4}


@pytest.mark.parametrize("form", ["opaque", "deep alpha"])
@pytest.mark.parametrize(
    ("start", "end", "acting"),
    [
        (0, None, range(-5, 15)),
        (0, 0.2, range(-5, 5)),
        (0.08, "1/5", range(2, 5)),
        (0.081, 0.201, range(3, 6)),
        (0.36, None, range(9, 15)),
        (5, None, range(0)),
        (0.16, 0.16, range(0)),
    ],
)
def test_an_effect_acts_from_its_start_to_its_end(
    form: str, start: float, end: float | str | None, acting: range, tmp_path: Path
) -> None:
    frames = given(form)[:20]
    whole = applied(frames, [effect("blur", BLUR)], tmp_path, first=-5)
    made = applied(frames, [effect("blur", BLUR, start=start, end=end)], tmp_path, first=-5)
    for number in range(20):
        wanted = whole if number - 5 in acting else frames
        assert np.array_equal(made[number], wanted[number]), number
    # Any part of it is the same.
    some = applied(frames[7:12], [effect("blur", BLUR, start=start, end=end)], tmp_path, first=2, owner=(-5, 15))
    assert np.array_equal(some, made[7:12])


def test_instants_are_those_of_the_frames_at_any_rate(tmp_path: Path) -> None:
    rate = Fraction(30000, 1001)
    frames = given()[:8]
    blur = effect("blur", BLUR, start="3003/30000", end=0.1668)
    made = applied(frames, [blur], tmp_path, rate=rate)
    changed = [number for number in range(8) if not np.array_equal(made[number], frames[number])]
    assert changed == [3, 4], "frame 3 is at exactly 3003/30000 s, frame 5 at 0.16683 s"


@pytest.mark.parametrize("form", ["opaque", "alpha", "deep", "deep alpha"])
def test_mix_is_a_mean_of_before_and_after(form: str, tmp_path: Path) -> None:
    frames = given(form)[:2]
    after = applied(frames, [effect("blur", BLUR)], tmp_path)
    made = applied(frames, [effect("blur", BLUR, mix=0.3)], tmp_path)
    wanted = 0.7 * frames.astype(np.float64) + 0.3 * after
    assert np.abs(made - wanted).max() <= 0.51


def test_effects_are_applied_in_their_order(tmp_path: Path) -> None:
    frames = given()[:2]
    first, second = effect("blur", BLUR), effect("pixelate", {"size": 8})
    both = applied(frames, [first, second], tmp_path)
    assert np.array_equal(both, applied(applied(frames, [first], tmp_path), [second], tmp_path))
    assert not np.array_equal(both, applied(frames, [second, first], tmp_path))


def test_beyond_its_owner_a_window_sees_the_first_and_the_last_frame(tmp_path: Path) -> None:
    frames = given()[20:30]
    held = np.concatenate([frames[:1].repeat(12, 0), frames, frames[-1:].repeat(12, 0)])
    for chosen in (
        effect("echo", {"spacing": 3, "echoes": 4}),
        effect("noiseReduction", {"strength": 1, "frames": 12}),
    ):
        inside = applied(held, [chosen], tmp_path)[12:22]
        assert np.array_equal(applied(frames, [chosen], tmp_path), inside)


def test_what_windows_reach_adds_up() -> None:
    kinds = catalogue()
    echo = effect("echo", {"spacing": 3, "echoes": 4})
    noise = effect("noiseReduction", {"frames": 5})
    assert reach([effect("blur")], kinds) == (0, 0)
    assert reach([echo, noise, effect("blur")], kinds) == (17, 5)
    off = effect("echo", {"spacing": 3, "echoes": 4}, enabled=False)
    assert reach([off, noise, effect("echo", mix=0), effect("echo", {"decay": 0})], kinds) == (5, 5)


def test_what_a_list_does_is_known_before_it_is_built() -> None:
    kinds = catalogue()
    assert not acts([effect("blur", {"radius": 0}), effect("blur", mix=0), effect("blur", enabled=False)], kinds)
    assert acts([effect("blur", {"radius": {"keyframes": [{"time": 0, "value": 0}, {"time": 1, "value": 2}]}})], kinds)
    assert changes_alpha([effect("mask")], kinds)
    assert changes_alpha([effect("glow")], kinds)
    assert not changes_alpha([effect("blur"), effect("mask", enabled=False)], kinds)
    assert pixelwise([effect("basic"), effect("curves"), effect("hue")], kinds)
    assert not pixelwise([effect("basic"), effect("blur")], kinds)


def test_growth_is_that_of_the_owner_whatever_part_is_made(tmp_path: Path) -> None:
    frames = given()[:10]
    glow = effect("glow", {"radius": 5}, start=0.2)
    made = applied(frames, [glow], tmp_path)
    assert made.shape == (10, 64 + 30, 96 + 30, 4)
    assert np.array_equal(applied(frames[:3], [glow], tmp_path, owner=(0, 10)), made[:3])
    assert np.array_equal(made[0, 15:-15, 15:-15, :3], frames[0]), "before it acts"
    assert not made[0, :15].any()
