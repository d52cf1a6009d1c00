"""Where pictures lie, by their centre of mass: a tenth of a pixel, also while they creep."""

from __future__ import annotations

from math import cos, radians, sin
from typing import Any

import pytest

from tests.harness.reference.judge import middle
from tests.harness.rendering import clip, project
from tests.reference.rendered import DEEP, RGB, Films, Json, pictures

SIZE = (160, 90)
STILL = {"freeze": True}

PLACES: list[dict[str, float]] = [
    {},
    {"x": 0.43, "y": 0.61, "scaleX": 0.6, "scaleY": 0.6},
    {"x": 0.4137, "y": 0.5271, "scaleX": 0.37, "scaleY": 0.61},
    {"x": 0.5, "y": 0.5, "scaleX": 0.5, "scaleY": 0.4, "rotation": 33, "anchorX": 0.2, "anchorY": 0.7},
    {"x": 0.55, "y": 0.45, "scaleX": -0.5, "scaleY": 0.5, "rotation": -117.5, "anchorX": 0.4},
    {"x": 0.5, "y": 0.5, "scaleX": 1.3, "scaleY": 1.3, "rotation": 90},
]


def rendered(clips: list[Json], films: Films, export: Json = RGB) -> Any:
    return pictures(project({"clips": clips}, size=SIZE, export=export), films.folder)


@pytest.mark.parametrize("export", [RGB, DEEP], ids=["8-bits", "10-bits"])
@pytest.mark.parametrize("place", PLACES)
def test_the_middle_lies_where_arithmetic_says(place: dict[str, float], export: Json, films: Films) -> None:
    shown = rendered([clip("dot.mkv", 0, 0.04, transform=place, **STILL)], films, export)[0]
    t = {"x": 0.5, "y": 0.5, "scaleX": 1.0, "scaleY": 1.0, "rotation": 0.0, "anchorX": 0.5, "anchorY": 0.5, **place}
    right, down = ((0.5 - t["anchorX"]) * 90 * t["scaleX"], (0.5 - t["anchorY"]) * 90 * t["scaleY"])
    turn = radians(t["rotation"])
    x = t["x"] * SIZE[0] + right * cos(turn) - down * sin(turn)
    y = t["y"] * SIZE[1] + right * sin(turn) + down * cos(turn)

    assert middle(shown[..., 1].astype(float)) == pytest.approx((x, y), abs=0.1)


@pytest.mark.parametrize("export", [RGB, DEEP], ids=["8-bits", "10-bits"])
def test_a_picture_creeps_by_three_tenths_of_a_pixel_a_frame(export: Json, films: Films) -> None:
    """Frame by frame, and never by a whole pixel at a time."""
    frames = 20
    last = (frames - 1) / 25
    moved = {
        name: {"keyframes": [{"time": 0, "value": 0.45}, {"time": last, "value": 0.45 + 0.3 * (frames - 1) / side}]}
        for name, side in (("x", SIZE[0]), ("y", SIZE[1]))
    }
    moved |= {"scaleX": 0.5, "scaleY": 0.5}  # type: ignore[dict-item]
    shown = rendered([clip("dot.mkv", 0, frames / 25, transform=moved, **STILL)], films, export)
    places = [middle(frame[..., 1].astype(float)) for frame in shown]

    for number, place in enumerate(places):
        wanted = 0.45 * SIZE[0] + 0.3 * number, 0.45 * SIZE[1] + 0.3 * number
        assert place == pytest.approx(wanted, abs=0.1), number
