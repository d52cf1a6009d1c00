"""Colour by the standards, written from their tables alone: primaries, transfers, tone mapping."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WHITE = (0.3127, 0.3290)
"""D65."""

CHROMATICITIES = {
    "bt601": ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),
    "bt601-625": ((0.640, 0.330), (0.290, 0.600), (0.150, 0.060)),
    "bt709": ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060)),
    "bt2020": ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    "display-p3": ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
}


def to_xyz(primaries: str) -> Floats:
    """SMPTE RP 177."""
    columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in CHROMATICITIES[primaries]]).T
    white = np.array([WHITE[0] / WHITE[1], 1, (1 - sum(WHITE)) / WHITE[1]])
    scaled: Floats = columns * np.linalg.solve(columns, white)
    return scaled


def displayed(light: Floats, primaries: str) -> Floats:
    """Light of some primaries, rows of R, G, B with 1 for white, as R'G'B' of BT.709 on a display of gamma 2.4."""
    matrix = np.linalg.inv(to_xyz("bt709")) @ to_xyz(primaries)
    shown: Floats = np.clip(light @ matrix.T, 0, 1) ** (1 / 2.4)
    return shown


def srgb_light(signal: Floats) -> Floats:
    """IEC 61966-2-1."""
    return np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)


M1, M2, C1, C2, C3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875


def pq_light(signal: Floats) -> Floats:
    """SMPTE ST 2084, cd/m²."""
    root = signal ** (1 / M2)
    light: Floats = 10_000 * (np.maximum(root - C1, 0) / (C2 - C3 * root)) ** (1 / M1)
    return light


def pq_signal(light: Floats) -> Floats:
    root = (light / 10_000) ** M1
    signal: Floats = ((C1 + C2 * root) / (1 + C3 * root)) ** M2
    return signal


def hlg_light(signal: Floats) -> Floats:
    """ITU-R BT.2100 on a display of 1000 cd/m²."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    luminance = scene @ np.array([0.2627, 0.6780, 0.0593])
    light: Floats = 1000 * luminance[:, None] ** 0.2 * scene
    return light


def tone_mapped(light: Floats, peak: float) -> Floats:
    """ITU-R BT.2390 from [0, peak] to [0, 203] cd/m², on the largest channel; 1 is 203 cd/m²."""
    top = float(pq_signal(np.array(peak)))
    largest = light.max(axis=1, keepdims=True)
    e = np.minimum(pq_signal(largest) / top, 1)
    most = float(pq_signal(np.array(203.0))) / top
    knee = (3 * most - 1) / 2
    t = (e - knee) / (1 - knee)
    spline = (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (-2 * t**3 + 3 * t**2) * most
    bent = pq_light(np.where(e < knee, e, spline) * top)
    mapped: Floats = light * np.where(largest > 0, bent / np.maximum(largest, 1e-12), 0) / 203
    return mapped
