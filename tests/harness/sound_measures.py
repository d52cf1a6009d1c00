"""What the word `moves` of a parameter of the sound stands for: what is played, and what of the result is measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tests.harness.sounds import SAMPLE_RATE, Samples

Mono = NDArray[np.float64]
SECONDS = 3
BURST = (SAMPLE_RATE, SAMPLE_RATE * 3 // 2)
"""Samples [first, end) of the loud part of `bursting`."""

CLICK = SAMPLE_RATE // 10
"""Sample of the click of `clicking`."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A measure of the sound: of what is `played`, what is `read` out of the left channel made of it."""

    played: Callable[[], Samples]
    read: Callable[[Mono], float]


def _stereo(left: Mono) -> Samples:
    return np.stack([left, left[::-1]], 1).astype(np.float32)


@cache
def swelling() -> Samples:
    """White noise of every level between −60 and −10 dB, eight times a second."""
    time = np.arange(SECONDS * SAMPLE_RATE) / SAMPLE_RATE
    swell = 10 ** ((-35 - 25 * np.cos(2 * np.pi * 8 * time)) / 20)
    return _stereo(np.random.default_rng(2).standard_normal(len(time)) * swell)


@cache
def even() -> Samples:
    """White noise at −20 dB."""
    return _stereo(np.random.default_rng(3).standard_normal(SECONDS * SAMPLE_RATE) / 10)


@cache
def bursting() -> Samples:
    """A tone at −40 dB, in its middle at −6 dB."""
    time = np.arange(SECONDS * SAMPLE_RATE) / SAMPLE_RATE
    tone = np.sin(2 * np.pi * 500 * time) * 0.01
    tone[slice(*BURST)] *= 50
    return np.stack([tone, tone], 1).astype(np.float32)


@cache
def clicking() -> Samples:
    """A click and silence."""
    click = np.zeros((SECONDS * SAMPLE_RATE, 2), np.float32)
    click[CLICK] = 1
    return click


@cache
def toning() -> Samples:
    """A tone of 440 Hz."""
    tone = np.sin(2 * np.pi * 440 * np.arange(SECONDS * SAMPLE_RATE) / SAMPLE_RATE) / 2
    return np.stack([tone, tone], 1).astype(np.float32)


@cache
def hissing() -> Samples:
    """Noise at −45 dB, with a tone in its second half."""
    hiss = np.random.default_rng(4).standard_normal(SECONDS * SAMPLE_RATE) * 10 ** (-45 / 20)
    hiss[len(hiss) // 2 :] += toning()[len(hiss) // 2 :, 0]
    return _stereo(hiss)


def decibels(samples: Mono) -> float:
    """Root mean square in dB of full scale."""
    return float(10 * np.log10((samples**2).mean() + 1e-20))


def band(samples: Mono, low: float, high: float) -> float:
    """Level of what lies between two frequencies."""
    spectrum = np.abs(np.fft.rfft(samples)) ** 2
    frequencies = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    inside = (frequencies >= low) & (frequencies < high)
    return float(10 * np.log10(spectrum[inside].sum() / len(samples) ** 2 + 1e-20))


def pitch(samples: Mono) -> float:
    """Strongest frequency."""
    inner = samples[SAMPLE_RATE // 2 : -SAMPLE_RATE // 2]
    spectrum = np.abs(np.fft.rfft(inner * np.hanning(len(inner)), 8 * len(inner)))
    return float(spectrum.argmax() * SAMPLE_RATE / 8 / len(inner))


def _answer(samples: Mono) -> float:
    """Seconds after the click until a twentieth of all that follows was heard."""
    after = np.cumsum(samples[CLICK + 48 :] ** 2)
    return float(np.searchsorted(after, after[-1] / 20) / SAMPLE_RATE)


def _late(samples: Mono) -> Mono:
    """What is heard from a quarter of a second after the click on."""
    return samples[CLICK + SAMPLE_RATE // 4 :]


HEARD: dict[str, Heard] = {
    "level": Heard(swelling, decibels),
    "peak": Heard(swelling, lambda made: float(np.abs(made).max())),
    "bass": Heard(even, lambda made: band(made, 20, 200)),
    "treble": Heard(even, lambda made: band(made, 6_000, 20_000)),
    "band250": Heard(even, lambda made: band(made, 225, 280)),
    "band1000": Heard(even, lambda made: band(made, 900, 1_100)),
    "band4000": Heard(even, lambda made: band(made, 3_600, 4_400)),
    "skirt": Heard(even, lambda made: band(made, 150, 180)),
    "onset": Heard(bursting, lambda made: decibels(made[BURST[0] : BURST[0] + 2_400])),
    "rebound": Heard(bursting, lambda made: decibels(made[BURST[1] : BURST[1] + 9_600])),
    "beneath": Heard(even, lambda made: decibels(made[slice(*BURST)])),
    "tail": Heard(clicking, lambda made: decibels(_late(made))),
    "answer": Heard(clicking, _answer),
    "air": Heard(clicking, lambda made: band(_late(made), 6_000, 20_000) - band(_late(made), 20, 20_000)),
    "pitch": Heard(toning, pitch),
    "hiss": Heard(hissing, lambda made: decibels(made[SAMPLE_RATE // 2 : SAMPLE_RATE])),
}
"""Measures by the names that declarations give."""
