"""Every transition of the catalogue, by itself: its ends, its parts, its alpha, and what its name says."""

from __future__ import annotations

import re
import subprocess
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sidecar.effects import catalogue
from tests.harness.measures import ssim
from tests.harness.media import ffmpeg
from tests.harness.patience import PATIENCE
from tests.harness.transitions import Planes, crossed_planes, random_planes

KINDS = catalogue().transitions
FRAMES = 12
EVEN = [frame / (FRAMES - 1) for frame in range(FRAMES)]
FORMATS = ("gbrp", "gbrap", "gbrp16le", "gbrap16le")
TOUCHED = ("fadeblack", "fadewhite", "fadegrays", "circlecrop", "rectcrop")
"""These do not leave a picture alone that crosses into itself."""


def test_every_named_transition_of_this_ffmpeg_is_there() -> None:
    told = subprocess.run(
        [ffmpeg(), "-hide_banner", "-h", "filter=xfade"], capture_output=True, text=True, timeout=PATIENCE, check=True
    ).stdout
    named = re.findall(r"^ {5}(\w+) +(-?\d+) +\.\.FV", told, re.MULTILINE)
    assert {name for name, _ in named} == {*KINDS, "custom"}
    assert len({kind.title for kind in KINDS.values()}) == len(KINDS)


@pytest.mark.parametrize("pixel_format", FORMATS)
@pytest.mark.parametrize("name", KINDS)
def test_begins_with_all_a_ends_with_all_b_and_every_part_is_that_of_the_whole(
    name: str, pixel_format: str, tmp_path: Path
) -> None:
    a, b = random_planes(FRAMES, pixel_format, 1), random_planes(FRAMES, pixel_format, 2)
    whole, middle, end = crossed_planes(KINDS[name], a, b, EVEN, tmp_path, (3, 8), (7, FRAMES))
    assert len(whole) == FRAMES
    assert np.array_equal(whole[0], a[0])
    assert np.array_equal(whole[-1], b[-1])
    assert not np.array_equal(whole[5], a[5])
    assert not np.array_equal(whole[5], b[5])
    assert np.array_equal(middle, whole[3:8])
    assert np.array_equal(end, whole[7:])
    if whole.shape[1] == 4:
        assert (whole[:, :3] <= whole[:, 3:]).all()


@pytest.mark.parametrize("name", [name for name in KINDS if name not in TOUCHED])
def test_a_flat_picture_that_crosses_into_itself_stays(name: str, tmp_path: Path) -> None:
    """In whole levels nothing is lost to fractions that are cut off."""
    levels = np.array([200, 31, 7, 231], np.uint8).reshape(1, 4, 1, 1)
    flat = np.broadcast_to(levels, (FRAMES, 4, 32, 48)).copy()
    (made,) = crossed_planes(KINDS[name], flat, flat, EVEN, tmp_path)
    assert np.array_equal(made, flat)


@pytest.mark.parametrize("pixel_format", FORMATS)
def test_fade_is_the_mean_by_progress(pixel_format: str, tmp_path: Path) -> None:
    a, b = random_planes(FRAMES, pixel_format, 3), random_planes(FRAMES, pixel_format, 4)
    (made,) = crossed_planes(KINDS["fade"], a, b, EVEN, tmp_path)
    p = np.array(EVEN).reshape(-1, 1, 1, 1)
    error = made - (a * (1 - p) + b * p)
    assert np.abs(error).max() <= (1.01 if pixel_format.endswith("16le") else 0.51)


@pytest.mark.parametrize("name", ["wipeleft", "fade", "hblur", "slideup"])
def test_progress_may_fall_stand_still_and_overshoot(name: str, tmp_path: Path) -> None:
    """Each frame is made of its own progress alone."""
    progress = [0.0, 0.7, 0.3, 0.3, 0.3000001, -0.2, 0.5, 1.4, 0.9, 1.0]
    a, b = random_planes(10, "gbrap", 5), random_planes(10, "gbrap", 6)
    single = [(frame, frame + 1) for frame in range(10)]
    whole, *alone = crossed_planes(KINDS[name], a, b, progress, tmp_path, *single)
    assert len(whole) == 10
    for frame in range(10):
        assert np.array_equal(alone[frame][0], whole[frame]), frame
    assert np.array_equal(whole[5], a[5])
    assert np.array_equal(whole[7], b[7])


def test_an_edge_lies_where_progress_says(tmp_path: Path) -> None:
    a, b = np.zeros((FRAMES, 3, 16, 200), np.uint8), np.full((FRAMES, 3, 16, 200), 255, np.uint8)
    eased = [p * p for p in EVEN]
    (made,) = crossed_planes(KINDS["wipeleft"], a, b, eased, tmp_path)
    edges = [int((frame[0, 0] == 0).sum()) for frame in made]
    for edge, p in zip(edges, eased, strict=True):
        assert edge == pytest.approx(200 * (1 - p), abs=1.01)


def _centre(name: str, work: Path) -> tuple[float, float, float]:
    """Where the new picture is seen after a third: x, y from the middle (−1 to 1), and the share of the frame."""
    a, b = _grounds((120, 80))
    (made,) = crossed_planes(KINDS[name], a, b, [0.34], work)
    seen = made[0, 0].astype(float) / 255
    y, x = np.mgrid[-1 : 1 : seen.shape[0] * 1j, -1 : 1 : seen.shape[1] * 1j]
    return float((seen * x).sum() / seen.sum()), float((seen * y).sum() / seen.sum()), float(seen.mean())


def _grounds(size: tuple[int, int], frames: int = 1) -> tuple[Planes, Planes]:
    black: NDArray[np.uint8] = np.zeros((frames, 3, size[1], size[0]), np.uint8)
    return black, np.full_like(black, 255)


ENTERS = {
    "left": (1, 0), "right": (-1, 0), "up": (0, 1), "down": (0, -1),
    "tl": (1, 1), "tr": (-1, 1), "bl": (1, -1), "br": (-1, -1),
    "hlslice": (1, 0), "hlwind": (1, 0), "hrslice": (-1, 0), "hrwind": (-1, 0),
    "vuslice": (0, 1), "vuwind": (0, 1), "vdslice": (0, -1), "vdwind": (0, -1),
}  # fmt: skip
"""The side from which the new picture comes, by the end of the name."""


@pytest.mark.parametrize(
    ("name", "side"), [(name, side) for name in KINDS for end, side in ENTERS.items() if name.endswith(end)]
)
def test_the_new_picture_comes_from_the_side_that_the_name_says(
    name: str, side: tuple[int, int], tmp_path: Path
) -> None:
    x, y, share = _centre(name, tmp_path)
    assert 0.02 < share < 0.75
    for found, wanted in ((x, side[0]), (y, side[1])):
        assert abs(found) < 0.1 if wanted == 0 else found * wanted > 0.15


@pytest.mark.parametrize("name", ["circleopen", "vertopen", "horzopen"])
def test_openings_begin_in_the_middle(name: str, tmp_path: Path) -> None:
    a, b = _grounds((121, 81))
    (made,) = crossed_planes(KINDS[name], a, b, [0.34], tmp_path)
    middle, corner = made[0, 0, 40, 60], made[0, 0, 0, 0]
    assert middle > corner + 50


@pytest.mark.parametrize("name", ["circleclose", "vertclose", "horzclose", "squeezeh", "squeezev"])
def test_closings_leave_the_middle_for_the_end(name: str, tmp_path: Path) -> None:
    a, b = _grounds((121, 81))
    (made,) = crossed_planes(KINDS[name], a, b, [0.5], tmp_path)
    middle, corner = made[0, 0, 40, 60], made[0, 0, 0, 0]
    assert corner > middle + 50


def test_shares_grow_with_progress(tmp_path: Path) -> None:
    a, b = _grounds((60, 40), FRAMES)
    for name in set(KINDS) - set(TOUCHED):
        (made,) = crossed_planes(KINDS[name], a, b, EVEN, tmp_path)
        shares = made.mean(axis=(1, 2, 3))
        assert all(one <= other + 0.01 for one, other in pairwise(shares)), name


def _scenes(size: tuple[int, int]) -> tuple[Planes, Planes]:
    """Two pictures of tones and edges, three frames each."""
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    scenes = []
    for number in (1, 2):
        tones = [110 + 80 * np.sin(x / (37 + number)), 120 + 70 * np.cos(y / (29 + 3 * number)), 90 + x * 0.3]
        scene = np.stack(tones)
        scene[:, (x // 44 + y // 36) % 5 == number] = np.array([[180], [60], [40]])
        scenes.append(np.repeat(np.clip(scene, 0, 255).astype(np.uint8)[None], 3, axis=0))
    return scenes[0], scenes[1]


def _halved(planes: Planes) -> NDArray[np.uint8]:
    frames, count, height, width = planes.shape
    blocks = planes.reshape(frames, count, height // 2, 2, width // 2, 2).astype(np.float64)
    means: NDArray[np.float64] = blocks.mean((3, 5))
    return np.rint(means).astype(np.uint8)


@pytest.mark.parametrize("name", KINDS)
def test_at_half_the_size_it_looks_the_same(name: str, tmp_path: Path) -> None:
    progress = [0.2, 0.45, 0.8]
    a, b = _scenes((640, 384))
    (large,) = crossed_planes(KINDS[name], a, b, progress, tmp_path)
    (small,) = crossed_planes(KINDS[name], _halved(a), _halved(b), progress, tmp_path, scale=0.5)
    for full, half in zip(_halved(large), small, strict=True):
        one, other = (np.moveaxis(each[[2, 0, 1]], 0, -1) / 255 for each in (full, half))
        assert ssim(one, other) >= 0.97


@pytest.mark.parametrize("name", ["dissolve", "hlwind", "pixelize"])
def test_below_its_own_size_colour_stays_below_alpha(name: str, tmp_path: Path) -> None:
    a, b = random_planes(3, "gbrap", 1), random_planes(3, "gbrap", 2)
    whole, last = crossed_planes(KINDS[name], a, b, [0.2, 0.5, 0.7], tmp_path, (2, 3), scale=0.5)
    assert (whole[:, :3] <= whole[:, 3:]).all()
    assert np.array_equal(last, whole[2:])
