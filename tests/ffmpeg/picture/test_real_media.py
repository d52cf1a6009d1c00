"""Files made by others: each output frame looks like the frame of the file that the rule names, not its neighbours."""

from __future__ import annotations

import random
from bisect import bisect_right
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from sidecar.services.media.reader import probe_file
from tests.harness.paths import HAVE_MEDIA, MEDIA
from tests.harness.rendering import clip, project, raw_frames

NAMES = [
    "h264-bframes-mono-aac.mp4",
    "hevc-bframes-silent.mp4",
    "hevc-1080p-gop150.mp4",
    "mpegts-starts-1.5s.ts",
    "mpeg4.avi",
    "vp9-odd-161x121.webm",
    "av1.mp4",
    "edit-list-starts-1s.mp4",
    "rotated-90.mov",
]
CASES = NAMES if HAVE_MEDIA else []


def small(frame: av.VideoFrame) -> NDArray[Any]:
    return frame.reformat(width=96, height=64, format="gray").to_ndarray().astype(int)


@pytest.mark.parametrize("name", CASES)
def test_the_right_frame_of_a_real_file(name: str) -> None:
    facts = probe_file(MEDIA / name, "keyframes").facts
    assert facts is not None
    video = facts.video[0]
    assert video.rate is not None
    tolerance = min(video.time_base / 2, 1 / (4 * video.rate))
    times, frames = [], []
    with av.open(str(MEDIA / name)) as container:
        stream = container.streams.video[0]
        for frame in container.decode(stream):
            assert frame.pts is not None
            assert stream.time_base is not None
            times.append(frame.pts * stream.time_base)
            frames.append(small(frame))
    times = [times[0] - facts.start + round((time - times[0]) * video.rate) / video.rate for time in times]
    chance = random.Random(name)
    clips, wanted, at = [], [], 0
    for _ in range(5):
        count = min(chance.randint(1, 4), max(1, int(float(times[-1]) * 25) - 2))
        start = round(chance.uniform(0, max(0.0, float(times[-1]) - count / 25)), 3)
        source = {"kind": "file", "path": name, "audioStream": None}
        clips.append(clip(source, str(Fraction(at, 25)), str(Fraction(count, 25)), sourceStart=start, fit="stretch"))
        instants = [Fraction(repr(start)) + Fraction(k, 25) for k in range(count)]
        wanted += [max(0, bisect_right(times, instant + tolerance) - 1) for instant in instants]
        at += count
    width, height = video.upright
    shown = raw_frames(project({"clips": clips}, size=(width // 2 * 2, height // 2 * 2)), MEDIA)
    assert len(shown) == len(wanted)
    for picture, index in zip(shown, wanted, strict=True):
        stored = np.rot90(picture, video.rotation // 90)
        found = small(av.VideoFrame.from_ndarray(np.ascontiguousarray(stored), format="rgb24"))
        near = range(max(0, index - 2), min(len(frames), index + 3))
        away = {other: np.abs(frames[other] - found).mean() for other in near}
        assert away[index] <= min(away.values()) + 0.5
