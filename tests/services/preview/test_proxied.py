"""Small files in place of large ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.services.preview.showing import color, film, number_of, numbered, played, screen

pytestmark = pytest.mark.trio

LARGE = (384, 192)


async def test_a_proxy_is_shown_once_it_is_there(tmp_path: Path) -> None:
    source = numbered(tmp_path, "large.mp4", seconds=2, size=LARGE)
    other = numbered(tmp_path, "other.mp4", seconds=1, size=LARGE)
    one = film(played(source, 0, 1, sourceStart=0.5), color(1, 1))
    both = film(played(source, 0, 1, sourceStart=0.5), played(other, 1, 1))
    async with screen(tmp_path, proxyHeight=108) as shown:
        before = await shown.frame(one, 5, media="proxy", format="png")
        assert (before["media"], before["exact"]) == ("original", True)
        await shown.desk.ask("media.proxy", path=str(source), make=True)
        for frame in (0, 5, 24):
            answer = await shown.frame(one, frame, media="proxy", format="png")
            assert (answer["media"], answer["exact"]) == ("proxy", False)
            assert number_of(await shown.pixels(answer["image"])) == frame + 12
        small, large = await shown.pixels(answer["image"]), await shown.picture(one, 24)
        assert 0 < np.abs(small.astype(int) - large).mean() < 8
        assert (await shown.frame(one, 30, media="proxy"))["exact"]
        assert (await shown.frame(both, 5, media="proxy"))["media"] == "mixed"
        assert (await shown.frame(both, 30, media="proxy"))["exact"]
        assert (await shown.frame(one, 5))["media"] == "original"


async def test_where_pixels_or_readings_count_the_file_itself_is_shown(tmp_path: Path) -> None:
    source = numbered(tmp_path, "large.mp4", seconds=2, size=LARGE)
    interpreted = film(
        {"source": {"kind": "file", "media": "m"}, "start": 0, "duration": 1},
        media=[{"id": "m", "path": str(source), "interpret": {"range": "full"}}],
    )
    async with screen(tmp_path, proxyHeight=108) as shown:
        await shown.desk.ask("media.proxy", path=str(source), make=True)
        for raw in (film(played(source, 0, 1, fit="none")), interpreted):
            answer = await shown.frame(raw, 5, media="proxy")
            assert (answer["media"], answer["exact"]) == ("original", True)
