from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sidecar.ffmpeg.builder.sound.speed import delay
from tests.ffmpeg.sound.listening import RATE, file_clip, level, mix, pitch, sine, timeline, write_wav

TEN_MS = RATE // 100


def bursts(times: list[float], seconds: float, rate: int = RATE) -> np.ndarray[Any, Any]:
    """Return silence with bumps of 2 ms at these times."""
    sound = np.zeros((1, int(seconds * rate)))
    width = rate // 500
    for time in times:
        start = int(time * rate) - width // 2
        sound[0, start : start + width] = np.hanning(width)
    return sound


def centre(sound: np.ndarray[Any, Any], near: float, reach: float) -> float:
    """Second at which the energy around a time has its centre."""
    start, end = int((near - reach) * RATE), int((near + reach) * RATE)
    energy = sound[max(0, start) : end].astype(float) ** 2
    assert energy.sum() > 1e-6
    return float((energy * np.arange(max(0, start), max(0, start) + len(energy))).sum() / energy.sum()) / RATE


@pytest.mark.parametrize("speed", [0.05, 0.13, 0.5, 0.65, 0.97, 1.03, 1.33, 2.0, 2.3, 3.0, 4.4, 5.2, 7.0, 16.0, 60.0])
def test_stretched_sound_stays_within_ten_milliseconds_of_its_picture(speed: float, tmp_path: Path) -> None:
    gap = max(0.3, speed * 0.4)
    times = [gap * (number + 1) for number in range(4)]
    path = write_wav(tmp_path / "bursts.wav", bursts(times, gap * 6))
    sound = mix(timeline([file_clip(path, 1, gap * 5 / speed, speed=speed)]))[0]

    for time in times:
        expected = 1 + time / speed
        assert centre(sound, expected, 0.45 * gap / speed) == pytest.approx(expected, abs=0.010)


@pytest.mark.parametrize("speed", [0.25, 0.8, 1.25, 2.0, 3.7])
@pytest.mark.parametrize(
    ("kept", "rate"), [("keep", 48_000), ("keep", 44_100), ("varispeed", 48_000), ("varispeed", 44_100)]
)
def test_speed_keeps_the_pitch_or_shifts_it_and_always_the_level(
    speed: float, kept: str, rate: int, tmp_path: Path
) -> None:
    path = write_wav(tmp_path / "sine.wav", sine(440, 0.5, 4 * RATE)[None])
    line = timeline([file_clip(path, 0, 1, speed=speed, pitch=kept)], sample_rate=rate)
    sound = mix(line)[0][rate // 5 : -rate // 5]

    assert pitch(sound, rate) == pytest.approx(440 if kept == "keep" else 440 * speed, rel=0.003)
    assert level(sound) == pytest.approx(level(sine(440, 0.5, RATE)), abs=0.1)


@pytest.mark.parametrize("speed", [0.1, 0.333, 0.9, 1.001, 1.237, 8.0, 100.0])
def test_varispeed_puts_every_moment_where_it_belongs(speed: float, tmp_path: Path) -> None:
    gap = max(0.2, 0.4 * speed)
    times = [gap * (number + 1) for number in range(4)]
    path = write_wav(tmp_path / "bursts.wav", bursts(times, gap * 6))
    sound = mix(timeline([file_clip(path, 0, gap * 5 / speed, speed=speed, pitch="varispeed")]))[0]

    for time in times:
        assert centre(sound, time / speed, 0.45 * gap / speed) == pytest.approx(time / speed, abs=0.001)


def test_speed_one_is_the_source_itself(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).uniform(-1, 1, (2, 2 * RATE)).astype(np.float32)
    path = write_wav(tmp_path / "noise.wav", noise)

    for kept in ("keep", "varispeed"):
        assert np.array_equal(mix(timeline([file_clip(path, 0, 2, pitch=kept)])), noise)


@pytest.mark.parametrize("kept", ["keep", "varispeed"])
@pytest.mark.parametrize("speed", [0.4, 1.7])
def test_windows_of_a_clip_at_speed_agree_with_the_whole(kept: str, speed: float, tmp_path: Path) -> None:
    noise = np.random.default_rng(2).uniform(-0.5, 0.5, (1, 6 * RATE))
    path = write_wav(tmp_path / "noise.wav", noise)
    line = timeline([file_clip(path, 0.2, 3, speed=speed, pitch=kept, source_start=0.3, audio_fade_in=1)])
    whole = mix(line)
    part = mix(line, (30, 55))

    difference = np.abs(part - whole[:, 30 * RATE // 25 : 55 * RATE // 25])
    assert difference.max() < 1e-6


def test_a_source_that_ends_early_at_speed_leaves_silence(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "sine.wav", sine(500, 0.5, RATE)[None])
    for kept in ("keep", "varispeed"):
        sound = mix(timeline([file_clip(path, 0, 2, speed=2, pitch=kept)]))[0]

        assert level(sound[: RATE // 3]) > -12
        assert level(sound[RATE // 2 + TEN_MS * 5 :]) < -60


def test_the_first_moments_of_a_stretched_clip_are_there(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "sine.wav", sine(1_000, 0.5, 4 * RATE)[None])
    for speed in (0.5, 2.0):
        for start in (0, 1):
            sound = mix(timeline([file_clip(path, 0, 1, speed=speed, source_start=start)]))[0]
            assert level(sound[TEN_MS : 4 * TEN_MS]) == pytest.approx(level(sine(1_000, 0.5, RATE)), abs=2)


def test_delays_are_joined_by_straight_lines() -> None:
    assert delay(1.0) == 0
    assert delay(0.001) == delay(0.05)
    assert delay(1000.0) == delay(100.0)
    assert 0 < delay(1.05) < delay(1.1)
