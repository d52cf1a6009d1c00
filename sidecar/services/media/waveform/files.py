"""The files of a waveform: audiowaveform's binary format (version 2) and JSON, and the root mean square.

The layout is that of audiowaveform's doc/DataFormat.md. The file of the root mean square has the same header; behind
it stands one value for each pixel and channel in place of two.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import numpy as np
from numpy.typing import NDArray

from sidecar.services.media.waveform.peaks import Peaks, extremes, levels_of

HEADER = struct.Struct("<iIiiIi")
VERSION = 2
FLAG_8_BIT = 1

AT_ONCE = 1 << 18
"""Pixels that are in memory as text together."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a header says; `length` counts the pixels of a channel."""

    sample_rate: int
    samples_per_pixel: int
    length: int
    channels: int
    bits: int


def header(shape: Shape) -> bytes:
    """Return the 24 bytes before the data."""
    flags = FLAG_8_BIT if shape.bits == 8 else 0
    return HEADER.pack(VERSION, flags, shape.sample_rate, shape.samples_per_pixel, shape.length, shape.channels)


def write_dat(target: Path, shape: Shape, peaks: Peaks) -> None:
    """Write lowest and highest values."""
    _write(target, shape, peaks, extremes)


def write_rms(target: Path, shape: Shape, peaks: Peaks) -> None:
    """Write the root mean squares."""
    _write(target, shape, peaks, levels_of)


def write_json(target: Path, shape: Shape, peaks: Peaks) -> None:
    """Write lowest and highest values as JSON."""
    members = {
        "version": VERSION,
        "channels": shape.channels,
        "sample_rate": shape.sample_rate,
        "samples_per_pixel": shape.samples_per_pixel,
        "bits": shape.bits,
        "length": shape.length,
    }
    with target.open("wb") as file:
        file.write(msgspec.json.encode(members)[:-1] + b',"data":[')
        for first in range(0, shape.length, AT_ONCE):
            values = extremes(peaks[first : first + AT_ONCE], shape.bits).ravel().tolist()
            file.write((b"," if first else b"") + msgspec.json.encode(values)[1:-1])
        file.write(b"]}\n")


def _write(target: Path, shape: Shape, peaks: Peaks, values: Callable[[Peaks, int], NDArray[Any]]) -> None:
    kind = "<i2" if shape.bits == 16 else "i1"
    with target.open("wb") as file:
        file.write(header(shape))
        for first in range(0, shape.length, AT_ONCE):
            _append(file, values(peaks[first : first + AT_ONCE], shape.bits), kind)


def _append(file: BinaryIO, values: NDArray[np.int16], kind: str) -> None:
    file.write(values.astype(kind).tobytes())
