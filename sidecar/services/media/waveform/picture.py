"""Draws peaks: for each column what lies between lowest and highest, and within the root mean square as it is.

What lies outside of that is drawn at half strength, as editors show it. Runs in a worker process.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sidecar.services.media.filmstrip.encode import Encoder
from sidecar.services.media.waveform.messages import DrawWaveform
from sidecar.services.media.waveform.peaks import RECORD, Peaks

FULL = 32_768

Levels = NDArray[np.float64]


def draw_waveform(task: DrawWaveform, peaks_file: Path) -> bytes:
    """Return a PNG of peaks in a file, `width` × `height` pixels, their channels below one another."""
    count, offset = (task.end - task.first) * task.channels, task.first * task.channels * RECORD.itemsize
    peaks = np.fromfile(peaks_file, RECORD, count, offset=offset).reshape(-1, task.channels)
    color, ground = (_color(text) for text in (task.color, task.background))
    edges = np.linspace(0, task.height, task.channels + 1).round().astype(int)
    strength = np.zeros((task.height, task.width))
    for channel in range(task.channels):
        top, bottom = edges[channel], edges[channel + 1]
        strength[top:bottom] = _drawn(_columns(peaks[:, channel], task.width), bottom - top)
    cover = strength[..., None] * color[3]
    alpha = cover + ground[3] * (1 - cover)
    mixed = color[:3] * cover + ground[:3] * ground[3] * (1 - cover)
    shown = np.divide(mixed, alpha, out=np.zeros_like(mixed), where=alpha > 0)
    picture = np.concatenate([shown, alpha], axis=-1)
    pixels = (picture * 255 + 0.5).astype(np.uint8)
    return Encoder("png", 0, (task.width, task.height), alpha=True).encode(pixels)


def _columns(peaks: Peaks, width: int) -> Levels:
    """Return lowest, highest and root mean square of each column, -1 to 1; fewer peaks than columns are drawn out."""
    count = len(peaks)
    if not count:
        return np.zeros((3, width))
    first = np.arange(width) * count // width
    end = np.maximum(first + 1, (np.arange(width) + 1) * count // width)
    low = np.array([peaks["min"][a:b].min() for a, b in zip(first, end, strict=True)])
    high = np.array([peaks["max"][a:b].max() for a, b in zip(first, end, strict=True)])
    square = np.array([peaks["square"][a:b].mean(dtype=np.float64) for a, b in zip(first, end, strict=True)])
    return np.stack([low, high, np.sqrt(square)]) / FULL


def _drawn(columns: Levels, height: int) -> Levels:
    """Return how strongly each pixel is drawn: 1 within the root mean square, a half within the peaks, else 0."""
    low, high, mean = columns
    places = 1 - (np.arange(height)[:, None] + 0.5) * 2 / height
    half = 1 / height
    # A line is left of silence.
    peak = (places <= np.maximum(high, half)) & (places >= np.minimum(low, -half))
    body = np.abs(places) <= np.maximum(mean, half)
    strength: Levels = np.where(body & peak, 1.0, np.where(peak, 0.5, 0.0))
    return strength


def _color(text: str) -> Levels:
    parts = [int(text[place : place + 2], 16) / 255 for place in range(1, len(text), 2)]
    return np.array(parts if len(parts) == 4 else [*parts, 1.0])
