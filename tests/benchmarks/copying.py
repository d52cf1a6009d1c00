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
from tests.benchmarks.server import sidecar
from tests.harness.media import ffmpeg, make_clip

RATE = 25

GOPS = (12, 25)
"""Distances of keyframes: half a second, as cameras write them, and one second."""


def measure(*, short: bool) -> Iterator[Figure]:
    """Cut a long file at random frames and join the pieces, with `copy` auto and off, each for the first time."""
    pairs, frames, cuts, size = (2, 1_000, 4, (320, 180)) if short else (7, 15_000, 40, (1920, 1080))
    for gop in GOPS:
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            project = _project(_source(work, frames, size, gop), frames, cuts, size)
            project["export"]["video"]["copy"] = "off"
            encoded = _taken(project, work / "encoded.mp4")
            project["export"]["video"]["copy"] = "auto"
            left = _encoded_frames(project)
            copied = [_taken(project, work / "copied.mp4") for _ in range(pairs)]
        conditions = (
            f"{frames} frames of {size[0]}×{size[1]} at {RATE}, H.264 + AAC, keyframes every {gop}, {cuts} cuts; ratio "
            f"of speeds, wall; {left} frames at cuts are encoded, so by frames at most {frames / left:.1f}"
        )
        yield paired(
            f"copy.gop{gop}", "s", [encoded] * pairs, copied, target=30, bound="at least", conditions=conditions
        )


def _taken(project: dict[str, Any], target: Path) -> float:
    """Seconds of a render with an empty cache."""
    with warmed() as server:
        return rendered(server, project, target)[1]


def _encoded_frames(project: dict[str, Any]) -> int:
    """Frames that are encoded though the rest is copied."""
    with sidecar() as server:
        plan = server.call("render.plan", {"project": {"inline": project}})["plan"]
    assert plan["copied"], "nothing is copied"
    return int(plan["framesToEncode"])


def _source(work: Path, frames: int, size: tuple[int, int], gop: int) -> Path:
    """A minute, again and again, over one long tone: a file twice as long as the timeline."""
    color = ("tv", "bt709", "bt709", "bt709")
    minute = make_clip(
        work / "minute.mp4",
        seconds=60,
        rate=str(RATE),
        size=size,
        picture="testsrc2",
        color=color,
        gop=gop,
        # No larger than encoding it again would be: else nothing is copied.
        options=("-preset", "medium", "-crf", "24"),
    )
    target = work / "long.mp4"
    times = 2 * frames // (60 * RATE)
    inputs = ["-stream_loop", str(times), "-i", str(minute), "-f", "lavfi", "-i", "sine=frequency=300"]
    encoding = ["-c:v", "copy", "-c:a", "aac", "-shortest", str(target)]
    subprocess.run([ffmpeg(), "-nostdin", "-loglevel", "error", "-y", *inputs, *encoding], check=True, timeout=300)
    return target


def _project(source: Path, frames: int, cuts: int, size: tuple[int, int]) -> dict[str, Any]:
    draw = random.Random(1)
    edges = [0, *sorted(draw.sample(range(10, frames - 10), cuts)), frames]
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
