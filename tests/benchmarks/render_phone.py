"""The first render of a phone's HEVC, whose keyframes lie five seconds apart, against one command written by hand."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.figure import Figure
from tests.benchmarks.rendering import compare
from tests.harness.media import make_clip

RATE = 30
CLIPS = 3
BEGINS = ("3.1", "4.9", "7.3")
"""Seconds into the file, none on a keyframe."""


def measure(*, short: bool) -> Iterator[Figure]:
    """Render three cuts of one file."""
    pairs, seconds, size = (2, 1, (320, 180)) if short else (7, 6, (1920, 1080))
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        source = make_clip(
            work / "phone.mp4",
            seconds=8 + seconds,
            rate=str(RATE),
            size=size,
            picture="testsrc2",
            codec="libx265",
            gop=5 * RATE,
            audio="stereo",
            color=("tv", "bt709", "bt709", "bt709"),
        )
        conditions = (
            f"{CLIPS} clips of {seconds} s, {size[0]}×{size[1]} at {RATE}, keyframes every 5 s, HEVC to H.264 + AAC"
        )
        yield from compare(
            "phone",
            _project(source, seconds, size),
            lambda encoding: _hand_written(source, seconds, encoding),
            work,
            pairs=pairs,
            frames=CLIPS * seconds * RATE,
            conditions=conditions,
        )


def _project(source: Path, seconds: int, size: tuple[int, int]) -> dict[str, Any]:
    clips = [
        {
            "source": {"kind": "file", "path": str(source)},
            "start": n * seconds,
            "duration": seconds,
            "sourceStart": float(begin),
        }
        for n, begin in enumerate(BEGINS)
    ]
    return {
        "schema": "timeline/1",
        "frameRate": str(RATE),
        "width": size[0],
        "height": size[1],
        "tracks": [{"kind": "video", "clips": clips}],
        "export": {"container": "mp4", "video": {"codec": "h264"}, "audio": {"codec": "aac"}},
    }


def _hand_written(source: Path, seconds: int, encoding: Sequence[str]) -> list[str]:
    inputs = [part for begin in BEGINS for part in ("-ss", begin, "-t", str(seconds), "-i", str(source))]
    pads = "".join(f"[{n}:v][{n}:a]" for n in range(CLIPS))
    tags = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"]
    return [
        *("-nostdin", "-hide_banner", "-loglevel", "error", "-y"),
        *inputs,
        *("-filter_complex", f"{pads}concat=n={CLIPS}:v=1:a=1[v][a]", "-map", "[v]", "-map", "[a]"),
        *encoding,
        *tags,
        *("-movflags", "+faststart"),
    ]
