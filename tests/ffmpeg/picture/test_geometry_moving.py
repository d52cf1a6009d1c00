"""Pictures that move, turn, grow and are cropped while they are shown, against plain arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, radians, sin
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sidecar.ffmpeg.builder.command import arguments
from sidecar.ffmpeg.builder.picture import warp
from sidecar.ffmpeg.builder.render import build_render
from tests.harness.media import make_clip
from tests.harness.rendering import RESOURCES, clip, project, raw_frames, timeline_of

SIZE = (192, 96)
FRAMES = 25
EIGHT = {"container": "mkv", "audio": None, "video": {"codec": "vp9", "pixelFormat": "gbrp"}}
TEN = {"container": "mkv", "audio": None, "video": {"codec": "vp9", "pixelFormat": "yuv444p10le"}}
DEFAULTS = {"x": 0.5, "y": 0.5, "scaleX": 1, "scaleY": 1, "rotation": 0, "anchorX": 0.5, "anchorY": 0.5}

Frames = NDArray[np.float64]


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    checker = "format=gray,geq=lum='255*mod(X+Y,2)'"
    ramp = "format=gray,geq=lum='X*255/W+0.5'"
    for name, size, picture, filters in (
        ("white", (80, 80), "#FFFFFF", ""),
        ("grey", (80, 80), "#808080", ""),
        ("checker", (256, 128), "#FFFFFF", checker),
        ("ramp", (384, 192), "#FFFFFF", ramp),
        ("test", (96, 64), "testsrc2", ""),
    ):
        make_clip(
            folder / f"{name}.mkv",
            seconds=1,
            size=size,
            picture=picture,
            filters=filters,
            codec="ffv1",
            pixel_format="yuv444p",
        )
    return folder


def keys(first: float, last: float, easing: Any = "linear") -> dict[str, Any]:
    """From the first frame to the last but none: a step a frame of (last - first) / 25."""
    return {"keyframes": [{"time": 0, "value": first, "easing": easing}, {"time": 1, "value": last}]}


def moving(
    media: Path, name: str, export: Any = EIGHT, window: tuple[int, int] | None = None, **members: Any
) -> Frames:
    """Red channel, 0–1, of a clip of 25 frames over black."""
    raw = project({"clips": [clip(name, 0, 1, **members)]}, size=SIZE, export=export)
    return raw_frames(raw, media, window=window)[..., 0].astype(float) / 255


def middle(mask: Frames) -> tuple[float, float, float]:
    area = mask.sum()
    rows, columns = np.indices(mask.shape)
    return float(area), float((mask * (columns + 0.5)).sum() / area), float((mask * (rows + 0.5)).sum() / area)


def at(value: Any, frame: int) -> float:
    """A linear value at a frame."""
    if isinstance(value, dict):
        first, last = (key["value"] for key in value["keyframes"])
        return float(first + (last - first) * frame / FRAMES)
    return float(value)


MOVES: dict[str, dict[str, Any]] = {
    "0.3 px a frame to the right": {"scaleX": 0.4, "scaleY": 0.4, "x": keys(0.3, 0.3 + 0.3 * FRAMES / 192)},
    "0.3 px a frame down": {"scaleX": 0.4, "scaleY": 0.4, "y": keys(0.35, 0.35 + 0.3 * FRAMES / 96)},
    "slanted, slowly": {"scaleX": 0.37, "scaleY": 0.43, "x": keys(0.5, 0.53), "y": keys(0.45, 0.41)},
    "grows": {"scaleX": keys(0.21, 0.83), "scaleY": keys(0.21, 0.83), "x": 0.4137},
    "grows about a corner": {"scaleX": keys(0.2, 0.5), "scaleY": keys(0.5, 0.2), "anchorX": 0, "anchorY": 0.25},
    "turns": {"scaleX": 0.4, "scaleY": 0.25, "rotation": keys(-20, 170)},
    "turns about a corner": {"scaleX": 0.3, "scaleY": 0.3, "rotation": keys(0, 300), "anchorX": 1, "anchorY": 1},
    "turns over": {"scaleX": keys(-0.4, 0.4), "scaleY": -0.4, "rotation": 30},
    "its anchor moves": {"scaleX": 0.4, "scaleY": 0.4, "anchorX": keys(0, 1), "rotation": 15},
}


@pytest.mark.parametrize("export", [EIGHT, TEN], ids=["8 bit", "10 bit"])
@pytest.mark.parametrize("name", sorted(MOVES))
def test_the_middle_is_where_arithmetic_says_at_every_frame(name: str, export: Any, media: Path) -> None:
    frames = moving(media, "white.mkv", export, transform=MOVES[name])
    assert len(frames) == FRAMES
    for number, frame in enumerate(frames):
        value = {member: at(each, number) for member, each in {**DEFAULTS, **MOVES[name]}.items()}
        wide, high = 96 * value["scaleX"], 96 * value["scaleY"]
        if abs(wide) < 4:
            continue
        off_x, off_y = (0.5 - value["anchorX"]) * wide, (0.5 - value["anchorY"]) * high
        angle = radians(value["rotation"])
        x = value["x"] * SIZE[0] + cos(angle) * off_x - sin(angle) * off_y
        y = value["y"] * SIZE[1] + sin(angle) * off_x + cos(angle) * off_y
        area, found_x, found_y = middle(frame)
        assert (found_x, found_y) == pytest.approx((x, y), abs=0.1), number
        assert area == pytest.approx(abs(wide * high), rel=0.02), number


@pytest.mark.parametrize("export", [EIGHT, TEN], ids=["8 bit", "10 bit"])
def test_a_strip_has_the_frames_of_the_whole(export: Any, media: Path) -> None:
    transform = {
        "scaleX": keys(0.3, 1.4, "easeInOut"),
        "scaleY": keys(0.3, 1.4),
        "rotation": keys(0, 77),
        "x": keys(0.1, 1),
    }
    crop = {"left": keys(0, 0.4), "bottom": keys(0.3, 0.1)}
    both: list[dict[str, Any]] = [{"transform": transform}, {"transform": transform, "crop": crop}]
    for members in both:
        whole = moving(media, "test.mkv", export, **members)
        for window in ((0, 1), (7, 13), (24, 25)):
            part = moving(media, "test.mkv", export, window=window, **members)
            assert (part == whole[slice(*window)]).all(), (window, list(members))


def bezier(x1: float, y1: float, x2: float, y2: float) -> Callable[[float], float]:
    """A timing curve of CSS by a table of its points."""
    u = np.linspace(0, 1, 20_001)
    x = 3 * (1 - u) ** 2 * u * x1 + 3 * (1 - u) * u**2 * x2 + u**3
    y = 3 * (1 - u) ** 2 * u * y1 + 3 * (1 - u) * u**2 * y2 + u**3
    return lambda p: float(np.interp(p, x, y))


CURVES: list[tuple[Any, Callable[[float], float]]] = [
    ("linear", lambda p: p),
    ("hold", lambda _: 0.0),
    ("easeIn", bezier(0.42, 0, 1, 1)),
    ("easeOut", bezier(0, 0, 0.58, 1)),
    ("easeInOut", bezier(0.42, 0, 0.58, 1)),
    ({"cubicBezier": [0.3, -0.4, 0.6, 1.5]}, bezier(0.3, -0.4, 0.6, 1.5)),
]


@pytest.mark.parametrize(("easing", "curve"), CURVES, ids=[str(easing) for easing, _ in CURVES])
def test_every_easing(easing: Any, curve: Callable[[float], float], media: Path) -> None:
    x = {"keyframes": [{"time": 0.2, "value": 0.35, "easing": easing}, {"time": 0.8, "value": 0.65}]}
    frames = moving(media, "white.mkv", transform={"scaleX": 0.2, "scaleY": 0.2, "x": x})
    for number in (0, 5, 6, 9, 12, 17, 19, 20, 24):
        progress = min(1.0, max(0.0, (number / 25 - 0.2) / 0.6))
        part = 1.0 if progress == 1 else curve(progress)
        assert middle(frames[number])[1] == pytest.approx((0.35 + 0.3 * part) * 192, abs=0.1), number


def test_a_slanted_edge_covers_pixels_by_their_share(media: Path) -> None:
    """A turned square against one drawn with 16 × 16 points a pixel."""
    frame = moving(media, "white.mkv", transform={"scaleX": 0.5, "scaleY": 0.5, "rotation": 45, "x": keys(0.5, 0.6)})[7]
    across = (0.5 + 0.1 * 7 / 25) * 192
    fine = 16
    rows, columns = (np.mgrid[0 : 96 * fine, 0 : 192 * fine] + 0.5) / fine
    inside = np.abs(columns - across) + np.abs(rows - 48) < 24 * np.sqrt(2)
    share = inside.reshape(96, fine, 192, fine).mean(axis=(1, 3))
    assert np.abs(frame - share).max() < 0.15
    assert np.abs(frame - share).mean() < 0.002


def test_edges_have_no_rim(media: Path) -> None:
    """Grey over black is nowhere brighter than itself, over itself it is nowhere to be seen."""
    transform = {"scaleX": keys(0.5, 0.9), "scaleY": 0.7, "rotation": keys(5, 40), "x": keys(0.45, 0.55)}
    frames = moving(media, "grey.mkv", transform=transform)
    assert frames.max() * 255 <= 129
    grey = {"clips": [clip("grey.mkv", 0, 1, transform=transform)]}
    raw = project({"clips": [clip("#808080", 0, 1)]}, grey, size=SIZE, export=EIGHT)
    both = raw_frames(raw, media)[..., 0].astype(int)
    assert np.abs(both - 128).max() <= 2


def test_what_shrinks_is_averaged(media: Path) -> None:
    """A checker of single pixels is grey at less than half its size, whatever the phase."""
    transform = {"scaleX": keys(0.52, 0.2), "scaleY": keys(0.5, 0.23), "x": keys(0.4, 0.6)}
    frames = moving(media, "checker.mkv", transform=transform)
    for number, frame in enumerate(frames):
        wide, high = 192 * at(transform["scaleX"], number), 96 * at(transform["scaleY"], number)
        x, y = at(transform["x"], number) * 192, 48.0
        inner = frame[int(y - high / 2) + 3 : int(y + high / 2) - 2, int(x - wide / 2) + 3 : int(x + wide / 2) - 2]
        assert np.abs(inner - 0.5).max() < 0.06, number


@pytest.mark.parametrize("export", [EIGHT, TEN], ids=["8 bit", "10 bit"])
def test_what_fills_the_frame_shows_no_edge(export: Any, media: Path) -> None:
    """A slow zoom into a picture that covers the frame, from its own size on and from twice that."""
    for name in ("test.mkv", "checker.mkv"):
        zoom = keys(1, 1.25)
        transform = {"scaleX": zoom, "scaleY": zoom, "x": keys(0.5, 0.55)}
        grey = {"clips": [clip("#FFFFFF", 0, 1)]}
        top = {"clips": [clip(name, 0, 1, fit="cover", transform=transform)]}
        over_white = raw_frames(project(grey, top, size=SIZE, export=export), media)
        over_black = raw_frames(project(top, size=SIZE, export=export), media)
        assert (over_white == over_black).all()


def test_a_ramp_keeps_its_place_inside(media: Path) -> None:
    """Brightness is position: every pixel inside a moving picture shows the source where the map says."""
    transform = {"scaleX": keys(0.6, 0.95), "scaleY": 0.8, "x": keys(0.5, 0.52)}
    own = project({"clips": [clip("ramp.mkv", 0, 0.04)]}, size=(384, 192), export=EIGHT)
    levels = raw_frames(own, media)[0, 96, :, 0].astype(float)
    # In 8 bits each frame is rounded alike all along so shallow a slope; in 10 it is the place that is measured.
    for export, limit in ((EIGHT, 0.3), (TEN, 0.07)):
        frames = moving(media, "ramp.mkv", export, transform=transform)
        for number in (0, 11, 24):
            wide, x = 192 * at(transform["scaleX"], number), at(transform["x"], number) * 192
            columns = np.arange(int(x - wide / 2) + 4, int(x + wide / 2) - 4)
            source = (columns + 0.5 - (x - wide / 2)) / wide * 384
            away = frames[number, 48, columns] * 255 - np.interp(source - 0.5, np.arange(384), levels)
            assert abs(away.mean()) < limit, "a pixel of the source is 0.66 levels"
            assert np.abs(away).max() < 1.6


@pytest.mark.parametrize("kind", ["glow", "vignette"])
def test_effects_leave_a_picture_where_it_is(kind: str, media: Path) -> None:
    """They run before the transform; what they grow by is no part of what anchors and places count in."""
    effects = [{"type": kind}]
    moves: list[dict[str, Any]] = [
        {"scaleX": 0.5, "scaleY": 0.5, "x": 0.4},
        {"scaleX": 0.4137, "scaleY": 0.4137, "x": 0.43, "rotation": 17},
        {"scaleX": keys(0.3, 0.5), "scaleY": keys(0.5, 0.3), "x": keys(0.4, 0.6), "rotation": keys(0, 30)},
        {"scaleX": 0.4, "scaleY": 0.4, "anchorX": 0, "anchorY": 1, "x": 0.6, "y": 0.7, "rotation": keys(0, -30)},
    ]
    for transform in moves:
        plain = moving(media, "white.mkv", transform=transform)
        changed = moving(media, "white.mkv", transform=transform, effects=effects)
        for number in (0, 12, 24):
            assert middle(changed[number])[1:] == pytest.approx(middle(plain[number])[1:], abs=0.1)
        assert (plain != changed).any()


def test_a_crop_with_keys_refits_every_frame(media: Path) -> None:
    """The edge of the crop lies on the nearest source pixel; what is left is fitted."""
    crop = {"left": keys(0, 0.5)}
    frames = moving(media, "white.mkv", crop=crop)
    for number, frame in enumerate(frames):
        left = int(np.floor(0.5 * number / FRAMES * 80 + 0.5))
        area, x, y = middle(frame)
        assert area == pytest.approx(96 * 96 * (80 - left) / 80, rel=0.01), number
        assert (x, y) == pytest.approx((96, 48), abs=0.1), number
    halves = {"left": keys(0.5, 0.25), "top": 0.5}
    frames = moving(media, "ramp.mkv", fit="stretch", crop=halves)
    for number in (0, 6, 18, 24):
        left = int(np.floor((0.5 - 0.25 * number / FRAMES) * 384 + 0.5))
        source = left + (np.arange(8, 184) + 0.5) / 192 * (384 - left)
        assert np.abs(frames[number, 48, 8:184] * 255 - (source - 0.5) * 255 / 384).mean() < 0.6, number


def test_ten_bits_are_kept_by_a_warp(media: Path) -> None:
    gradient = {"kind": "gradient", "colors": ["#404040", "#505050"], "angle": 0}
    transform = {"rotation": keys(3, 8), "scaleX": 1.5, "scaleY": 1.5}
    raw = project({"clips": [clip(gradient, 0, 1, transform=transform)]}, size=SIZE, export=TEN)
    frames = raw_frames(raw, media, pixel_format="yuv444p10le").view("<u2").reshape(FRAMES, 3, 96, 192)
    for number in (0, 12, 24):
        row = frames[number, 0, 48].astype(int)
        assert len(np.unique(row)) > 30, "more levels than 8 bits have"
        assert np.abs(np.diff(row)).max() <= 2, "and no steps"


@pytest.mark.parametrize("rotation", [0, 90])
def test_an_anamorphic_picture_that_is_turned_upright_moves_as_its_shape_says(rotation: int, tmp_path: Path) -> None:
    make_clip(
        tmp_path / "a.mov",
        seconds=0.4,
        size=(96, 64),
        picture="#FFFFFF",
        pixel_aspect="2/1",
        rotation=rotation,
        codec="mpeg4",
    )
    shape = (192, 64) if rotation == 0 else (64 * 96 / 192 * 192 / 96, 192)
    factor = min(192 / shape[0], 96 / shape[1])
    transform = {"scaleX": keys(0.5, 0.7), "scaleY": keys(0.5, 0.7), "rotation": keys(10, 40)}
    raw = project({"clips": [clip("a.mov", 0, 0.4, transform=transform)]}, size=SIZE, export=EIGHT)
    for number, frame in enumerate(raw_frames(raw, tmp_path)[..., 0].astype(float) / 255):
        area, x, y = middle(frame)
        scale = at(transform["scaleX"], number)
        assert (x, y) == pytest.approx((96, 48), abs=0.1)
        assert area == pytest.approx(shape[0] * shape[1] * factor**2 * scale**2, rel=0.02)
        # How far it spreads along its own axes tells the shape.
        angle = radians(at(transform["rotation"], number))
        rows, columns = np.indices(frame.shape) + 0.5
        along = (columns - x) * cos(angle) + (rows - y) * sin(angle)
        spread = np.sqrt((frame * along**2).sum() / area * 12)
        assert spread == pytest.approx(shape[0] * factor * scale, rel=0.01)


def test_a_long_way_is_told_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    turning = {"rotation": {"keyframes": [{"time": 0, "value": 0}, {"time": 2, "value": 100}]}, "scaleX": 0.6}
    bars = {"kind": "pattern", "pattern": "bars"}
    raw = project({"clips": [clip("#3060A0", 0, 2)]}, {"clips": [clip(bars, 0, 2, transform=turning)]})
    whole = raw_frames(raw, tmp_path)
    monkeypatch.setattr(warp, "RUN", 7)
    assert np.array_equal(raw_frames(raw, tmp_path), whole)
    timeline = timeline_of(raw, tmp_path)
    drawn = build_render(timeline, timeline.project.export, target="-", resources=RESOURCES)
    assert arguments(drawn).graph.count("perspective=") >= 50 // 7
