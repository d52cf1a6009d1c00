"""Decoded sound as 16-bit samples, by the rules of audiowaveform.

audiowaveform (src/SndFileAudioFileReader.cpp, WaveformGenerator.cpp) reads 16-bit samples: wider integers lose their
low bits (an arithmetic shift, so towards −∞, as libsndfile does it), 8-bit ones are shifted up, and a float is
multiplied by 32,767 as a 32-bit float and truncated towards zero. The channels of one waveform are summed and the sum
is divided by their number, truncated towards zero. Floats beyond full scale, which overflow there, are clipped here.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

import numpy as np
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

Row = NDArray[np.float32]
"""Samples of one channel: whole numbers within 16 bits, as floats, which are quickest to reckon with."""

Samples = list[Row]
"""A row for each channel."""

FULL = np.float32(32_767)
LOWEST, HIGHEST = -32_768, 32_767


def _from_u8(raw: NDArray[Any]) -> Row:
    return (raw.astype(np.float32) - 128) * 256


def _from_s16(raw: NDArray[Any]) -> Row:
    return raw.astype(np.float32)


def _from_s32(raw: NDArray[Any]) -> Row:
    return (raw >> 16).astype(np.float32)


def _from_s64(raw: NDArray[Any]) -> Row:
    return (raw >> 48).astype(np.float32)


def from_float(raw: NDArray[Any]) -> Row:
    """Return floats as whole numbers of 16 bits; what is beyond full scale is clipped."""
    # What is not a number is silence: a damaged file must not draw a full bar. A sum is the quickest way to see one.
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = raw.astype(np.float32, copy=False) * FULL
        sound = isfinite(float(scaled.sum()))
    if not sound:
        scaled = np.nan_to_num(scaled, nan=0.0)
    np.clip(scaled, LOWEST, HIGHEST, out=scaled)
    whole: Row = np.trunc(scaled, out=scaled)
    return whole


_FORMATS: dict[str, tuple[type[np.generic], Callable[[NDArray[Any]], Row]]] = {
    "u8": (np.uint8, _from_u8),
    "s16": (np.int16, _from_s16),
    "s32": (np.int32, _from_s32),
    "s64": (np.int64, _from_s64),
    "flt": (np.float32, from_float),
    "dbl": (np.float64, from_float),
}


def read_samples(frame: AudioFrame) -> Samples:
    """Return the samples of a decoded frame of any format, one row a channel."""
    name = str(frame.format.name)
    kind, convert = _FORMATS[name.removesuffix("p")]
    channels, count = len(frame.layout.channels), frame.samples
    if frame.format.is_planar:
        return [convert(_raw(plane, kind, count)) for plane in frame.planes]
    packed = _raw(frame.planes[0], kind, count * channels)
    return list(convert(packed).reshape(count, channels).T)


def _raw(plane: Any, kind: type[np.generic], count: int) -> NDArray[Any]:
    return np.frombuffer(plane, kind, count)


def mixed(samples: Samples) -> Samples:
    """Return one row: the average of all, truncated towards zero."""
    channels = len(samples)
    if channels == 1:
        return samples
    total = samples[0] + samples[1]
    for row in samples[2:]:
        total += row
    # Exact: sums stay below 2^24, and what is no whole number is further from one than a float's last bit.
    if channels == 2:
        total *= np.float32(0.5)
    else:
        total /= np.float32(channels)
    return [np.trunc(total, out=total)]
