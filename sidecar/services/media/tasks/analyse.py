"""Measures picture and sound."""

from __future__ import annotations

import os
from pathlib import Path

from sidecar.services.media.analysis.messages import Analyse
from sidecar.services.media.analysis.reading import analyse
from sidecar.services.media.messages import Answer, Send, pack

TASK = Analyse


def run(task: Analyse, send: Send) -> Answer:
    """Measure what is asked in one pass; sends what is found as it is found."""
    return Answer(body=pack(analyse(task, Path(os.fsdecode(task.path)), send)))
