"""Peaks of floats that lie in files. Runs in a worker process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sidecar.services.files import write_error
from sidecar.services.media.messages import Item, Send
from sidecar.services.media.waveform.messages import MakeMixPeaks
from sidecar.services.media.waveform.peaks import BASE, last_peaks, peaks_of
from sidecar.services.media.waveform.samples import Samples, from_float, mixed

BLOCK = 1 << 20
"""Bytes that are read at a time."""

SAMPLE_BYTES = 4

Floats = NDArray[np.float32]


def make_mix_peaks(task: MakeMixPeaks, send: Send) -> None:
    """Write the peaks of a mix; an empty item says, for each block, that it goes on.

    Raises DiskFull and OutputUnwritable for the target, OSError for a part that cannot be read.
    """
    target = Path(os.fsdecode(task.target))
    rest = np.empty((0, task.channels), np.float32)
    try:
        with target.open("wb") as file:
            for block in _wanted(task):
                gathered = np.concatenate([rest, block])
                even = len(gathered) // BASE * BASE
                file.write(peaks_of(_rows(gathered[:even], mix=task.mix)).tobytes())
                rest = gathered[even:]
                send(Item(b""))
            if len(rest):
                file.write(last_peaks(_rows(rest, mix=task.mix)).tobytes())
    except OSError as error:
        raise write_error(target, error) from error


def _rows(samples: Floats, *, mix: bool) -> Samples:
    rows: Samples = np.empty(samples.shape[::-1], np.float32)
    from_float(samples.T, rows)
    return mixed(rows) if mix else rows


def _wanted(task: MakeMixPeaks) -> Iterator[Floats]:
    """Yield the samples that count, block by block."""
    skip, left = task.skip, task.samples
    for block in _blocks(task):
        taken = block[skip : skip + left]
        skip, left = max(0, skip - len(block)), left - len(taken)
        if len(taken):
            yield taken


def _blocks(task: MakeMixPeaks) -> Iterator[Floats]:
    step = SAMPLE_BYTES * task.channels
    size = BLOCK // step * step
    for length, path in task.parts:
        if path is None:
            for start in range(0, length, size):
                yield np.zeros((min(size, length - start) // step, task.channels), np.float32)
            continue
        with Path(os.fsdecode(path)).open("rb") as file:
            while data := file.read(size):
                yield _floats(data, task.channels)


def _floats(data: bytes, channels: int) -> NDArray[Any]:
    return np.frombuffer(data, np.float32).reshape(-1, channels)
