"""How bytes are spread over a file, by the tables of its container."""

from __future__ import annotations

from pathlib import Path

import pytest

from sidecar.services.media.tasks.bitrates import list_bitrates
from tests.harness.media import make_clip

SECONDS = 8


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "avi"])
def test_a_clip_that_becomes_busy_shows_it(tmp_path: Path, suffix: str) -> None:
    path = make_clip(
        tmp_path / f"clip.{suffix}",
        picture="testsrc",
        seconds=SECONDS,
        filters="noise=alls=40:allf=t:enable='gte(t,4)'",
        gop=25,
        audio="mono",
    )
    curve = list_bitrates(path, 0)
    assert curve.seconds[0] == pytest.approx(0.0, abs=0.15)
    assert SECONDS - 1.1 <= curve.seconds[-1] <= SECONDS + 0.1
    assert list(curve.before) == sorted(curve.before)
    calm, busy = curve.relative(0, 3.5), curve.relative(4.5, 7)
    assert calm is not None
    assert busy is not None
    assert busy > 3 * calm


@pytest.mark.parametrize("suffix", ["ts", "png"])
def test_without_tables_nothing_is_said(tmp_path: Path, suffix: str) -> None:
    path = make_clip(tmp_path / f"clip.{suffix}", seconds=1)
    assert list_bitrates(path, 0).relative(0, 0.5) in (None, pytest.approx(1.0))
