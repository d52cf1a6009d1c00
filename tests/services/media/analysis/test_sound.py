"""Silence and loudness against planted truth, and against the standard written down once more."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from protocol.commands.analysis import LoudnessMeasure, SilenceOptions
from sidecar.services.media.analysis.messages import Options
from tests.harness.media import run_ffmpeg
from tests.services.media.analysis.passing import measured, seconds
from tests.services.media.waveform.reference import write_wav

RATE = 48_000
Sound = NDArray[np.float64]


def tone(level: float, length: float, frequency: float = 1000, phase: float = 0) -> Sound:
    """A sine whose peak is `level` dB of full scale."""
    time = np.arange(round(length * RATE)) / RATE
    return np.asarray(10 ** (level / 20) * np.sin(2 * np.pi * frequency * time + np.radians(phase)))


def noise(level: float, length: float, seed: int) -> Sound:
    """White noise whose mean is `level` dB of full scale."""
    return np.asarray(np.random.default_rng(seed).standard_normal(round(length * RATE)) * 10 ** (level / 20))


def written(path: Path, *channels: Sound) -> Path:
    return write_wav(path, "f32", np.stack(channels, 1).astype(np.float32), RATE)


def loudness_of(path: Path) -> LoudnessMeasure:
    found = measured(path, "loudness").loudness
    assert found is not None
    return found


def check_silence(path: Path, planted: list[tuple[float, float]], options: Options | None = None) -> None:
    silence = measured(path, "silence", options=options).silence
    assert silence is not None
    found = seconds(silence.spans)
    assert len(found) == len(planted), found
    for (first, last), (begin, end) in zip(found, planted, strict=True):
        assert abs(first - begin) <= 0.1
        assert abs(last - end) <= 0.1


PARTS: list[tuple[str, float, float]] = [
    ("silent", -90, 0.8), ("loud", -12, 1.5), ("silent", -70, 0.7), ("loud", -40, 1.0), ("pause", -90, 0.3),
    ("loud", -20, 1.0), ("silent", -75, 2.0), ("loud", -30, 0.5), ("silent", -90, 1.0),
]  # fmt: skip


def planted_silence() -> tuple[Sound, list[tuple[float, float]]]:
    parts, spans, at = [], [], 0.0
    for number, (kind, level, length) in enumerate(PARTS):
        parts.append(noise(level, length, number))
        spans += [(at, at + length)] if kind == "silent" else []
        at += length
    return np.concatenate(parts), spans


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".mp3", ".m4a", ".opus"])
def test_silence(tmp_path: Path, suffix: str) -> None:
    sound, spans = planted_silence()
    wav = written(tmp_path / "in.wav", sound, sound * 0.8)
    path = tmp_path / f"a{suffix}"
    run_ffmpeg(["-i", str(wav), *(["-c:a", "pcm_s16le"] if suffix == ".wav" else []), "-b:a", "160k", str(path)])
    check_silence(path, spans)


def test_silence_is_that_of_all_channels(tmp_path: Path) -> None:
    quiet = np.zeros(3 * RATE)
    left = np.concatenate([tone(-10, 1), np.zeros(2 * RATE)])
    check_silence(written(tmp_path / "a.wav", left, tone(-30, 3)), [])
    check_silence(written(tmp_path / "b.wav", left, quiet), [(1, 3)])
    check_silence(written(tmp_path / "c.wav", quiet, quiet), [(0, 3)])


def test_what_silence_is_can_be_said(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", np.concatenate([tone(-10, 1), tone(-45, 0.4), tone(-10, 1)]))
    check_silence(path, [])
    check_silence(path, [(1, 1.4)], Options(silence=SilenceOptions(level=-40, minimum_seconds=0.3)))


def test_the_cases_of_ebu_tech_3341(tmp_path: Path) -> None:
    cases: list[tuple[list[tuple[float, float]], float]] = [
        ([(-23, 20)], -23.0),
        ([(-33, 20)], -33.0),
        ([(-36, 10), (-23, 60), (-36, 10)], -23.0),
        ([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23.0),
        ([(-26, 20), (-20, 20.1), (-26, 20)], -23.0),
    ]
    for number, (parts, expected) in enumerate(cases):
        sound = np.concatenate([tone(level, length) for level, length in parts])
        found = loudness_of(written(tmp_path / f"{number}.wav", sound, sound))
        assert found.integrated == pytest.approx(expected, abs=0.1), number


@pytest.mark.parametrize(("levels", "expected"), [((-20, -30), 10), ((-20, -15), 5), ((-40, -20), 20)])
def test_the_cases_of_ebu_tech_3342(tmp_path: Path, levels: tuple[float, float], expected: float) -> None:
    sound = np.concatenate([tone(level, 20) for level in levels])
    found = loudness_of(written(tmp_path / "a.wav", sound, sound))
    assert found.range == pytest.approx(expected, abs=1)


@pytest.mark.parametrize(
    ("divided", "phase", "level", "expected"),
    [(4, 0, -6.02, -6.0), (4, 45, -6.02, -6.0), (6, 60, -6.02, -6.0), (8, 67.5, -6.02, -6.0), (4, 45, 2.99, 3.0)],
)
def test_true_peaks_of_ebu_tech_3341(tmp_path: Path, divided: int, phase: float, level: float, expected: float) -> None:
    # A tone that begins at once is wider than its own peak.
    ramp = np.minimum(1, np.arange(2 * RATE) / (RATE / 20))
    sound = tone(level, 2, RATE / divided, phase) * ramp * ramp[::-1]
    found = loudness_of(written(tmp_path / "a.wav", sound, sound))
    assert found.true_peak is not None
    assert expected - 0.4 <= found.true_peak <= expected + 0.2


def test_a_quiet_peak_is_told_as_exactly(tmp_path: Path) -> None:
    sound = np.concatenate([np.zeros(RATE), tone(-66, 1, 997)])
    found = loudness_of(written(tmp_path / "a.wav", sound))
    assert found.true_peak == pytest.approx(-66, abs=0.2)


@pytest.mark.parametrize("seed", range(2))
def test_noise_against_the_standard(tmp_path: Path, seed: int) -> None:
    random = np.random.default_rng(seed)
    parts = [noise(float(random.uniform(-50, -10)), float(random.uniform(1, 3)), seed + n) for n in range(6)]
    left, right = np.concatenate(parts), np.concatenate(parts) * 0.5
    found = loudness_of(written(tmp_path / "a.wav", left, right))
    assert found.integrated == pytest.approx(integrated(np.stack([left, right])), abs=0.1)


def test_silence_has_no_loudness(tmp_path: Path) -> None:
    found = loudness_of(written(tmp_path / "a.wav", np.zeros(5 * RATE)))
    assert (found.integrated, found.range, found.true_peak) == (None, None, None)
    assert (found.momentary_maximum, found.short_term_maximum) == (None, None)
    short = loudness_of(written(tmp_path / "b.wav", tone(-20, 0.3), tone(-20, 0.3)))
    assert (short.integrated, short.range) == (None, None)
    assert short.true_peak == pytest.approx(-20, abs=0.2)


def test_the_highest_moments(tmp_path: Path) -> None:
    sound = np.concatenate([tone(-40, 5), tone(-20, 1), tone(-40, 5)])
    found = loudness_of(written(tmp_path / "a.wav", sound, sound))
    assert found.momentary_maximum == pytest.approx(-20, abs=0.2)
    assert found.short_term_maximum == pytest.approx(-20 + 10 * np.log10((1 + 2 * 0.01) / 3), abs=0.3)


def test_a_range_is_heard_alone(tmp_path: Path) -> None:
    sound = np.concatenate([tone(-10, 14), np.zeros(2 * RATE), tone(-30, 4)])
    path = written(tmp_path / "a.wav", sound, sound)
    found = measured(path, "silence", "loudness", span=(Fraction(29, 2), Fraction(20)))
    assert found.silence is not None
    (quiet,) = seconds(found.silence.spans)
    assert quiet == pytest.approx((14.5, 16), abs=0.001)
    assert found.loudness is not None
    assert found.loudness.integrated == pytest.approx(-30, abs=0.2)
    assert found.loudness.true_peak == pytest.approx(-30, abs=0.2)


def integrated(channels: Sound) -> float:
    """Integrated loudness by ITU-R BS.1770-4, annex 1, written for 48 kHz and two channels."""
    weighted = [_filtered(_filtered(each, *SHELF), *HIGHPASS) for each in channels]
    window, step = round(0.4 * RATE), round(0.1 * RATE)
    starts = range(0, channels.shape[1] - window + 1, step)
    powers = np.array([sum(float((each[at : at + window] ** 2).mean()) for each in weighted) for at in starts])
    loud = -0.691 + 10 * np.log10(powers)
    absolute = powers[loud > -70]
    relative = -0.691 + 10 * np.log10(absolute.mean()) - 10
    kept = powers[(loud > -70) & (loud > relative)]
    return float(-0.691 + 10 * np.log10(kept.mean()))


SHELF = ([1.53512485958697, -2.69169618940638, 1.19839281085285], [1.0, -1.69065929318241, 0.73248077421585])
HIGHPASS = ([1.0, -2.0, 1.0], [1.0, -1.99004745483398, 0.99007225036621])


def _filtered(samples: Sound, forward: list[float], back: list[float]) -> Sound:
    """Filter by the response to an impulse, one second of it."""
    response: Any = np.zeros(RATE)
    past_in, past_out = [0.0, 0.0], [0.0, 0.0]
    for place in range(RATE):
        given = 1.0 if place == 0 else 0.0
        made = forward[0] * given + forward[1] * past_in[0] + forward[2] * past_in[1]
        made -= back[1] * past_out[0] + back[2] * past_out[1]
        past_in, past_out = [given, past_in[0]], [made, past_out[0]]
        response[place] = made
    length = len(samples) + RATE
    return np.asarray(
        np.fft.irfft(np.fft.rfft(samples, length) * np.fft.rfft(response, length), length)[: len(samples)]
    )
