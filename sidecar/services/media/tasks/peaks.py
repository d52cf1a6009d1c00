"""Computes the peaks of a sound stream."""

from __future__ import annotations

import os
from pathlib import Path

from sidecar.services.media.messages import Answer, Send, pack
from sidecar.services.media.waveform.messages import MakePeaks
from sidecar.services.media.waveform.reading import make_peaks

TASK = MakePeaks


def run(task: MakePeaks, send: Send) -> Answer:
    """Decode the stream and write its peaks; sends those that are watched as they come."""
    made = make_peaks(task, Path(os.fsdecode(task.path)), Path(os.fsdecode(task.target)), send)
    return Answer(body=pack(made))
