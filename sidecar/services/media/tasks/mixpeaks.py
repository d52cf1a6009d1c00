"""Computes the peaks of a mix."""

from __future__ import annotations

from sidecar.services.media.messages import Answer, Send
from sidecar.services.media.waveform.floats import make_mix_peaks
from sidecar.services.media.waveform.messages import MakeMixPeaks

TASK = MakeMixPeaks


def run(task: MakeMixPeaks, send: Send) -> Answer:
    """Write the peaks."""
    make_mix_peaks(task, send)
    return Answer()
