"""A clip at speed 1 in a project of its own rate shows every source frame once, in order, from every container."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.harness.media import make_clip, read_number, read_numbers
from tests.harness.rendering import clip, project, raw_frames

RATES = ("24000/1001", "25", "30000/1001", "60000/1001")


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "webm", "ts", "avi", "mov"])
def test_every_frame_once_in_order(suffix: str, rate: str, tmp_path: Path) -> None:
    # MPEG-4 in AVI knows no B-frames that its index could place.
    gop: dict[str, Any] = (
        {"gop": 12} if suffix == "avi" else {"gop": 15, "b_frames": 2} if suffix != "webm" else {"gop": 15}
    )
    source = make_clip(tmp_path / f"source.{suffix}", seconds=2, rate=rate, **gop)
    wanted = read_numbers(source)
    assert wanted == sorted(set(wanted))
    duration = len(wanted) / Fraction(rate)
    frames = raw_frames(
        project({"clips": [clip(source.name, 0, f"{duration.numerator}/{duration.denominator}")]}, rate=rate),
        tmp_path,
        pixel_format="gray",
    )
    assert [read_number(frame.reshape(96, 192)) for frame in frames] == wanted
