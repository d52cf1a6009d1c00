"""Ten bits stay ten: no stage between a source and an export of ten bits rounds to eight."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.harness.media import make_clip
from tests.harness.rendering import clip, project, raw_frames

WIDTH, HEIGHT = 512, 64
GROUND = 300
"""A level between those of what lies below the ramp and its own."""
KEYS = {"keyframes": [{"time": 0, "value": 0.8}, {"time": 1, "value": 0.6}]}


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ramp over 256 levels of 10 bits, 64 of 8: two pixels a level."""
    folder = tmp_path_factory.mktemp("ramp")
    tags = ("tv", "bt709", "bt709", "bt709")
    for name, pixel_format, matrix in (
        ("ramp.mkv", "yuv420p10le", "bt709"),
        ("ramp601.mkv", "yuv420p10le", "smpte170m"),
        ("ramp444.mkv", "yuv444p10le", "bt709"),
    ):
        make_clip(
            folder / name,
            seconds=0.2,
            size=(WIDTH, HEIGHT),
            picture="#000000",
            codec="ffv1",
            pixel_format=pixel_format,
            filters=f"format={pixel_format},geq=lum='400+floor(X/2)':cb=512:cr=512",
            color=("tv", matrix, *tags[2:]),
        )
    make_clip(
        folder / "ramp.png",
        size=(WIDTH, HEIGHT),
        picture="#000000",
        filters="format=gbrp16le,geq=r='20000+32*X':g='20000+32*X':b='20000+32*X',format=rgb48be",
    )
    return folder


def luma(raw: dict[str, Any], media: Path, frame: int = 1) -> NDArray[np.int64]:
    """One row of what the encoder is given."""
    flat = raw_frames(raw, media, pixel_format="yuv420p10le")[frame]
    row: NDArray[np.int64] = flat.view("<u2")[: WIDTH * HEIGHT].reshape(HEIGHT, WIDTH)[HEIGHT // 2].astype(int)
    return row


def steps(row: NDArray[np.int64]) -> float:
    """Distinct levels for each that the row spans: 1 where none is left out, a quarter where 8 bits have been."""
    seen = np.unique(row)
    return float(len(seen) / (seen[-1] - seen[0] + 1))


PLACED = {"transform": {"scaleX": 0.9, "x": 0.503}}
WAYS: dict[str, dict[str, Any]] = {
    "plain": {},
    "enlarged": {"transform": {"scaleX": 2.0, "scaleY": 2.0}},
    "shrunk": {"transform": {"scaleX": 0.71, "scaleY": 0.71}},
    "off the grid": PLACED,
    "turned": {"transform": {"rotation": 10, "scaleX": 1.6, "scaleY": 1.6}},
    "moving": {"transform": {"scaleX": KEYS, "scaleY": KEYS}},
    "opacity": {"opacity": 0.9},
    "fading": {"opacity": KEYS},
    "graded": {"color": {"brightness": 0.05, "saturation": 0.9}},
    "graded by keys": {"color": {"brightness": {"keyframes": [{"time": 0, "value": 0}, {"time": 1, "value": 0.1}]}}},
    "all": {**PLACED, "opacity": KEYS, "color": {"gamma": 1.1, "hue": 10}},
    "screen": {"blend": "screen"},
    "cut odd": {"crop": {"left": 0.0137, "top": 0.05}},
}


@pytest.mark.parametrize("name", ["ramp.mkv", "ramp601.mkv", "ramp444.mkv", "ramp.png"])
@pytest.mark.parametrize("way", WAYS)
def test_a_ramp_keeps_its_steps(way: str, name: str, media: Path) -> None:
    export = {"container": "mkv", "audio": None, "video": {"codec": "ffv1", "pixelFormat": "yuv420p10le"}}
    below = {"clips": [clip("#202020", 0, 0.2)]}
    tracks = [below, {"clips": [clip(name, 0, 0.2, **WAYS[way])]}]
    row = luma(project(*tracks, size=(WIDTH, HEIGHT), export=export), media)
    ramp = row[row > GROUND][20:-20]
    assert ramp.max() - ramp.min() > 80, "the ramp is seen"
    assert steps(ramp) > 0.7


def test_a_ramp_of_ten_bits_is_itself(media: Path) -> None:
    """Through R'G'B' of 16 bits and back, each level within one."""
    export = {"container": "mkv", "audio": None, "video": {"codec": "ffv1", "pixelFormat": "yuv420p10le"}}
    wanted = 400 + np.arange(WIDTH) // 2
    for members in ({}, {"opacity": 0.999}, {"color": {"hue": 0.001}}):
        row = luma(
            project({"clips": [clip("ramp444.mkv", 0, 0.2, **members)]}, size=(WIDTH, HEIGHT), export=export), media
        )
        assert np.abs(row - wanted).max() <= (0 if not members else 2), members
