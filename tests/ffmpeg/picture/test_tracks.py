"""Tracks, adjustment clips and the project: effects, opacity and blending at their places in the order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.harness.rendering import clip, project, raw_frames

BRIGHT = {"type": "basic", "parameters": {"brightness": 0.2}}
SIZE = (64, 48)


def frames(*tracks: dict[str, Any], folder: Path, **members: Any) -> NDArray[np.uint8]:
    members.setdefault("export", {"container": "mkv", "audio": None, "video": {"codec": "ffv1", "pixelFormat": "gbrp"}})
    return raw_frames(project(*tracks, size=SIZE, **members), folder)


def levels(shown: NDArray[np.uint8]) -> list[tuple[int, ...]]:
    """The colour in the middle of every frame."""
    return [tuple(int(value) for value in frame[SIZE[1] // 2, SIZE[0] // 2]) for frame in shown]


def test_track_effects_act_on_the_track_alone(tmp_path: Path) -> None:
    lower = {"clips": [clip("#404040")]}
    upper = {"clips": [clip("#808080", transform={"scaleX": 0.5, "scaleY": 0.5})], "effects": [BRIGHT]}
    shown = frames(lower, upper, folder=tmp_path)
    assert levels(shown)[0] == pytest.approx((179, 179, 179), abs=1)
    assert shown[0, 2, 2] == pytest.approx((64, 64, 64), abs=1)


def test_project_effects_act_on_everything(tmp_path: Path) -> None:
    shown = frames({"clips": [clip("#404040", transform={"scaleX": 0.5})]}, folder=tmp_path, effects=[BRIGHT])
    assert levels(shown)[0] == pytest.approx((115, 115, 115), abs=1)
    assert shown[0, 2, 2] == pytest.approx((51, 51, 51), abs=1)


def test_an_adjustment_clip_changes_what_lies_below_for_its_time_through_its_opacity(tmp_path: Path) -> None:
    adjusting = clip({"kind": "adjustment"}, 0.2, 0.4, opacity=0.5, effects=[BRIGHT])
    above = clip("#808080", 0, 1, transform={"x": 0.25, "y": 0.25, "scaleX": 0.5, "scaleY": 0.5})
    shown = frames({"clips": [clip("#404040")]}, {"clips": [adjusting]}, {"clips": [above]}, folder=tmp_path)
    below = [int(frame[-2, -2, 0]) for frame in shown]
    assert below == pytest.approx([64] * 5 + [90] * 10 + [64] * 10, abs=1)
    assert {int(frame[5, 5, 0]) for frame in shown} <= {127, 128, 129}


def test_an_adjustment_clip_that_looks_at_neighbours_does_not_see_beyond_itself(tmp_path: Path) -> None:
    echo = {"type": "echo", "parameters": {}}
    lower = {"clips": [clip("#200000", 0, 0.4), clip("#00E000", 0.4, 0.6)]}
    plain = frames(lower, folder=tmp_path)
    shown = frames(lower, {"clips": [clip({"kind": "adjustment"}, 0.4, 0.6, effects=[echo])]}, folder=tmp_path)
    assert np.array_equal(plain[:10], shown[:10])
    assert shown[10:, ..., 0].max() <= 1
    over = frames(lower, {"clips": [clip({"kind": "adjustment"}, 0, 1, effects=[echo])]}, folder=tmp_path)
    assert over[10, ..., 0].max() > 1


@pytest.mark.parametrize("owner", ["track", "project", "adjustment"])
def test_what_looks_at_neighbours_is_the_same_in_any_window(owner: str, tmp_path: Path) -> None:
    echo = {"type": "echo", "parameters": {}}
    clips = [clip("#200000", 0, 0.4), clip("#00E000", 0.48, 0.2), clip("#0000D0", 0.72, 0.28, fadeIn=0.2)]
    raw = project({"clips": clips}, size=SIZE)
    if owner == "track":
        raw["tracks"][0]["effects"] = [echo]
    elif owner == "project":
        raw["effects"] = [echo]
    else:
        raw["tracks"].append({"kind": "video", "clips": [clip({"kind": "adjustment"}, 0.2, 0.7, effects=[echo])]})
    whole = raw_frames(raw, tmp_path)
    for first, end in ((0, 9), (9, 14), (11, 12), (14, 25)):
        assert np.array_equal(raw_frames(raw, tmp_path, window=(first, end)), whole[first:end]), (first, end)


def test_a_track_is_blended_as_a_whole_where_its_blend_says_so(tmp_path: Path) -> None:
    upper = {"clips": [clip("#808080", blend="screen")], "blend": "multiply"}
    shown = frames({"clips": [clip("#808080")]}, upper, folder=tmp_path)
    assert levels(shown)[0] == pytest.approx((64, 64, 64), abs=1)
    upper.pop("blend")
    shown = frames({"clips": [clip("#808080")]}, upper, folder=tmp_path)
    assert levels(shown)[0] == pytest.approx((192, 192, 192), abs=1)


def test_opacity_follows_its_keyframes(tmp_path: Path) -> None:
    keys = {
        "keyframes": [{"time": 0, "value": 0}, {"time": 0.4, "value": 1, "easing": "hold"}, {"time": 0.8, "value": 0}]
    }
    shown = frames({"clips": [clip("#FFFFFF", opacity=keys)]}, folder=tmp_path)
    wanted = [round(255 * k / 10) for k in range(10)] + [255] * 10 + [0] * 5
    assert [level[0] for level in levels(shown)] == pytest.approx(wanted, abs=1)
    track = {"clips": [clip("#FFFFFF", 0.2, 0.8)], "opacity": keys}
    shown = frames(track, folder=tmp_path)
    assert [level[0] for level in levels(shown)] == pytest.approx([0] * 5 + wanted[5:], abs=1)


def test_a_transparent_background_lets_only_what_is_transparent_through(tmp_path: Path) -> None:
    export = {"container": "mkv", "audio": None, "video": {"codec": "ffv1", "pixelFormat": "yuva420p"}}
    raw = project(
        {"clips": [clip("#FF0000", transform={"scaleX": 0.5, "scaleY": 0.5}, opacity=0.5)]},
        {"clips": [clip("#0000FF", transform={"x": 0.25, "y": 0.5, "scaleX": 0.5, "scaleY": 1})]},
        size=SIZE,
        background="#00000000",
        export=export,
    )
    planes = raw_frames(raw, tmp_path, pixel_format="rgba").reshape(25, SIZE[1], SIZE[0], 4)[0]
    planes = planes.astype(int)
    assert tuple(planes[2, 60]) == pytest.approx((0, 0, 0, 0), abs=1)
    assert tuple(planes[24, 40]) == pytest.approx((255, 0, 0, 128), abs=3)
    assert tuple(planes[24, 8]) == pytest.approx((0, 0, 255, 255), abs=3)
