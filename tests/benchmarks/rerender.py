"""Rendering again after a small edit, against the whole: what of ten minutes is made anew."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks.figure import Figure, paired
from tests.benchmarks.rendering import rendered, warmed
from tests.harness.media import make_clip

RATE = 25
CLIPS = 60
"""A clip is 1/60 of the timeline."""


def measure(*, short: bool) -> Iterator[Figure]:
    """Render a timeline of 60 clips; again with the picture of one changed, and with the sound of one changed, too."""
    pairs, seconds, size = (2, 1, (320, 180)) if short else (7, 10, (1920, 1080))
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        color = ("tv", "bt709", "bt709", "bt709")
        source = make_clip(
            work / "source.mp4",
            seconds=2 * seconds,
            rate=str(RATE),
            size=size,
            picture="testsrc2",
            audio="stereo",
            color=color,
        )
        project = _project(source, seconds, size)
        conditions = f"{CLIPS} clips of {seconds} s, {size[0]}×{size[1]} at {RATE}, H.264 + AAC; one clip changed; wall"
        with warmed() as server:
            _, whole = rendered(server, project, work / "whole.mp4")
            sounds, pictures = [], []
            for pair in range(pairs):
                _, taken = rendered(server, _changed(project, pair, picture=True, sound=False), work / "again.mp4")
                pictures.append(taken)
                _, taken = rendered(server, _changed(project, pair, picture=True, sound=True), work / "again.mp4")
                sounds.append(taken)
        wholes = [whole] * pairs
        yield paired("rerender.picture", "s", pictures, wholes, target=1 / 40, bound="at most", conditions=conditions)
        yield paired("rerender.sound", "s", sounds, wholes, target=1 / 20, bound="at most", conditions=conditions)


def _project(source: Path, seconds: int, size: tuple[int, int]) -> dict[str, Any]:
    """Clips that each begin a little later in the file, so that no two show the same frames."""
    clips = [
        {
            "source": {"kind": "file", "path": str(source)},
            "start": n * seconds,
            "duration": seconds,
            "sourceStart": f"{n * seconds}/{2 * CLIPS}",
        }
        for n in range(CLIPS)
    ]
    return {
        "schema": "timeline/1",
        "frameRate": str(RATE),
        "width": size[0],
        "height": size[1],
        "tracks": [{"kind": "video", "clips": clips}],
        "export": {"container": "mp4", "video": {"codec": "h264", "copy": "off"}, "audio": {"codec": "aac"}},
    }


def _changed(project: dict[str, Any], number: int, *, picture: bool, sound: bool) -> dict[str, Any]:
    """One clip, another each time, a little brighter or louder."""
    edited = copy.deepcopy(project)
    clip = edited["tracks"][0]["clips"][(7 * number + 3 + 30 * sound) % CLIPS]
    if picture:
        clip["color"] = {"brightness": 0.05}
    if sound:
        clip["volume"] = 0.8
    return edited
