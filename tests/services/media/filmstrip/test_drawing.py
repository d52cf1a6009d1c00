"""How pictures of strips look: as the engine draws the same frames."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.harness.media import make_clip
from tests.services.media.filmstrip.pictures import engine_pictures, opened, pictures, strip
from tests.services.media.serving import serving

BT2020 = ("tv", "bt2020nc", "bt2020")

SOURCES: dict[str, dict[str, Any]] = {
    "sd": {"size": (320, 180)},
    "hd": {"size": (1280, 720), "color": ("tv", "bt709", "bt709", "bt709")},
    "full": {"size": (320, 180), "color": ("pc", "bt709", "bt709", "bt709")},
    "rgb": {"size": (320, 180), "codec": "ffv1", "pixel_format": "gbrp"},
    "deep": {"size": (320, 180), "codec": "libx265", "pixel_format": "yuv422p10le"},
    "ntsc": {"size": (320, 180), "color": ("tv", "smpte170m", "smpte170m", "smpte170m")},
    "pq": {"size": (320, 180), "codec": "libx265", "pixel_format": "yuv420p10le", "color": (*BT2020, "smpte2084")},
    "hlg": {"size": (320, 180), "codec": "libx265", "pixel_format": "yuv420p10le", "color": (*BT2020, "arib-std-b67")},
    "wide": {"size": (240, 192), "pixel_aspect": "16/11"},
    "turned": {"size": (320, 180), "rotation": 90},
    "mirrored": {"size": (320, 180), "rotation": 270, "mirrored": True},
    "interlaced": {"size": (320, 180), "interlaced": True},
    "odd": {"size": (161, 121), "pixel_format": "yuv444p"},
}
"""Clips of a picture with fine detail and all colours."""

READ = {"ntsc": 3, "pq": 12, "hlg": 12}
"""Those whose primaries or transfer are converted, and how far off they may be: the engine's table of tones is off by up
to 9 near black. They are compared at their own size, for the engine scales what is converted, strips convert what is
scaled."""


@pytest.mark.parametrize("name", SOURCES)
async def test_pictures_are_those_of_the_engine(tmp_path: Path, name: str) -> None:
    path = make_clip(tmp_path / "a.mkv", seconds=0.6, picture="testsrc2", gop=5, **SOURCES[name])
    if SOURCES[name].get("rotation"):
        path = make_clip(tmp_path / "a.mov", seconds=0.6, picture="testsrc2", gop=5, **SOURCES[name])
    side = 320 if name in READ else 150
    box = {"width": side, "height": side}
    times = [0.28, 0.4]
    async with serving(tmp_path) as client:
        found = await strip(client, path, times=times, accuracy="exact", format="png", **box)
        ours = await pictures(client, found)
    theirs = engine_pictures(path, tmp_path, times, (side, side))
    most = READ.get(name, 1)
    for mine, engine in zip(ours, theirs, strict=True):
        assert mine is not None
        assert mine.shape == engine.shape == (found.cell_height, found.cell_width, 3)
        off = np.abs(mine.astype(int) - engine)
        assert off.max() <= most
        assert off.mean() < (0.5 if name in READ else 0.01)
    assert np.abs(ours[0].astype(int) - ours[1]).max() > 8  # type: ignore[union-attr]


@pytest.mark.parametrize("form", ["jpeg", "webp"])
async def test_jpeg_and_webp_show_the_same(tmp_path: Path, form: str) -> None:
    path = make_clip(tmp_path / "a.mp4", seconds=0.4, picture="testsrc2", size=(640, 360))
    async with serving(tmp_path) as client:
        (plain,) = await pictures(client, await strip(client, path, times=[0], format="png"))
        best = await strip(client, path, times=[0], format=form, quality=95)
        small = await strip(client, path, times=[0], format=form, quality=20)
        (picture,) = await pictures(client, best)
    assert plain is not None
    assert picture is not None
    assert np.abs(picture.astype(int) - plain).mean() < 6
    assert best.frames[0].image is not None
    assert small.frames[0].image is not None
    assert small.frames[0].image.bytes < best.frames[0].image.bytes / 2
    assert best.frames[0].image.content_type == f"image/{form}"


@pytest.mark.parametrize(
    ("suffix", "codec", "pixel_format"),
    [(".mov", "prores_ks", "yuva444p10le"), (".webm", "libvpx-vp9", "yuva420p"), (".png", "png", "rgba")],
)
async def test_what_is_transparent(tmp_path: Path, suffix: str, codec: str, pixel_format: str) -> None:
    half = "geq=r=255:g=0:b=0:a='if(lt(X,W/2),128,if(lt(Y,H/2),255,0))'"
    path = make_clip(
        tmp_path / f"a{suffix}",
        seconds=0.2,
        size=(320, 180),
        picture="#FF0000FF",
        codec=codec,
        pixel_format=pixel_format,
        filters=half + ("" if suffix == ".png" else ",scale=out_color_matrix=bt601"),
    )
    async with serving(tmp_path) as client:
        shown = await strip(client, path, times=[0], quality=95, background="#00FF00")
        (over,) = await pictures(client, shown)
        (clear,) = await pictures(client, await strip(client, path, times=[0], format="png"), "rgba")
        (webp,) = await pictures(client, await strip(client, path, times=[0], format="webp"), "rgba")
    for picture in (over, clear, webp):
        assert picture is not None
        assert picture.shape[:2] == (90, 160)
    places = (45, 40), (20, 120), (70, 120)
    for at, color in zip(places, [(128, 127, 0), (255, 0, 0), (0, 255, 0)], strict=True):
        assert over is not None
        assert np.abs(over[at].astype(int) - color).max() <= 12, (at, over[at])
    for picture in (clear, webp):
        assert picture is not None
        assert [int(picture[at][3]) for at in places] == pytest.approx([128, 255, 0], abs=3)
        assert np.abs(picture[places[0]][:3].astype(int) - (255, 0, 0)).max() <= 16


async def test_a_sheet_holds_every_picture_at_its_place(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", seconds=2, picture="testsrc2", size=(330, 190), gop=5)
    async with serving(tmp_path) as client:
        for form in ("png", "jpeg", "webp"):
            found = await strip(client, path, count=30, width=300, height=None, format=form, quality=90, sheet=True)
            assert found.sheet is not None
            sheet = opened(await client.fetch(found.sheet))
            assert sheet.shape == (found.sheet.height, found.sheet.width, 3)
            cells = set()
            for frame, picture in zip(found.frames, await pictures(client, found), strict=True):
                assert frame.x is not None
                assert frame.y is not None
                assert picture is not None
                cells.add((frame.x, frame.y))
                cell = sheet[frame.y : frame.y + found.cell_height, frame.x : frame.x + found.cell_width]
                off = np.abs(cell.astype(int) - picture)
                assert off.max() == 0 if form == "png" else off.mean() < 3
            assert len(cells) == 30
            assert len({y for _, y in cells}) == 3
