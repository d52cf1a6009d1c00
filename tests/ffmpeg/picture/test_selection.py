"""Which source frame is shown: numbered frames through every container and rate, nothing wrong by one frame."""

from __future__ import annotations

import random
from bisect import bisect_right
from fractions import Fraction
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from sidecar.services.media.reader import probe_file
from tests.harness.media import decode_luma, make_clip, read_numbers
from tests.harness.rendering import clip, project, render

# File, encoder, rate, options of its making.
SOURCES: list[tuple[str, str | None, str, dict[str, Any]]] = [
    ("h264.mp4", "libx264", "24000/1001", {"gop": 24, "b_frames": 3}),
    ("h264.mkv", "libx264", "30000/1001", {"gop": 30, "b_frames": 2}),
    ("vp9.webm", None, "30", {"gop": 20}),
    ("mpeg2.ts", None, "60000/1001", {"gop": 15, "b_frames": 2, "start": 6.4}),
    ("mpeg4.avi", None, "24000/1001", {"gop": 12, "b_frames": 1}),
    ("h264.mov", "libx264", "50", {"gop": 48, "b_frames": 3}),
    ("hevc.mp4", "libx265", "25", {"gop": 25}),
    ("fields.mkv", "mpeg2video", "30000/1001", {"gop": 15, "interlaced": True}),
]
SECONDS = 5
SEEDS = {"25": 1, "30000/1001": 2}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sources")
    for name, codec, rate, members in SOURCES:
        make_clip(folder / name, seconds=SECONDS, rate=rate, codec=codec, **members)
    make_clip(folder / "vfr.mp4", seconds=SECONDS, rate="30", variable=True, gop=30)
    return folder


@cache
def grid(path: Path) -> tuple[list[Fraction], list[int], Fraction]:
    """Times (put back on the file's rate, if it has one) and numbers of all frames, and the tolerance of the rule."""
    facts = probe_file(path, "keyframes").facts
    assert facts is not None
    video = facts.video[0]
    times = [time - facts.start for time, _ in decode_luma(path)]
    if video.rate is not None:
        times = [times[0] + index / video.rate for index in range(len(times))]
    half = video.time_base / 2
    return times, read_numbers(path), half if video.rate is None else min(half, 1 / (4 * video.rate))


def shown_frame(path: Path, instant: Fraction) -> int:
    """Return the number of the newest frame at or before a source instant."""
    times, numbers, tolerance = grid(path)
    return numbers[max(0, bisect_right(times, instant + tolerance) - 1)]


def cuts(name: str, rate: Fraction, seed: int) -> list[dict[str, Any]]:
    """Write clips of random places, lengths and speeds of one file, one behind the other."""
    chance = random.Random(seed)
    clips, at = [], 0
    for _ in range(8):
        frames = chance.randint(1, 12)
        speed = chance.choice([1, 1, 1, 0.5, 2, 3.7, 1.3333333333333333])
        most = SECONDS - 0.2 - float(frames / rate) * speed
        start = chance.choice([round(chance.uniform(0, most), 3), round(chance.uniform(0, most), 1)])
        members = {"speed": speed, "sourceStart": start, "freeze": chance.random() < 0.15}
        clips.append(clip(name, str(Fraction(at) / rate), str(frames / rate), **members))
        at += frames
    return clips


@pytest.mark.parametrize("rate", ["25", "30000/1001"])
@pytest.mark.parametrize("name", [*(entry[0] for entry in SOURCES), "vfr.mp4"])
def test_no_frame_is_wrong(name: str, rate: str, sources: Path, tmp_path: Path) -> None:
    exact = Fraction(rate)
    clips = cuts(name, exact, seed=SEEDS[rate])
    target = tmp_path / "out.mkv"
    command = render(project({"clips": clips}, rate=rate), sources, target)
    wanted = []
    for entry in clips:
        for k in range(ceil(Fraction(entry["duration"]) * exact)):
            start, speed = Fraction(repr(entry["sourceStart"])), Fraction(repr(entry["speed"]))
            instant = start if entry["freeze"] else start + k / exact * speed
            wanted.append(shown_frame(sources / name, instant))
    found = read_numbers(target)
    assert found == wanted
    assert command.frames == len(wanted)
