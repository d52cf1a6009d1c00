"""The first render of three clips, against the best single FFmpeg command written by hand."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.figure import Figure
from tests.benchmarks.rendering import compare
from tests.harness.media import make_clip

CLIPS = 3
RATE = 25


def measure(*, short: bool) -> Iterator[Figure]:
    """Render three cuts of three files."""
    pairs, seconds = (2, 1) if short else (7, 6)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        sources = [_source(work / f"source{n}.mp4", seconds + 1) for n in range(CLIPS)]

        def written(encoding: Sequence[str]) -> list[str]:
            return _hand_written(sources, seconds, encoding)

        frames = CLIPS * seconds * RATE
        conditions = f"{CLIPS} clips of {seconds} s, 1280×720 at {RATE}, H.264 + AAC to H.264 + AAC"
        project = _project(sources, seconds)
        yield from compare("render", project, written, work, pairs=pairs, frames=frames, conditions=conditions)


def _source(path: Path, seconds: int) -> Path:
    color = ("tv", "bt709", "bt709", "bt709")
    size = (1280, 720)
    return make_clip(path, seconds=seconds, rate=str(RATE), size=size, picture="testsrc2", audio="stereo", color=color)


def _project(sources: list[Path], seconds: int) -> dict[str, Any]:
    """Three cuts, each a piece of a file that begins half a second in."""
    clips = [
        {
            "source": {"kind": "file", "path": str(path)},
            "start": n * seconds,
            "duration": seconds,
            "sourceStart": 0.4,
        }
        for n, path in enumerate(sources)
    ]
    return {
        "schema": "timeline/1",
        "frameRate": str(RATE),
        "width": 1280,
        "height": 720,
        "tracks": [{"kind": "video", "clips": clips}],
        "export": {"container": "mp4", "video": {"codec": "h264", "copy": "off"}, "audio": {"codec": "aac"}},
    }


def _hand_written(sources: list[Path], seconds: int, encoding: Sequence[str]) -> list[str]:
    """What someone who knows FFmpeg well would type: seek before each input, one concat, nothing scaled needlessly."""
    inputs = [part for path in sources for part in ("-ss", "0.4", "-t", str(seconds), "-i", str(path))]
    pads = "".join(f"[{n}:v][{n}:a]" for n in range(CLIPS))
    graph = f"{pads}concat=n={CLIPS}:v=1:a=1[v][a]"
    tags = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"]
    return [
        *("-nostdin", "-hide_banner", "-loglevel", "error", "-y"),
        *inputs,
        *("-filter_complex", graph, "-map", "[v]", "-map", "[a]"),
        *encoding,
        *tags,
        *("-movflags", "+faststart"),
    ]
