"""Layouts: where every cell of every template lies, what is cut to it, and what is drawn around and below it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from protocol.project.layouts import BUILT_IN
from tests.harness.media import make_clip
from tests.harness.rendering import clip, project, raw_frames

SIZE = (200, 120)
EXPORT = {"container": "mkv", "audio": None, "video": {"codec": "vp9", "pixelFormat": "gbrp"}}
COLORS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (255, 0, 255), (0, 255, 255), (255, 255, 255)]

Frame = NDArray[np.float64]


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wide picture whose left half is red, and a white one."""
    folder = tmp_path_factory.mktemp("media")
    halves = "drawbox=x=0:y=0:w=iw/2:h=ih:color=red:t=fill"
    make_clip(
        folder / "wide.mkv",
        seconds=0.2,
        size=(160, 40),
        picture="#0000FF",
        codec="ffv1",
        pixel_format="yuv444p",
        filters=halves,
    )
    return folder


def shown(media: Path, *clips: dict[str, Any], **members: Any) -> Frame:
    """One frame of clips on tracks of their own, the first at the bottom."""
    raw = project(*({"clips": [each]} for each in clips), size=SIZE, export=EXPORT, **members)
    frame: Frame = raw_frames(raw, media)[0].astype(float)
    return frame


def hex_of(color: tuple[int, int, int]) -> str:
    return "#{:02X}{:02X}{:02X}".format(*color)


def nearest(value: float) -> int:
    return int(np.floor(value + 0.5))


def painted(template: str) -> Frame:
    """What cells of plain colours should look like: pixels by their middles, the last cell on top."""
    expected = np.zeros((SIZE[1], SIZE[0], 3))
    rows, columns = np.mgrid[0 : SIZE[1], 0 : SIZE[0]] + 0.5
    for number, cell in enumerate(BUILT_IN[template].cells):
        left, right = nearest(cell.x * SIZE[0]), nearest((cell.x + cell.width) * SIZE[0])
        top, bottom = nearest(cell.y * SIZE[1]), nearest((cell.y + cell.height) * SIZE[1])
        inside = (columns > left) & (columns < right) & (rows > top) & (rows < bottom)
        if cell.polygon is not None:
            inside &= within([(left + x * (right - left), top + y * (bottom - top)) for x, y in cell.polygon])
        expected[inside] = COLORS[number % len(COLORS)]
    return expected


def within(polygon: list[tuple[float, float]]) -> NDArray[np.bool_]:
    """Pixels whose middles lie inside of a polygon, by the crossings of a ray to the right."""
    rows, columns = np.mgrid[0 : SIZE[1], 0 : SIZE[0]] + 0.5
    inside = np.zeros((SIZE[1], SIZE[0]), bool)
    for (ax, ay), (bx, by) in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
        if ay != by:
            at = ax + (bx - ax) * (rows - ay) / (by - ay)
            inside ^= ((ay > rows) != (by > rows)) & (columns < at)
    return inside


@pytest.mark.parametrize("template", sorted(BUILT_IN))
def test_every_cell_lies_where_its_fractions_say(template: str, media: Path) -> None:
    cells = BUILT_IN[template].cells
    clips = [
        clip(hex_of(COLORS[number % len(COLORS)]), 0, 0.04, layout={"template": template, "cell": cell.id or number})
        for number, cell in enumerate(cells)
    ]
    away = np.abs(shown(media, *clips) - painted(template)).max(axis=2)
    slanted = any(cell.polygon for cell in cells)
    # Along a slanted edge pixels are mixed: at most two a row and edge.
    assert (away > 2).sum() <= (4 * SIZE[1] if slanted else 0)


def test_cells_fit_and_align_in_place_of_the_clip(media: Path) -> None:
    """A picture four times as wide as high, in a cell of 100 x 120."""
    for fit, align, red, blue in (
        ("cover", "left", (0, 0, 100, 120), None),
        ("cover", "right", None, (0, 0, 100, 120)),
        ("cover", "center", (0, 0, 50, 120), (50, 0, 100, 120)),
        ("contain", "center", (0, 48, 50, 73), (50, 48, 100, 73)),
        ("stretch", "center", (0, 0, 50, 120), (50, 0, 100, 120)),
    ):
        own = {"x": 0, "y": 0, "width": 0.5, "height": 1, "fit": fit, "alignX": align}
        frame = shown(
            media,
            clip("wide.mkv", 0, 0.04, fit="none", layout={"template": "own", "cell": 0}),
            templates=[{"id": "own", "cells": [own]}],
        )
        assert frame[:, 100:].max() == 0, "nothing leaves its cell"
        for channel, rect in ((0, red), (2, blue)):
            lit = frame[:, :, channel] > 128
            if rect is None:
                assert not lit.any(), (fit, align)
                continue
            rows, columns = np.nonzero(lit)
            found = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
            assert np.abs(np.array(found) - rect).max() <= 1, (fit, align, found)


@pytest.mark.parametrize(("align", "top"), [("top", 0), ("center", 47.5), ("bottom", 95)])
def test_what_is_contained_is_aligned(align: str, top: float, media: Path) -> None:
    own = {"x": 0, "y": 0, "width": 0.5, "height": 1, "fit": "contain", "alignY": align}
    frame = shown(
        media,
        clip("wide.mkv", 0, 0.04, layout={"template": "own", "cell": 0}),
        templates=[{"id": "own", "cells": [own]}],
    )
    rows = np.nonzero(frame.max(axis=(1, 2)) > 128)[0]
    assert (rows.min(), rows.max() + 1) == pytest.approx((top, top + 25), abs=0.6)


def test_the_gap_is_a_fraction_of_the_height_and_lies_between_cells(media: Path) -> None:
    own = [{"x": 0, "y": 0, "width": 0.5, "height": 1}, {"x": 0.5, "y": 0, "width": 0.5, "height": 1}]
    clips = [clip("#FFFFFF", 0, 0.04, layout={"template": "own", "cell": number}) for number in (0, 1)]
    frame = shown(media, *clips, templates=[{"id": "own", "cells": own, "gap": 0.1}])[:, :, 0]
    dark = np.nonzero(frame[60] < 128)[0]
    assert (dark.min(), dark.max() + 1) == (94, 106), "12 of 120 pixels, half from each side"
    assert frame[0].max() == 255, "none at the edge of the frame"
    assert frame[:, 0].min() == 255


def test_the_border_lies_inside_of_each_cell_and_the_background_below(media: Path) -> None:
    template = {
        "id": "own",
        "background": "#204060",
        "border": {"width": 5, "color": "#00FF00"},
        "cells": [{"id": "here", "x": 0.25, "y": 0.25, "width": 0.5, "height": 0.5}],
    }
    frame = shown(
        media,
        clip("#FF0000", 0, 0.04),
        clip("#FFFFFF", 0, 0.04, layout={"template": "own", "cell": "here"}),
        templates=[template],
    )
    expected = np.full((SIZE[1], SIZE[0], 3), (32, 64, 96), float)
    expected[30:90, 50:150] = (0, 255, 0)
    expected[35:85, 55:145] = 255
    assert np.abs(frame - expected).max() <= 1, "the background hides the track below"


def test_a_border_follows_a_polygon(media: Path) -> None:
    triangle = [(0.5, 0.0), (1.0, 1.0), (0.0, 1.0)]
    template = {
        "id": "own",
        "border": {"width": 6, "color": "#FF0000"},
        "cells": [{"x": 0, "y": 0, "width": 1, "height": 1, "polygon": [list(point) for point in triangle]}],
    }
    frame = shown(media, clip("#FFFFFF", 0, 0.04, layout={"template": "own", "cell": 0}), templates=[template])
    inside = within([(x * SIZE[0], y * SIZE[1]) for x, y in triangle])
    rows, columns = np.mgrid[0 : SIZE[1], 0 : SIZE[0]] + 0.5
    slope = np.hypot(SIZE[1], SIZE[0] / 2)
    to_side = (SIZE[0] / 2 * rows - SIZE[1] * np.abs(columns - SIZE[0] / 2)) / slope
    near = np.minimum(to_side, SIZE[1] - rows)
    assert frame[~inside & (near < -1)].max() == 0
    assert np.abs(frame[(near > 1) & (near < 5)] - (255, 0, 0)).max() <= 1
    assert np.abs(frame[near > 7.5] - 255).max() <= 1


def test_a_slanted_edge_is_smooth_while_the_picture_moves(media: Path) -> None:
    """The cut stays where it is: the sum of two halves that meet in it is the whole."""
    x = {"keyframes": [{"time": 0, "value": 0.5}, {"time": 0.2, "value": 0.65}]}
    halves = []
    for cell in ("left", "right"):
        moved = clip(
            "wide.mkv", 0, 0.2, transform={"x": x, "scaleX": 1.6}, layout={"template": "split-diagonal", "cell": cell}
        )
        halves.append(raw_frames(project({"clips": [moved]}, size=SIZE, export=EXPORT), media).astype(float))
    whole = clip("wide.mkv", 0, 0.2, transform={"x": x, "scaleX": 1.6}, layout={"template": "full", "cell": 0})
    frames = raw_frames(project({"clips": [whole]}, size=SIZE, export=EXPORT), media).astype(float)
    assert np.abs(halves[0] + halves[1] - frames).max() <= 3
    mixed = (halves[0].max(axis=3) > 20) & (halves[0].max(axis=3) < 235) & (frames.max(axis=3) > 250)
    assert mixed[0].sum() > 60, "pixels on the edge are shared"
    assert (halves[0][0] != halves[0][-1]).any()


def test_transform_works_in_the_cell(media: Path) -> None:
    transform = {"x": 0.25, "y": 0.75, "scaleX": 0.2, "scaleY": 0.2}
    frame = shown(media, clip("#FFFFFF", 0, 0.04, transform=transform, layout={"template": "grid-2x2", "cell": 3}))[
        :, :, 0
    ]
    rows, columns = np.indices(frame.shape) + 0.5
    middle = (frame * columns).sum() / frame.sum(), (frame * rows).sum() / frame.sum()
    assert middle == pytest.approx((100 + 0.25 * 100, 60 + 0.75 * 60), abs=0.1)
    assert frame.sum() / 255 == pytest.approx(100 * 60 * 0.04, rel=0.01)
    outside = shown(
        media,
        clip("#FFFFFF", 0, 0.04, transform={"x": 0, "rotation": 20}, layout={"template": "grid-2x2", "cell": 3}),
    )
    assert outside[:60].max() == 0
    assert outside[:, :100].max() == 0


def test_ten_bits_are_kept_in_a_polygon(tmp_path: Path) -> None:
    export = {"container": "mkv", "audio": None, "video": {"codec": "vp9", "pixelFormat": "yuv444p10le"}}
    gradient = {"kind": "gradient", "colors": ["#404040", "#505050"], "angle": 90}
    raw = project(
        {"clips": [clip(gradient, 0, 0.04, layout={"template": "split-diagonal", "cell": "left"})]},
        size=SIZE,
        export=export,
    )
    luma = raw_frames(raw, tmp_path, pixel_format="yuv444p10le")[0].view("<u2")[: SIZE[0] * SIZE[1]]
    assert len(np.unique(luma.reshape(SIZE[1], SIZE[0])[:, 5:60])) > 30, "more levels than 8 bits have"
