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

Samples = NDArray[np.float32]
"""(channels, samples): whole numbers within 16 bits, as floats, which are quickest to reckon with."""

FULL = np.float32(32_767)
LOWEST, HIGHEST = -32_768, 32_767


def _from_u8(raw: NDArray[Any], out: Samples) -> None:
    np.subtract(raw, np.float32(128), out=out)
    out *= 256


def _from_s16(raw: NDArray[Any], out: Samples) -> None:
    out[:] = raw


def _from_s32(raw: NDArray[Any], out: Samples) -> None:
    out[:] = raw >> 16


def _from_s64(raw: NDArray[Any], out: Samples) -> None:
    out[:] = raw >> 48


def from_float(raw: NDArray[Any], out: Samples) -> None:
    """Write floats as whole numbers of 16 bits; what is beyond full scale is clipped."""
    # What is not a number is silence: a damaged file must not draw a full bar. A sum is the quickest way to see one.
    with np.errstate(invalid="ignore", over="ignore"):
        if raw.dtype == out.dtype:
            np.multiply(raw, FULL, out=out)
        else:
            out[:] = raw
            out *= FULL
        if not isfinite(float(out.sum())):
            np.nan_to_num(out, copy=False, nan=0.0)
    np.clip(out, LOWEST, HIGHEST, out=out)
    np.trunc(out, out=out)


_FORMATS: dict[str, tuple[type[np.generic], Callable[[NDArray[Any], Samples], None]]] = {
    "u8": (np.uint8, _from_u8),
    "s16": (np.int16, _from_s16),
    "s32": (np.int32, _from_s32),
    "s64": (np.int64, _from_s64),
    "flt": (np.float32, from_float),
    "dbl": (np.float64, from_float),
}


def read_samples(frame: AudioFrame, out: Samples | None = None) -> Samples:
    """Return the samples of a decoded frame of any format, in `out` where that is given."""
    name = str(frame.format.name)
    kind, convert = _FORMATS[name.removesuffix("p")]
    channels, count = len(frame.layout.channels), frame.samples
    rows: Samples = np.empty((channels, count), np.float32) if out is None else out
    if frame.format.is_planar:
        for row, plane in zip(rows, frame.planes, strict=True):
            convert(_raw(plane, kind, count), row)
    else:
        convert(_raw(frame.planes[0], kind, count * channels).reshape(count, channels).T, rows)
    return rows


def _raw(plane: Any, kind: type[np.generic], count: int) -> NDArray[Any]:
    return np.frombuffer(plane, kind, count)


def mixed(samples: Samples, out: Samples | None = None) -> Samples:
    """Return one row, the average of all, truncated towards zero; in `out`, a row, where that is given."""
    channels = len(samples)
    if channels == 1:
        return samples
    total: Samples = np.add(samples[:1], samples[1:2], out=out)
    for row in samples[2:]:
        total += row
    # Exact: sums stay below 2^24, and what is no whole number is further from one than a float's last bit.
    if channels == 2:
        total *= np.float32(0.5)
    else:
        total /= np.float32(channels)
    np.trunc(total, out=total)
    return total
