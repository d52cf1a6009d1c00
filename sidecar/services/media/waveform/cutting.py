"""Cuts a window of one level out of the peaks that are kept. Runs in a worker process."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from sidecar.services.files import write_error
from sidecar.services.media.waveform.files import Shape, write_dat, write_json, write_rms
from sidecar.services.media.waveform.messages import CutWaveform
from sidecar.services.media.waveform.peaks import BASE, RECORD, Peaks, coarser


def cut_waveform(task: CutWaveform, peaks_file: Path) -> None:
    """Write the three files that a task names. Raises DiskFull and OutputUnwritable."""
    peaks = window(peaks_file, task)
    shape = Shape(task.sample_rate, task.samples_per_pixel, len(peaks), task.channels, task.bits)
    for name, write in ((task.dat, write_dat), (task.json, write_json), (task.rms, write_rms)):
        target = Path(os.fsdecode(name))
        try:
            write(target, shape, peaks)
        except OSError as error:
            raise write_error(target, error) from error


def window(peaks_file: Path, task: CutWaveform) -> Peaks:
    """Return pixels [first, end) of the level."""
    factor = task.samples_per_pixel // BASE
    total = -(-task.samples // BASE)
    first, end = min(task.first * factor, total), min(task.end * factor, total)
    count = (end - first) * task.channels
    found = np.fromfile(peaks_file, RECORD, count, offset=first * task.channels * RECORD.itemsize)
    last = task.samples - (end - 1) * BASE if end == total and count else BASE
    return coarser(found.reshape(-1, task.channels), factor, last)
