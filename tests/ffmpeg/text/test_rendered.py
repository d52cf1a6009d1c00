"""Text in whole renders: burned or as a layer, in every depth, in any window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.harness.rendering import clip, project, raw_frames

SIZE = (192, 96)
MOVES = [
    {"type": "slideIn", "duration": 0.4, "direction": "left"},
    {"type": "wave", "duration": None, "parameters": {"period": 0.4}},
    {"type": "fadeOut", "duration": 0.3},
]
STYLE = {"fontSize": 30, "outlineColor": "#FF0000", "outlineWidth": 2, "backgroundColor": "#00FF0060", "padding": 4}
TITLE = {"kind": "title", "text": "Moving", "style": STYLE, "position": {"x": 0.5, "y": 0.5}, "animations": MOVES}


def over(source: dict[str, Any], **members: Any) -> dict[str, Any]:
    """Return a project of a text over a colour."""
    ground = {"clips": [clip("#204060", 0, 2)]}
    return project(ground, {"clips": [clip(source, 0.2, 1.2, **members)]})


@pytest.mark.parametrize(
    "source", [TITLE, {"kind": "graphic", "name": "lower-third", "fields": {"name": "Ada", "title": "Here"}}]
)
@pytest.mark.parametrize("pixel_format", ["gbrp", "yuv444p", "yuv444p10le"])
def test_text_as_a_layer_is_the_same_picture_as_burned_text(
    source: dict[str, Any], pixel_format: str, tmp_path: Path
) -> None:
    export = {"container": "mkv", "audio": None, "video": {"codec": "ffv1", "pixelFormat": pixel_format}}
    burned = raw_frames({**over(source), "export": export}, tmp_path).astype(int)
    layered = raw_frames({**over(source, transform={"rotation": 360}), "export": export}, tmp_path).astype(int)

    assert len(burned) == len(layered) == 50
    # a paint over a paint in Y'CbCr rounds three components each time
    assert np.abs(burned - layered).max() <= (2 if pixel_format == "gbrp" else 6)
    assert np.abs(burned - layered).mean() <= 0.2
    assert len({frame.tobytes() for frame in burned}) > 15


def test_a_window_of_moving_text_equals_that_window_of_the_whole(tmp_path: Path) -> None:
    cues = [
        {"start": 0.1, "end": 1.9, "text": "cue", "animations": [{"type": "pulse", "duration": None}]},
        {"start": 0.5, "end": 1.1, "text": "more", "words": [{"start": 0.7, "end": 0.9, "text": "more"}]},
    ]
    given = over(TITLE, fadeIn=0.3)
    given["tracks"].append({"kind": "subtitle", "cues": cues})
    whole = raw_frames(given, tmp_path)
    for first, end in ((0.4, 1.2), (1, 2)):
        given["export"] = {**given["export"], "range": [first, end]}
        piece = raw_frames(given, tmp_path)
        assert np.array_equal(piece, whole[round(first * 25) : round(end * 25)])


def test_text_under_a_transition_moves_on_in_its_handles(tmp_path: Path) -> None:
    blink = {"type": "blink", "duration": None, "easing": "linear", "parameters": {"period": 0.16}}
    one = {**TITLE, "text": "AAAA", "animations": [blink]}
    given = project(
        {
            "clips": [clip(one, 0, 1, id="a"), clip("#000000", 1, 1, id="b")],
            "transitions": [{"type": "fade", "from": "a", "to": "b", "duration": 0.4, "align": "start"}],
        }
    )
    shown = raw_frames(given, tmp_path).max(axis=(1, 2, 3))

    assert [level > 100 for level in shown[:25]] == [frame % 4 < 2 for frame in range(25)]
    # a clip's handle lies after its end: text that runs to the end stands still there
    assert shown[25] > 100
    assert shown[34] == 0


def test_text_over_ten_bits_leaves_every_bit_beside_it(tmp_path: Path) -> None:
    ground = {"clips": [clip({"kind": "gradient", "colors": ["#000000", "#FFFFFF"]}, 0, 0.2)]}
    title = {"clips": [clip({**TITLE, "animations": []}, 0, 0.2)]}
    export = {"container": "mkv", "audio": None, "video": {"codec": "ffv1", "pixelFormat": "yuv444p10le"}}
    bare, texted = (
        raw_frames(project(*tracks, export=export), tmp_path, pixel_format="yuv444p10le")
        for tracks in ((ground,), (ground, title))
    )
    bare, texted = (frames.view(np.uint16)[0].reshape(3, 96, 192) for frames in (bare, texted))
    changed = (bare != texted).any(axis=0)

    assert 0.05 < changed.mean() < 0.6
    assert not changed[:20].any()
    assert texted[0].max() in range(936, 941)


def test_colours_of_burned_text_are_those_of_the_project(tmp_path: Path) -> None:
    for color in ("#FF0000", "#00FF00", "#0000FF", "#FFFFFF"):
        style = {"fontSize": 96, "color": color, "fontWeight": 900}
        title = {"kind": "title", "text": "HH", "style": style, "position": {"x": 0.5, "y": 0.5}}
        for pixel_format in ("yuv420p", "yuv420p10le", "gbrp"):
            given = over(title)
            given["export"]["video"] = {"codec": "ffv1", "pixelFormat": pixel_format}
            frame = raw_frames(given, tmp_path)[10]
            wanted = [int(color[at : at + 2], 16) for at in (1, 3, 5)]
            near = np.abs(frame.astype(int) - wanted).max(axis=-1) <= 2
            assert near.mean() > 0.1, (color, pixel_format)
