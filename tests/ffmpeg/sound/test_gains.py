"""Volume, pan and the master volume while they move."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from protocol.project import Animated, AudioTrack, CubicBezier, Key, Keyframes
from protocol.project.curves import key_times, value_at
from protocol.time import sample_at_frame
from tests.ffmpeg.sound.listening import RATE, file_clip, mix, timeline, write_wav

FADE = Keyframes(
    keyframes=[Key(time=0.1, value=0, easing="easeIn"), Key(time=0.9, value=2, easing="hold"), Key(time=1.3, value=0.5)]
)
SWAY = Keyframes(
    keyframes=[
        Key(time=0, value=-1),
        Key(time=0.73, value=0.6, easing=CubicBezier(cubic_bezier=(0.2, 1.5, 0.6, -0.4))),
        Key(time=1.5, value=1),
    ]
)


@pytest.fixture(scope="module")
def ones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wav(tmp_path_factory.mktemp("ones") / "ones.wav", np.ones((2, 4 * RATE)))


def expected(animated: Animated, first: int, samples: range, rate: Fraction, sample_rate: int) -> NDArray[np.float64]:
    """Values at the frames' instants on the clock that is 0 at frame `first`, joined by straight lines."""
    times = key_times(animated)
    frames = range(int(samples.stop * rate / sample_rate) + 3)
    values = [value_at(animated, (frame - first) / rate, times) for frame in frames]
    return np.interp(np.arange(samples.start, samples.stop) * float(rate) / sample_rate, np.arange(len(values)), values)


@pytest.mark.parametrize("rate", ["25", "30000/1001", "24000/1001", "240"])
@pytest.mark.parametrize("sample_rate", [48_000, 44_100])
def test_a_clip_s_volume_follows_its_keys_from_sample_to_sample(rate: str, sample_rate: int, ones: Path) -> None:
    line = timeline([file_clip(ones, 0.52, 1.6, volume=FADE)], rate=rate, sample_rate=sample_rate)
    first = line.audio[0].items[0].first
    start = sample_at_frame(first, line.rate, sample_rate)
    heard = mix(line)

    wanted = expected(FADE, first, range(start, heard.shape[1]), line.rate, sample_rate)
    assert not heard[:, :start].any()
    # resampled ones are ones only away from where they begin
    assert np.abs(heard[:, start + 100 :] - wanted[100:]).max() < (1e-6 if sample_rate == RATE else 2e-3)


def panned(side: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([np.minimum(1, 1 - side), np.minimum(1, 1 + side)])


def test_pan_moves_between_the_sides(ones: Path) -> None:
    line = timeline([file_clip(ones, 0, 1.6, pan=SWAY, volume=0.5)])
    heard = mix(line)

    side = expected(SWAY, 0, range(heard.shape[1]), line.rate, RATE)
    assert np.abs(heard - 0.5 * panned(side)).max() < 1e-6


def test_track_and_master_run_on_the_project_s_clock_and_multiply(ones: Path) -> None:
    track = AudioTrack(clips=[file_clip(ones, 0.4, 1.2, volume=FADE)], volume=SWAY_UP, pan=SWAY)
    line = timeline(track, master_volume=FADE)
    heard = mix(line)
    samples = range(heard.shape[1])

    gain = expected(SWAY_UP, 0, samples, line.rate, RATE) * expected(FADE, 0, samples, line.rate, RATE)
    gain *= expected(FADE, 10, samples, line.rate, RATE)
    gain[: round(0.4 * RATE)] = 0
    assert np.abs(heard - gain * panned(expected(SWAY, 0, samples, line.rate, RATE))).max() < 1e-5


SWAY_UP = Keyframes(keyframes=[Key(time=0.2, value=0.25, easing="easeOut"), Key(time=1.1, value=3)])


@pytest.mark.parametrize("channels", [1, 2, 6, 8])
def test_moving_gains_fit_every_layout(channels: int, ones: Path) -> None:
    line = timeline([file_clip(ones, 0, 1, volume=FADE, pan=SWAY)], channels=channels)
    heard = mix(line)
    samples = range(heard.shape[1])
    level = expected(FADE, 0, samples, line.rate, RATE)
    side = expected(SWAY, 0, samples, line.rate, RATE)
    wanted = np.zeros((channels, len(samples)))
    wanted[:2] = level if channels == 1 else level * panned(side)

    assert np.abs(heard - wanted).max() < 1e-6


@pytest.mark.parametrize("window", [(3, 21), (20, 21), (37, 40)])
def test_a_window_of_moving_gains_is_the_whole_bit_for_bit(window: tuple[int, int], ones: Path) -> None:
    clip: Any = file_clip(ones, 0.12, 1.48, volume=FADE, pan=SWAY, audio_fade_in=0.5)
    line = timeline(AudioTrack(clips=[clip], volume=SWAY_UP), rate="30000/1001", master_volume=FADE)
    start, end = (sample_at_frame(frame, line.rate, RATE) for frame in window)

    assert np.array_equal(mix(line, window), mix(line)[:, start:end])
