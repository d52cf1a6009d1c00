"""Folds blocks of samples into peaks. Runs in a worker process."""

from __future__ import annotations

import numpy as np
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

from sidecar.services.media.waveform.peaks import Peaks, peaks_of
from sidecar.services.media.waveform.samples import Samples, mixed, read_samples


class Folding:
    """Folds blocks of one stream, of a multiple of 64 samples, in room that it uses again.

    What is taken from the system anew for each block costs more than all reckoning.
    """

    def __init__(self, *, mix: bool) -> None:
        self._mix = mix
        self._rows: Samples = np.empty((0, 0), np.float32)
        self._one: Samples = np.empty((1, 0), np.float32)
        self._small: NDArray[np.int16] = np.empty(0, np.int16)

    def peaks(self, block: AudioFrame) -> Peaks:
        """Return the peaks of the next block."""
        shape = len(block.layout.channels), block.samples
        if self._rows.shape != shape:
            self._rows = np.empty(shape, np.float32)
            self._one = np.empty((1, shape[1]), np.float32)
            self._small = np.empty(shape[1], np.int16)
        rows = read_samples(block, self._rows)
        return peaks_of(mixed(rows, self._one) if self._mix else rows, self._small)
