"""The mix of a window from where it is in its files: what a render hears there, each sample in its place but for a little."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sidecar.ffmpeg.builder.command import Command, Output, arguments
from sidecar.ffmpeg.builder.sound import build_sound
from sidecar.ffmpeg.builder.sound.passing import passing_mix
from tests.harness.commands import output_of
from tests.harness.media import run_ffmpeg
from tests.harness.rendering import RESOURCES, project, timeline_of

SECONDS = 46
RATE = 48_000
OFF = 0.002
"""Seconds that a seek may be off."""

FILES: dict[str, list[str]] = {
    "a.mp4": ["-c:a", "aac"],
    "a.mkv": ["-c:a", "libopus"],
    "a.webm": ["-c:a", "libvorbis"],
    "a.mp3": [],
    "a.wav": [],
    "a.flac": [],
    "a.ts": ["-c:a", "aac"],
    "film.mp4": ["-f", "lavfi", "-i", f"color=s=32x32:r=25:d={SECONDS}", "-c:a", "aac", "-g", "250"],
    "film.mkv": ["-f", "lavfi", "-i", f"color=s=32x32:r=25:d={SECONDS}", "-c:a", "aac", "-g", "250"],
    "film.ts": ["-f", "lavfi", "-i", f"color=s=32x32:r=25:d={SECONDS}", "-c:a", "aac", "-g", "250"],
}


def heard(command: Command, base: Path) -> NDArray[np.float32]:
    return np.frombuffer(output_of(command, base), np.float32).reshape(-1, 2)[:, 0]


def both(raw: dict[str, Any], window: tuple[int, int], base: Path) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mix a window as a render does, and in passing."""
    timeline = timeline_of(raw, base)
    mixed = build_sound(timeline, window, RESOURCES)
    assert mixed is not None
    options = (("c:a", "pcm_f32le"), ("f", "f32le"))
    exact = Command((Output((mixed.stream,), options, "pipe:1"),), mixed.files, globals_=(("copyts", None),))
    passing = passing_mix(timeline, window, RESOURCES)
    assert passing.command is not None
    assert passing.bearable
    return heard(exact, base), heard(passing.command, base)


def lag(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return by how many seconds one sound lies behind another."""
    size = 1 << (len(one) + len(other)).bit_length()
    found = np.fft.irfft(np.fft.rfft(other, size) * np.conj(np.fft.rfft(one, size)), size)
    peak = int(np.argmax(found))
    return float((peak if peak < size // 2 else peak - size) / RATE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("passing")


def write_noise(folder: Path, name: str) -> None:
    """Write one of `FILES` where it is not there yet: noise, whose every moment is like no other."""
    if not (folder / name).exists():
        noise = f"anoisesrc=r={RATE}:a=0.3:c=pink:seed=7:d={SECONDS},aformat=channel_layouts=stereo"
        run_ffmpeg(["-f", "lavfi", "-i", noise, *FILES[name], str(folder / name)], seconds=300)


@pytest.mark.parametrize("name", FILES)
def test_it_is_what_a_render_hears(name: str, folder: Path) -> None:
    write_noise(folder, name)
    clip = {"source": {"kind": "file", "path": name}, "start": 1, "duration": 40, "sourceStart": 3}
    raw = project({"kind": "audio", "clips": [clip]}, export={"container": "wav", "video": None})
    exact, passing = both(raw, (800, 850), folder)
    assert len(exact) == len(passing) == 2 * RATE
    assert abs(lag(exact, passing)) <= OFF, lag(exact, passing)
    level = float(np.sqrt(np.mean(exact.astype(float) ** 2)))
    assert float(np.sqrt(np.mean(passing.astype(float) ** 2))) == pytest.approx(level, rel=0.02)


@pytest.mark.parametrize(
    "clip",
    [
        {"speed": 1.25, "duration": 30},
        {"speed": 0.5, "duration": 40},
        {"reverse": True, "duration": 45},
        {"reverse": True, "speed": 1.2, "duration": 36},
        {"speed": 1.25, "pitch": "varispeed", "duration": 30},
        {"source": {"kind": "file", "path": "a.wav", "loop": True}, "duration": 100},
    ],
)
def test_it_is_so_for_clips_of_any_kind(clip: dict[str, Any], folder: Path) -> None:
    write_noise(folder, "a.wav")
    made = {"source": {"kind": "file", "path": "a.wav"}, "start": 0, **clip}
    raw = project({"kind": "audio", "clips": [made]}, export={"container": "wav", "video": None})
    window = (1_500, 1_550) if clip["duration"] > 50 else (700, 750)
    exact, passing = both(raw, window, folder)
    assert len(exact) == len(passing)
    assert abs(lag(exact, passing)) <= 2 * OFF, lag(exact, passing)


def test_what_is_far_in_a_file_is_sought_and_what_is_silent_is_not_mixed(folder: Path) -> None:
    write_noise(folder, "a.mp4")
    clip = {"source": {"kind": "file", "path": "a.mp4"}, "start": 0, "duration": 40}
    raw = project(
        {"kind": "audio", "clips": [clip]},
        {"clips": [{"source": {"kind": "color", "color": "#000000"}, "start": 0, "duration": 60}]},
    )
    timeline = timeline_of(raw, folder)
    far, near, silent = (passing_mix(timeline, window, RESOURCES) for window in ((900, 910), (0, 10), (1_250, 1_260)))
    assert far.command is not None
    assert near.command is not None
    assert "-ss" in arguments(far.command).argv
    assert "-ss" not in arguments(near.command).argv
    assert silent.command is None
    assert silent.bearable


def test_what_no_process_can_bear_says_so(folder: Path) -> None:
    write_noise(folder, "a.wav")
    source = {"kind": "file", "path": "a.wav"}
    clips = [{"source": source, "start": number / 25, "duration": 0.04} for number in range(100)]
    timeline = timeline_of(project({"kind": "audio", "clips": clips}), folder)
    assert not passing_mix(timeline, (0, 100), RESOURCES).bearable
    assert passing_mix(timeline, (0, 10), RESOURCES).bearable
