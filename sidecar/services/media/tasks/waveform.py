"""Writes the files of a waveform out of its peaks."""

from __future__ import annotations

import os
from pathlib import Path

from sidecar.services.media.messages import Answer, Send
from sidecar.services.media.waveform.cutting import cut_waveform
from sidecar.services.media.waveform.messages import CutWaveform

TASK = CutWaveform


def run(task: CutWaveform, _send: Send) -> Answer:
    """Write three files."""
    cut_waveform(task, Path(os.fsdecode(task.path)))
    return Answer()
