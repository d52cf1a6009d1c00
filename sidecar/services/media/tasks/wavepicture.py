"""Draws peaks."""

from __future__ import annotations

import os
from pathlib import Path

from sidecar.services.media.messages import Answer, Send
from sidecar.services.media.waveform.messages import DrawWaveform
from sidecar.services.media.waveform.picture import draw_waveform

TASK = DrawWaveform


def run(task: DrawWaveform, _send: Send) -> Answer:
    """Return the PNG."""
    return Answer(body=draw_waveform(task, Path(os.fsdecode(task.path))))
