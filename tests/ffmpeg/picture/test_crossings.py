"""Transitions and generated sources in the composition: easing, free ends, windows, depth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from protocol.project import CubicBezier
from protocol.project.curves import ease
from tests.harness.rendering import clip, project, raw_frames

EXPORT = {"container": "mkv", "audio": None, "video": {"codec": "ffv1", "pixelFormat": "gbrp"}}
FRAMES = 10
"""Of each transition here: 0.4 s at 25 frames a second, over project frames 20 to 29."""


def cut(kind: str, **members: Any) -> dict[str, Any]:
    """Red, then blue."""
    transition = {"type": kind, "from": "a", "to": "b", "duration": 0.4, **members}
    clips = [clip("#FF0000", 0, 1, id="a"), clip("#0000FF", 1, 1, id="b")]
    return project({"clips": clips, "transitions": [transition]}, export=EXPORT)


@pytest.mark.parametrize("kind", ["wipeleft", "circlecrop", "hblur", "fadeslow", "fade"])
def test_the_first_frame_is_all_a_and_the_last_all_b(kind: str, tmp_path: Path) -> None:
    made = raw_frames(cut(kind), tmp_path)
    assert (made[:21] == (255, 0, 0)).all()
    assert (made[29:] == (0, 0, 255)).all()
    assert all((made[frame] != (255, 0, 0)).any() and (made[frame] != (0, 0, 255)).any() for frame in range(23, 27))
    assert np.array_equal(raw_frames(cut(kind), tmp_path, window=(24, 27)), made[24:27])


@pytest.mark.parametrize(
    "easing", ["linear", "easeIn", "easeOut", "easeInOut", {"cubicBezier": [0.2, -1.5, 0.8, 2.5]}, "hold"]
)
def test_easing_shapes_progress_frame_by_frame(easing: Any, tmp_path: Path) -> None:
    made = raw_frames(cut("wipeleft", easing=easing), tmp_path)
    decoded = _easing(easing)
    for frame in range(FRAMES):
        p = min(1.0, max(0.0, ease(decoded, frame / (FRAMES - 1))))
        red = int((made[20 + frame, 48, :, 0] == 255).sum())
        assert red == pytest.approx(192 * (1 - p), abs=1.01)


def _easing(easing: Any) -> Any:
    return easing if isinstance(easing, str) else msgspec.convert(easing, CubicBezier)


def test_a_free_end_crosses_with_what_lies_below(tmp_path: Path) -> None:
    transitions = [
        {"type": "wipeleft", "from": None, "to": "a", "duration": 0.4},
        {"type": "wiperight", "from": "a", "to": None, "duration": 0.4},
    ]
    below = {"clips": [clip("#00FF00", 0, 2)]}
    above = {"clips": [clip("#FF0000", 0.4, 1.2, id="a")], "transitions": transitions}
    made = raw_frames(project(below, above, export=EXPORT), tmp_path)
    assert (made[:11] == (0, 255, 0)).all()
    assert (made[19:31] == (255, 0, 0)).all()
    assert (made[39:] == (0, 255, 0)).all()
    assert tuple(made[14, 48, 30]) == (0, 255, 0)
    assert tuple(made[14, 48, 170]) == (255, 0, 0)
    assert tuple(made[35, 48, 20]) == (0, 255, 0)
    assert tuple(made[35, 48, 170]) == (255, 0, 0)


def test_clips_with_alpha_cross_above_what_lies_below(tmp_path: Path) -> None:
    half = {"kind": "gradient", "colors": ["#FF000080", "#FF000080"]}
    above = {
        "clips": [clip(half, 0, 1, id="a"), clip("#0000FF", 1, 1, id="b")],
        "transitions": [{"type": "slideup", "from": "a", "to": "b", "duration": 0.4}],
    }
    made = raw_frames(project({"clips": [clip("#00FF00", 0, 2)]}, above, export=EXPORT), tmp_path)
    assert np.abs(made[24, 5, 90].astype(int) - (128, 127, 0)).max() <= 1
    assert tuple(made[24, 90, 90]) == (0, 0, 255)


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv444p10le", "gbrp"])
@pytest.mark.parametrize(
    ("source", "place", "wanted"),
    [
        ({"kind": "gradient", "colors": ["#FF0000", "#00FF00", "#0000FF"]}, (96, 48), (2, 253, 0)),
        ({"kind": "gradient", "colors": ["#FFFFFF", "#000000"], "shape": "radial"}, (96, 48), (253, 253, 253)),
        ({"kind": "pattern", "pattern": "bars"}, (40, 20), (191, 191, 0)),
        ({"kind": "pattern", "pattern": "checker"}, (5, 5), (255, 255, 255)),
    ],
)
def test_generated_sources_are_seen(
    source: dict[str, Any], place: tuple[int, int], wanted: tuple[int, ...], pixel_format: str, tmp_path: Path
) -> None:
    export = {**EXPORT, "video": {"codec": "ffv1", "pixelFormat": pixel_format}}
    made = raw_frames(project({"clips": [clip(source)]}, export=export), tmp_path)
    assert np.abs(made[7, place[1], place[0]].astype(int) - wanted).max() <= 3
    assert np.array_equal(made[0], made[24])


def test_static_is_the_same_from_wherever_it_is_rendered(tmp_path: Path) -> None:
    noise = {"kind": "noise", "seed": 11, "level": 0.8}
    timeline = project({"clips": [clip("#102030", 0, 0.2), clip(noise, 0.2, 1)]}, export=EXPORT)
    whole = raw_frames(timeline, tmp_path)
    assert np.array_equal(raw_frames(timeline, tmp_path, window=(12, 20)), whole[12:20])
    assert len({frame.tobytes() for frame in whole[5:]}) == 25
    moved = raw_frames(project({"clips": [clip(noise, 0, 1)]}, export=EXPORT), tmp_path)
    assert np.array_equal(moved, whole[5:])
