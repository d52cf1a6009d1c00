"""Every awkward file on one timeline: each shows its own picture in its place, and sounds where it has sound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from sidecar.services.media.reader import probe_file
from tests.harness.media import decode_rgb, decode_sound
from tests.harness.paths import HAVE_MEDIA, MEDIA
from tests.services.render.studio import studio

RATE = 25
SIZE = (320, 180)
LONGEST = 8
"""Frames of a clip at most."""

FILES = sorted(path for path in MEDIA.iterdir() if path.suffix != ".md") if HAVE_MEDIA else []
DAMAGED = "corrupted-after-28-frames.mp4"


def lengths(path: Path) -> tuple[int, bool, bool]:
    """Frames that a clip of a file may have, and whether it has a picture and a sound."""
    facts = probe_file(path, "keyframes").facts
    assert facts is not None
    duration = facts.duration if facts.duration is not None else 1
    return max(1, min(LONGEST, int(duration * RATE))), bool(facts.video), bool(facts.audio)


def clip(path: Path, first: int, frames: int, **members: Any) -> dict[str, Any]:
    source = {"kind": "file", "path": str(path), **members.pop("source", {})}
    return {"source": source, "start": f"{first}/{RATE}", "duration": f"{frames}/{RATE}", **members}


def film(video: list[dict[str, Any]], audio: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "schema": "timeline/1",
        "frameRate": str(RATE),
        "width": SIZE[0],
        "height": SIZE[1],
        "tracks": [{"kind": "video", "clips": video}, {"kind": "audio", "clips": audio}],
        "export": {"container": "mkv", "video": {"codec": "ffv1"}, "audio": {"codec": "flac"}},
    }


def first_picture(path: Path) -> NDArray[np.float64]:
    """The file's own first picture, small; stored orientation aside, its mean and spread tell it from others."""
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        return frame.reformat(width=32, height=18, format="rgb24").to_ndarray().astype(float)


if FILES:

    async def test_every_file_on_one_timeline(tmp_path: Path) -> None:
        video: list[dict[str, Any]] = []
        audio: list[dict[str, Any]] = []
        shown: list[tuple[Path, int, int]] = []
        heard: list[tuple[int, int]] = []
        at = 0
        for path in FILES:
            frames, picture, sound = lengths(path)
            extra: dict[str, Any] = {"source": {"onError": "freeze"}} if path.name == DAMAGED else {}
            if picture:
                video.append(clip(path, at, frames, fit="stretch", **extra))
                shown.append((path, at, frames))
            else:
                audio.append(clip(path, at, frames))
            if sound and path.name != DAMAGED:
                heard.append((at, frames))
            at += frames
        async with studio(tmp_path) as desk:
            job = await desk.finish(film(video, audio), tmp_path / "film.mkv")
        assert job.state == "completed", job.error
        frames_shown = decode_rgb(tmp_path / "film.mkv")
        assert len(frames_shown) == at
        for path, first, _ in shown:
            if path.name.startswith(("rotated", "hdr")):
                continue
            wanted = first_picture(path).mean(axis=(0, 1))
            made = frames_shown[first].astype(float).mean(axis=(0, 1))
            assert np.abs(made - wanted).max() < 6, (path.name, made, wanted)
        rate, sounding = decode_sound(tmp_path / "film.mkv")
        assert abs(sounding.shape[1] - at * rate / RATE) <= 1
        loud = [
            np.abs(sounding[:, first * rate // RATE : (first + count) * rate // RATE]).max() for first, count in heard
        ]
        # Most files sound from their first moment; a few begin with silence.
        assert sum(level > 1e-4 for level in loud) >= len(loud) * 2 // 3, loud
