"""Peaks: lowest, highest and mean square of every 64 samples, from which every coarser level follows exactly.

Lowest and highest of coarser pixels are those of the finer ones they are made of; the mean square is their mean, each
weighed by its samples. The last pixel holds the samples that are left, however few: audiowaveform writes it too
(WaveformGenerator::done).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sidecar.services.media.waveform.samples import Samples

BASE = 64
"""Samples of a pixel of the finest level."""

RECORD = np.dtype([("min", "<i2"), ("max", "<i2"), ("square", "<f4")])
"""A pixel of one channel as it is kept: 8 bytes."""

Peaks = NDArray[Any]
"""(pixels, channels) of RECORD."""


def peaks_of(samples: Samples, small: NDArray[np.int16] | None = None) -> Peaks:
    """Return the peaks of samples whose number is a multiple of 64; `small` is room for a channel's."""
    channels, count = samples.shape
    peaks = np.empty((count // BASE, channels), RECORD)
    if not len(peaks):
        return peaks
    edges = np.arange(0, count, BASE)
    whole: NDArray[np.int16] = np.empty(count, np.int16) if small is None else small
    for channel, row in enumerate(samples):
        pixels = np.ascontiguousarray(row).reshape(-1, BASE)
        np.copyto(whole, row, casting="unsafe")
        peaks["min"][:, channel] = np.minimum.reduceat(whole, edges)
        peaks["max"][:, channel] = np.maximum.reduceat(whole, edges)
        peaks["square"][:, channel] = np.einsum("ij,ij->i", pixels, pixels)
    peaks["square"] /= BASE
    return peaks


def last_peaks(samples: Samples) -> Peaks:
    """Return the one pixel of the samples that are left: 1 to 63."""
    peaks = np.empty((1, len(samples)), RECORD)
    peaks["min"][0], peaks["max"][0] = samples.min(axis=1), samples.max(axis=1)
    peaks["square"][0] = np.square(samples, dtype=np.float64).mean(axis=1)
    return peaks


def coarser(peaks: Peaks, factor: int, last: int = BASE) -> Peaks:
    """Return the peaks of `factor` pixels each; `last` is the number of samples of the last pixel given."""
    if factor == 1 or len(peaks) == 0:
        return peaks
    pixels, channels = peaks.shape
    whole = pixels - 1 - (pixels - 1) % factor
    if not factor & (factor - 1) and whole:
        # The last ones by themselves: they may be fewer, and the last of them of fewer samples.
        return np.concatenate([_halved(peaks[:whole], factor), coarser(peaks[whole:], factor, last)])
    edges = np.arange(0, pixels, factor)
    made = np.empty((len(edges), channels), RECORD)
    made["min"] = np.minimum.reduceat(peaks["min"], edges, axis=0)
    made["max"] = np.maximum.reduceat(peaks["max"], edges, axis=0)
    weights = np.full((pixels, 1), BASE, np.float64)
    weights[-1] = last
    squares = np.add.reduceat(peaks["square"] * weights, edges, axis=0)
    made["square"] = squares / np.add.reduceat(weights, edges, axis=0)
    return made


def _halved(peaks: Peaks, factor: int) -> Peaks:
    """Return the peaks of `factor` pixels each, a power of two of which their number is a multiple: pair by pair."""
    low, high, square = (np.ascontiguousarray(peaks[name]) for name in ("min", "max", "square"))
    square = square.astype(np.float64)
    for _ in range(factor.bit_length() - 1):
        low = np.minimum(low[::2], low[1::2])
        high = np.maximum(high[::2], high[1::2])
        square = square[::2] + square[1::2]
    made = np.empty(low.shape, RECORD)
    made["min"], made["max"], made["square"] = low, high, square / factor
    return made


def extremes(peaks: Peaks, bits: int) -> NDArray[np.int16]:
    """Return (pixels, channels, 2): lowest and highest; of 8 bits divided by 256, truncated towards zero."""
    pairs = np.stack([peaks["min"], peaks["max"]], axis=-1)
    return _narrowed(pairs, bits)


def levels_of(peaks: Peaks, bits: int) -> NDArray[np.int16]:
    """Return (pixels, channels): the root mean square, rounded to the nearest step of 16 bits; 8 bits as `extremes`."""
    root = np.rint(np.sqrt(peaks["square"].astype(np.float64)))
    return _narrowed(np.minimum(root, 32_767).astype(np.int16), bits)


def _narrowed(values: NDArray[np.int16], bits: int) -> NDArray[np.int16]:
    if bits == 16:
        return values
    return (values + ((values >> 15) & 255)) >> 8
