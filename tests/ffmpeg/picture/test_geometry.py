"""Where pictures lie: fit, crop, transform, orientation and pixel shape, against plain arithmetic."""

from __future__ import annotations

from math import cos, radians, sin
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sidecar.ffmpeg.builder.picture.geometry import Frame, Pose
from sidecar.ffmpeg.builder.picture.geometry_still import place
from tests.harness.media import make_clip
from tests.harness.rendering import clip, project, raw_frames

SIZE = (192, 96)
EXPORT = {"container": "mkv", "audio": None, "video": {"codec": "vp9", "pixelFormat": "gbrp"}}


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """White pictures of some sizes, and one whose left top quarter is red."""
    folder = tmp_path_factory.mktemp("media")
    for width, height in ((160, 80), (80, 80), (161, 121), (64, 48), (60, 120)):
        make_clip(
            folder / f"{width}x{height}.mkv",
            seconds=0.08,
            size=(width, height),
            picture="#FFFFFF",
            codec="ffv1",
            pixel_format="yuv444p",
        )
    corner = "drawbox=x=0:y=0:w=iw/2:h=ih/2:color=red:t=fill"
    make_clip(
        folder / "corner.mkv",
        seconds=0.08,
        size=(64, 32),
        picture="#FFFFFF",
        codec="ffv1",
        pixel_format="yuv444p",
        filters=corner,
    )
    return folder


def shown(media: Path, name: str, **members: Any) -> NDArray[np.float64]:
    """Red channel, 0–1, of one frame with a clip over black."""
    raw = project({"clips": [clip(name, 0, 0.04, **members)]}, size=SIZE, export=EXPORT)
    return raw_frames(raw, media)[0, :, :, 0].astype(float) / 255


def middle(mask: NDArray[np.float64]) -> tuple[float, float, float]:
    """Area and centre of mass, in pixels; a pixel's centre lies at a half."""
    area = mask.sum()
    rows, columns = np.indices(mask.shape)
    return area, (mask * (columns + 0.5)).sum() / area, (mask * (rows + 0.5)).sum() / area


@pytest.mark.parametrize(
    ("name", "fit", "width", "height"),
    [
        ("80x80.mkv", "contain", 96, 96),
        ("160x80.mkv", "contain", 192, 96),
        ("60x120.mkv", "contain", 48, 96),
        ("161x121.mkv", "contain", 128, 96),
        ("80x80.mkv", "cover", 192, 96),
        ("60x120.mkv", "cover", 192, 96),
        ("80x80.mkv", "stretch", 192, 96),
        ("64x48.mkv", "none", 64, 48),
    ],
)
def test_fit(name: str, fit: str, width: int, height: int, media: Path) -> None:
    mask = shown(media, name, fit=fit)
    area, x, y = middle(mask)
    assert area == pytest.approx(width * height, rel=0.002)
    assert (x, y) == pytest.approx((96, 48), abs=0.02)
    left, top = (192 - width) // 2, (96 - height) // 2
    assert mask[top : top + height, left : left + width].min() > 0.98


def test_a_picture_as_it_is_in_an_odd_size_lies_in_the_middle(media: Path) -> None:
    area, x, y = middle(shown(media, "161x121.mkv", fit="none", transform={"scaleX": 0.5, "scaleY": 0.5}))
    assert area == pytest.approx(161 * 121 / 4, rel=0.01)
    assert (x, y) == pytest.approx((96, 48), abs=0.05)


TRANSFORMS: list[dict[str, float]] = [
    {"scaleX": 0.5, "scaleY": 0.5},
    {"scaleX": 0.5, "scaleY": 0.5, "x": 0.3, "y": 0.6},
    {"scaleX": 0.37, "scaleY": 0.61, "x": 0.4137, "y": 0.5271},
    {"scaleX": 0.4, "scaleY": 0.4, "rotation": 30},
    {"scaleX": 0.4, "scaleY": 0.3, "rotation": -117.5, "x": 0.45, "y": 0.52},
    {"scaleX": 0.4, "scaleY": 0.4, "rotation": 90},
    {"scaleX": 0.3, "scaleY": 0.3, "anchorX": 0, "anchorY": 1, "x": 0.25, "y": 0.75},
    {"scaleX": -0.3, "scaleY": 0.3, "anchorX": 0, "anchorY": 0, "x": 0.55, "y": 0.25, "rotation": 10},
    {"scaleX": 0.45, "scaleY": -0.45, "x": 0.4},
]


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_transform_moves_the_middle_where_arithmetic_says(transform: dict[str, float], media: Path) -> None:
    mask = shown(media, "80x80.mkv", transform=transform)
    values = {"x": 0.5, "y": 0.5, "scaleX": 1, "scaleY": 1, "rotation": 0, "anchorX": 0.5, "anchorY": 0.5, **transform}
    wide, high = 96 * values["scaleX"], 96 * values["scaleY"]
    off_x, off_y = (0.5 - values["anchorX"]) * wide, (0.5 - values["anchorY"]) * high
    angle = radians(values["rotation"])
    x = values["x"] * SIZE[0] + cos(angle) * off_x - sin(angle) * off_y
    y = values["y"] * SIZE[1] + sin(angle) * off_x + cos(angle) * off_y
    area, found_x, found_y = middle(mask)
    assert (found_x, found_y) == pytest.approx((x, y), abs=0.1)
    assert area == pytest.approx(abs(wide * high), rel=0.01)


@pytest.mark.parametrize("pixel_format", ["gbrp", "yuv444p10le"])
@pytest.mark.parametrize(
    "transform", [{"scaleX": 0.6, "scaleY": 0.6, "rotation": 33}, {"scaleX": 3, "scaleY": 3, "rotation": 3}]
)
def test_what_does_not_move_goes_on_frame_by_frame(
    transform: dict[str, float], pixel_format: str, tmp_path: Path
) -> None:
    """A picture that turns from black to white in the middle of the clip."""
    flash = "geq=lum='if(gte(N,6),235,16)':cb=128:cr=128"
    make_clip(tmp_path / "flash.mkv", seconds=0.5, picture="#000000", filters=flash, codec="ffv1")
    export = {"container": "mkv", "audio": None, "video": {"codec": "vp9", "pixelFormat": pixel_format}}
    raw = project({"clips": [clip("flash.mkv", 0, 0.4, transform=transform)]}, size=SIZE, export=export)
    frames = raw_frames(raw, tmp_path)
    assert [int(frame[48, 96, 0] > 128) for frame in frames] == [0] * 6 + [1] * 4


def test_slanted_edges_are_smooth_and_neither_dark_nor_bright(media: Path) -> None:
    raw = project(
        {"clips": [clip("#FFFFFF", 0, 0.04)]},
        {"clips": [clip("80x80.mkv", 0, 0.04, transform={"scaleX": 0.6, "scaleY": 0.6, "rotation": 33})]},
        export=EXPORT,
    )
    assert raw_frames(raw, media).min() >= 252, "white on white shows no edge"
    mask = shown(media, "80x80.mkv", transform={"scaleX": 0.6, "scaleY": 0.6, "rotation": 33})
    between = ((mask > 0.1) & (mask < 0.9)).sum()
    assert between > 100, "a slanted edge has steps between"
    assert mask.max() <= 1


def test_mirror_and_turn_move_the_corner(media: Path) -> None:
    """The red quarter goes where flips and quarter turns take it."""
    for transform, corner in (
        ({}, (0, 0)),
        ({"scaleX": -1}, (1, 0)),
        ({"scaleY": -1}, (0, 1)),
        ({"rotation": 180}, (1, 1)),
        ({"rotation": 90, "scaleX": 0.5, "scaleY": 0.5}, (1, 0)),
        ({"rotation": -90, "scaleX": 0.5, "scaleY": 0.5}, (0, 1)),
        ({"rotation": 450, "scaleX": -0.5, "scaleY": 0.5}, (1, 1)),
    ):
        raw = project({"clips": [clip("corner.mkv", 0, 0.04, transform=transform)]}, size=SIZE, export=EXPORT)
        frame = raw_frames(raw, media)[0].astype(int)
        red = (frame[:, :, 0] > 200) & (frame[:, :, 1] < 60)
        _, x, y = middle(red.astype(float))
        assert ((x > 96), (y > 48)) == corner, (transform, x, y)


def test_crop_takes_fractions_of_the_picture_and_refits(media: Path) -> None:
    raw = project(
        {"clips": [clip("corner.mkv", 0, 0.04, crop={"right": 0.5, "bottom": 0.5})]}, size=SIZE, export=EXPORT
    )
    frame = raw_frames(raw, media)[0].astype(int)
    assert frame[:, :, 0].min() > 200
    assert frame[:, :, 1].max() < 60
    raw = project({"clips": [clip("corner.mkv", 0, 0.04, crop={"left": 0.266, "top": 0.25})]}, size=SIZE, export=EXPORT)
    frame = raw_frames(raw, media)[0].astype(int)
    red = ((frame[:, :, 0] > 150) & (frame[:, :, 1] < 128)).sum()
    # 17 of 64 columns and 8 of 32 rows are cut; of the 47 × 24 left, 15 × 8 are red.
    lit = (frame[:, :, 0] > 100).sum()
    assert red / lit == pytest.approx(15 * 8 / (47 * 24), rel=0.06)


def test_large_scales_are_cut_to_what_is_on_screen(media: Path) -> None:
    transform = {"scaleX": 50, "scaleY": 50, "anchorX": 0.5, "anchorY": 0.5}
    raw = project({"clips": [clip("corner.mkv", 0, 0.04, transform=transform)]}, size=SIZE, export=EXPORT)
    frame = raw_frames(raw, media)[0].astype(int)
    assert frame[4, 4, 1] < 40
    assert frame[4, 188, 1] > 200
    assert frame[92, 4, 1] > 200
    # The whole frame lies within the blend of four pixels: a row of it begins where its place in the height says.
    around = frame[4, :, 1]
    middle = (around[0] + around[-1]) / 2
    assert 90 < np.argmax(around > middle) < 102, "the corner of the red quarter lies in the middle"


def test_what_is_off_screen_or_has_no_size_is_not_there() -> None:
    frame = Frame((64, 32), (64, 32), SIZE, (1.0, 1.0))
    for transform in (Pose(x=3.0), Pose(scale_x=0.0), Pose(y=-2.0, rotation=45.0)):
        assert place(frame, (0, 0, 0, 0), "contain", transform) is None


@pytest.mark.parametrize(("rotation", "mirrored"), [(90, False), (180, False), (270, False), (0, True), (90, True)])
def test_the_display_matrix_is_applied_once(rotation: int, *, mirrored: bool, tmp_path: Path) -> None:
    corner = "drawbox=x=0:y=0:w=iw/2:h=ih/2:color=red:t=fill"
    make_clip(
        tmp_path / "a.mov",
        seconds=0.2,
        size=(96, 48),
        picture="#FFFFFF",
        filters=corner,
        rotation=rotation,
        mirrored=mirrored,
    )
    raw = project({"clips": [clip("a.mov", 0, 0.04)]}, size=(96, 96), export=EXPORT)
    frame = raw_frames(raw, tmp_path)[0].astype(int)
    red = (frame[:, :, 0] > 200) & (frame[:, :, 1] < 60)
    area, x, y = middle(red.astype(float))
    left = mirrored
    turned = {0: (left, False), 90: (True, left), 180: (not left, True), 270: (False, not left)}[rotation]
    assert ((x > 48), (y > 48)) == turned
    assert area == pytest.approx(48 * 24, rel=0.1)
    upright = (frame[:, :, 0] > 200).any(axis=0).sum()
    assert upright == (48 if rotation in (90, 270) else 96)


@pytest.mark.parametrize(("aspect", "width"), [("2/1", 192), ("1/2", 48), ("16/15", 102)])
def test_pixels_become_square(aspect: str, width: int, tmp_path: Path) -> None:
    make_clip(tmp_path / "a.mp4", seconds=0.2, size=(96, 96), picture="#FFFFFF", pixel_aspect=aspect)
    raw = project({"clips": [clip("a.mp4", 0, 0.04)]}, size=SIZE, export=EXPORT)
    frame = raw_frames(raw, tmp_path)[0, :, :, 0]
    assert (frame[48] > 128).sum() == width


def test_interpret_replaces_the_files_own_shape(tmp_path: Path) -> None:
    make_clip(tmp_path / "a.mp4", seconds=0.2, size=(96, 48), picture="#FFFFFF")
    entry = {"id": "m", "path": "a.mp4", "interpret": {"rotation": 90, "pixelAspect": "2"}}
    raw = project({"clips": [clip({"kind": "file", "media": "m"}, 0, 0.04)]}, size=SIZE, export=EXPORT, media=[entry])
    frame = raw_frames(raw, tmp_path)[0, :, :, 0]
    # Turned, the picture is 48 wide and 96 high, of pixels half as wide as high.
    assert (frame[48] > 128).sum() == 24
