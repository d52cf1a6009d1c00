"""audiowaveform's definition, one sample at a time, and files to hold it against.

Written after its sources: src/SndFileAudioFileReader.cpp (what a sample is), src/WaveformGenerator.cpp (what a pixel
is) and src/WaveformBuffer.cpp (what a file holds). `int(x)` and `int(a / b)` are C++'s casts and divisions, which go
towards zero; `>>` is libsndfile's way from wider samples to 16 bits.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Shorts = list[list[int]]
"""Samples of 16 bits, by channel."""


@dataclass(frozen=True)
class Form:
    """A form of samples in WAV: its tag, the bytes of a sample, how one is written, and what it is as 16 bits."""

    tag: int
    width: int
    kind: str
    low: float
    high: float

    def short(self, value: float) -> int:
        if self.tag == 3:
            return max(-32_768, min(32_767, int(np.float32(np.float32(value) * np.float32(32_767)))))
        bits = 8 * self.width
        if bits == 8:
            return (int(value) - 128) << 8
        return int(value) >> (bits - 16)


FORMS = {
    "u8": Form(1, 1, "<u1", 0, 255),
    "s16": Form(1, 2, "<i2", -(2**15), 2**15 - 1),
    "s24": Form(1, 3, "<i4", -(2**23), 2**23 - 1),
    "s32": Form(1, 4, "<i4", -(2**31), 2**31 - 1),
    "f32": Form(3, 4, "<f4", -1.2, 1.2),
    "f64": Form(3, 8, "<f8", -1.2, 1.2),
}


def drawn(form: str, channels: int, count: int, seed: int) -> NDArray[Any]:
    """Draw samples of a form: loud, quiet, silent and at both ends of the scale."""
    random, shape = np.random.default_rng(seed), FORMS[form]
    values = random.uniform(shape.low, shape.high, (count, channels))
    swell = np.abs(np.sin(np.arange(count) / 700))[:, None]
    middle = (shape.low + shape.high) / 2
    values = middle + (values - middle) * swell
    values[count // 3 : count // 2] = middle
    values[: min(3, count)] = shape.low
    values[-1:] = shape.high
    if shape.tag == 3:
        return values.astype(shape.kind)
    return np.rint(values).clip(shape.low, shape.high).astype(shape.kind)


def write_wav(path: Path, form: str, samples: NDArray[Any], rate: int) -> Path:
    """Write (samples, channels) as WAV."""
    shape, channels = FORMS[form], samples.shape[1]
    raw = np.ascontiguousarray(samples).tobytes()
    if form == "s24":
        raw = np.frombuffer(raw, np.uint8).reshape(-1, 4)[:, :3].tobytes()
    step = shape.width * channels
    head = struct.pack("<HHIIHH", shape.tag, channels, rate, rate * step, step, 8 * shape.width)
    body = b"WAVE" + b"fmt " + struct.pack("<I", len(head)) + head + b"data" + struct.pack("<I", len(raw)) + raw
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path


def shorts(form: str, samples: NDArray[Any]) -> Shorts:
    """Return what audiowaveform reads of samples."""
    return [[FORMS[form].short(value) for value in column] for column in samples.T.tolist()]


def mixed(channels: Shorts) -> Shorts:
    """Return the channels as one."""
    return [[int(sum(each) / len(each)) for each in zip(*channels, strict=True)]]


@dataclass(frozen=True)
class Expected:
    """Pixels of one channel."""

    low: list[int]
    high: list[int]
    rms: list[float]


def pixels(samples: list[int], size: int) -> Expected:
    """Return the pixels of `size` samples, the last of what is left."""
    low, high, rms = [], [], []
    for first in range(0, len(samples), size):
        part = samples[first : first + size]
        low.append(min(part))
        high.append(max(part))
        rms.append(math.sqrt(sum(value * value for value in part) / len(part)))
    return Expected(low, high, rms)


def narrowed(values: list[int], bits: int) -> list[int]:
    """Return values as a file of so many bits holds them."""
    return values if bits == 16 else [int(value / 256) for value in values]
