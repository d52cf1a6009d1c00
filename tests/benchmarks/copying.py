"""Untouched pieces of a file, copied, against the same encoded."""

from __future__ import annotations

import random
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.benchmarks.figure import Figure, paired
from tests.benchmarks.rendering import rendered, warmed
from tests.harness.media import ffmpeg, make_clip

RATE = 25
CUTS = 40
GOP = 25


def measure(*, short: bool) -> Iterator[Figure]:
    """Cut a long file at random frames and join the pieces, with `copy` auto and off, each for the first time."""
    pairs, frames, size = (2, 4_000, (320, 180)) if short else (7, 15_000, (1920, 1080))
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        source = _source(work, frames, size)
        project = _project(source, frames, size)
        with warmed() as server:
            project["export"]["video"]["copy"] = "off"
            _, encoded = rendered(server, project, work / "encoded.mp4")
        project["export"]["video"]["copy"] = "auto"
        copied = []
        for _ in range(pairs):
            with warmed() as server:
                _, taken = rendered(server, project, work / "copied.mp4")
            copied.append(taken)
    conditions = (
        f"{frames} frames of {size[0]}×{size[1]} at {RATE}, keyframes every {GOP}, {CUTS} cuts; ratio of speeds"
    )
    yield paired("copy", "s", [encoded] * pairs, copied, target=30, bound="at least", conditions=conditions)


def _source(work: Path, frames: int, size: tuple[int, int]) -> Path:
    """A minute, again and again, over one long tone: a file twice as long as the timeline."""
    color = ("tv", "bt709", "bt709", "bt709")
    minute = make_clip(
        work / "minute.mp4",
        seconds=60,
        rate=str(RATE),
        size=size,
        picture="testsrc2",
        color=color,
        gop=GOP,
        # No larger than encoding it again would be: else nothing is copied.
        options=("-preset", "medium", "-crf", "24"),
    )
    target = work / "long.mp4"
    times = 2 * frames // (60 * RATE)
    inputs = ["-stream_loop", str(times), "-i", str(minute), "-f", "lavfi", "-i", "sine=frequency=300"]
    encoding = ["-c:v", "copy", "-c:a", "aac", "-shortest", str(target)]
    subprocess.run([ffmpeg(), "-nostdin", "-loglevel", "error", "-y", *inputs, *encoding], check=True, timeout=300)
    return target


def _project(source: Path, frames: int, size: tuple[int, int]) -> dict[str, Any]:
    draw = random.Random(1)
    edges = [0, *sorted(draw.sample(range(10, frames - 10), CUTS)), frames]
    clips = [
        {
            "source": {"kind": "file", "path": str(source)},
            "start": f"{first}/{RATE}",
            "duration": f"{end - first}/{RATE}",
            "sourceStart": f"{draw.randrange(2 * frames - (end - first))}/{RATE}",
        }
        for first, end in pairwise(edges)
    ]
    return {
        "schema": "timeline/1",
        "frameRate": str(RATE),
        "width": size[0],
        "height": size[1],
        "tracks": [{"kind": "video", "clips": clips}],
        "export": {"container": "mp4", "video": {"codec": "h264"}, "audio": {"codec": "aac"}},
    }
