"""Tells how the decoding of a sound stream may be shared."""

from __future__ import annotations

import os
from pathlib import Path

import av.logging

from sidecar.services.media.messages import Answer, Send, pack
from sidecar.services.media.waveform.messages import SharePeaks
from sidecar.services.media.waveform.shares import shares_of

TASK = SharePeaks


def run(task: SharePeaks, _send: Send) -> Answer:
    """Return the shares; none: it is read in one go."""
    av.logging.set_level(None)
    return Answer(body=pack(shares_of(Path(os.fsdecode(task.path)), task.stream)))
