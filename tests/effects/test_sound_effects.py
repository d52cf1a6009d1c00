"""Effects of the sound by numbers: gains, times, decays, pitches, and that nothing comes late."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.harness.effects import effect
from tests.harness.sound_measures import CLICK, clicking, decibels, even, pitch, toning
from tests.harness.sounds import KEY, SAMPLE_RATE, Samples, sounded

Mono = NDArray[np.float64]


def tone(frequency: float, level: float, seconds: float = 2) -> Samples:
    """A sine of a level in dB (of its root mean square)."""
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    wave = np.sin(2 * np.pi * frequency * time) * np.sqrt(2) * 10 ** (level / 20)
    return np.stack([wave, wave], 1).astype(np.float32)


def steady(samples: Samples) -> float:
    """Level of the second half."""
    return decibels(samples[len(samples) // 2 :, 0].astype(np.float64))


@pytest.mark.parametrize(("kind", "octaves"), [("highpass", -1), ("lowpass", 1)])
@pytest.mark.parametrize("slope", ["12", "24", "48"])
def test_passes_lose_3_db_at_their_frequency_and_their_slope_an_octave_on(
    kind: str, octaves: int, slope: str, tmp_path: Path
) -> None:
    chosen = effect(kind, {"frequency": 1000, "slope": slope})
    gains = [
        steady(sounded(tone(1000 * 2.0**away, -20), [chosen], tmp_path)) + 20
        for away in (-3 * octaves, 0, octaves, 2 * octaves)
    ]
    assert gains[0] == pytest.approx(0, abs=0.1)
    assert gains[1] == pytest.approx(-3.01, abs=0.05)
    assert gains[2] - gains[3] == pytest.approx(int(slope), rel=0.12)


@pytest.mark.parametrize(
    ("parameters", "frequency", "gain"),
    [
        ({"gain2": 6}, 1000, 6),
        ({"gain2": 6}, 100, 0),
        ({"gain1": -12, "frequency1": 300, "width1": 4}, 300, -12),
        ({"gain3": 3, "frequency3": 8000}, 8000, 3),
        ({"lowGain": -9, "lowFrequency": 200}, 30, -9),
        ({"highGain": 9, "highFrequency": 3000}, 16000, 9),
    ],
)
def test_bands_raise_what_they_say(parameters: dict[str, float], frequency: float, gain: float, tmp_path: Path) -> None:
    made = sounded(tone(frequency, -30), [effect("equalizer", parameters)], tmp_path)
    assert steady(made) + 30 == pytest.approx(gain, abs=0.3)


@pytest.mark.parametrize(("level", "wanted"), [(-40, -40), (-20, -28), (-10, -26)])
def test_compression_follows_its_curve(level: float, wanted: float, tmp_path: Path) -> None:
    """Above −30 dB five decibels become one."""
    chosen = effect("compressor", {"threshold": -30, "ratio": 5, "knee": 0, "attack": 0.2, "release": 0.2})
    assert steady(sounded(tone(1000, level), [chosen], tmp_path)) == pytest.approx(wanted, abs=0.5)


def test_compression_makes_up_for_what_it_took(tmp_path: Path) -> None:
    chosen = effect("compressor", {"threshold": 0, "ratio": 2, "makeup": 6})
    assert steady(sounded(tone(1000, -40), [chosen], tmp_path)) == pytest.approx(-34, abs=0.05)


@pytest.mark.parametrize("ceiling", [-1.0, -12.0])
def test_no_sample_passes_the_limit(ceiling: float, tmp_path: Path) -> None:
    made = sounded(even() * 8, [effect("limiter", {"ceiling": ceiling})], tmp_path)
    assert np.abs(made).max() <= 10 ** (ceiling / 20) + 1e-6
    assert np.abs(made).max() > 10 ** (ceiling / 20) * 0.9


def test_a_limiter_leaves_what_is_below_it_in_its_place(tmp_path: Path) -> None:
    sound = even() * 0.5
    made = sounded(sound, [effect("limiter", {"ceiling": -1, "attack": 0.02})], tmp_path)
    assert np.abs(made - sound).max() < 1e-6


def test_echoes_come_on_their_sample_at_their_level(tmp_path: Path) -> None:
    chosen = effect("delay", {"time": 0.1, "feedback": 0.5, "level": 0.8})
    made = sounded(clicking(), [chosen], tmp_path)[:, 0]
    expected = np.zeros_like(made)
    expected[CLICK] = 1
    for place in range(11):
        expected[CLICK + (place + 1) * SAMPLE_RATE // 10] = 0.8 * 0.5**place
    assert np.abs(made - expected).max() < 1e-6


@pytest.mark.parametrize("kind", ["delay", "reverb"])
def test_a_tail_is_heard_after_its_owner(kind: str, tmp_path: Path) -> None:
    short = clicking()[: CLICK + 100]
    made = sounded(short, [effect(kind, {"level": 0.8})], tmp_path, span=(len(short), 2 * SAMPLE_RATE))
    whole = sounded(clicking(), [effect(kind, {"level": 0.8})], tmp_path)
    assert np.abs(made - whole[len(short) : 2 * SAMPLE_RATE]).max() < 1e-6
    assert decibels(made[:, 0].astype(np.float64)) > -60


@pytest.mark.parametrize("decay", [0.5, 1.5])
def test_a_room_decays_by_60_db_in_its_time(decay: float, tmp_path: Path) -> None:
    chosen = effect("reverb", {"decay": decay, "preDelay": 0.05, "damping": 0, "level": 0.5})
    made = sounded(clicking(), [chosen], tmp_path).astype(np.float64)
    for channel in (0, 1):
        heard = made[:, channel]
        assert heard[CLICK] == pytest.approx(1, abs=1e-5)
        room = heard[CLICK + 1 :]
        began = int(np.flatnonzero(np.abs(room) > 1e-5)[0]) + 1
        assert began == pytest.approx(0.05 * SAMPLE_RATE, abs=3)
        assert (room**2).sum() == pytest.approx(0.25, rel=0.01)
        left = np.cumsum(room[::-1] ** 2)[::-1]
        curve = 10 * np.log10(left / left[0] + 1e-20)
        fallen = [int(np.argmax(curve < level)) for level in (-5, -35)]
        assert (fallen[1] - fallen[0]) * 2 / SAMPLE_RATE == pytest.approx(decay, rel=0.1)
    assert np.abs(np.corrcoef(made[CLICK + 1 :, 0], made[CLICK + 1 :, 1])[0, 1]) < 0.1


@pytest.mark.parametrize("semitones", [-12, -5, -1, 0.5, 3, 7, 12])
def test_pitch_moves_the_pitch_and_nothing_else(semitones: float, tmp_path: Path) -> None:
    chosen = effect("pitch", {"semitones": semitones})
    sound = toning()
    made = sounded(sound, [chosen], tmp_path)
    assert made.shape == sound.shape
    assert pitch(made[:, 0].astype(np.float64)) == pytest.approx(440 * 2 ** (semitones / 12), rel=0.01)
    assert steady(made) == pytest.approx(steady(sound), abs=1.5)


@pytest.mark.parametrize("sample_rate", [44_100, 48_000])
@pytest.mark.parametrize("semitones", [-12, -4, 4, 12])
def test_pitch_keeps_events_in_their_place_for_a_minute(semitones: float, sample_rate: int, tmp_path: Path) -> None:
    sound = np.zeros((60 * sample_rate, 1), np.float32)
    bump = np.hanning(sample_rate // 25) * np.sin(np.arange(sample_rate // 25) * 2 * np.pi * 900 / sample_rate)
    places = [round(second * sample_rate) for second in (1, 10, 30, 50, 58)]
    for place in places:
        sound[place : place + len(bump), 0] = bump / 2
    made = sounded(sound, [effect("pitch", {"semitones": semitones})], tmp_path, sample_rate=sample_rate)[:, 0]
    for place in places:
        near = made[place - sample_rate // 5 : place + sample_rate // 5].astype(np.float64) ** 2
        centre = (near * np.arange(len(near))).sum() / near.sum() - sample_rate // 5 - len(bump) / 2
        assert abs(centre / sample_rate) < 0.012


@pytest.mark.parametrize("sample_rate", [11_025, 44_100, 48_000])
def test_noise_reduction_does_not_come_late(sample_rate: int, tmp_path: Path) -> None:
    sound = even()[:, :1] * 3
    made = sounded(sound, [effect("denoise", {"reduction": 6})], tmp_path, sample_rate=sample_rate)
    size = 2 * len(sound)
    one, other = (np.fft.rfft(each[:, 0], size) for each in (sound, made))
    assert int(np.argmax(np.fft.irfft(one.conj() * other))) == 0


def test_ducking_listens_to_its_key(tmp_path: Path) -> None:
    sound, key = even(), np.zeros_like(even())
    key[SAMPLE_RATE : 2 * SAMPLE_RATE] = tone(300, -10, 1)
    made = sounded(sound, [effect("ducking", {"track": KEY})], tmp_path, key=key)
    assert np.abs(made[:SAMPLE_RATE] - sound[:SAMPLE_RATE]).max() < 1e-6
    ducked = decibels(made[SAMPLE_RATE * 3 // 2 : 2 * SAMPLE_RATE, 0].astype(np.float64))
    assert ducked < -36
    assert np.array_equal(sounded(sound, [effect("ducking", {})], tmp_path), sound)
