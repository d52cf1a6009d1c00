"""Compares what was copied with its source."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from sidecar.services.media.joins import check_copy
from sidecar.services.media.messages import Answer, CheckCopy, Send

TASK = CheckCopy


def run(task: CheckCopy, _send: Send) -> Answer:
    """Say what is wrong with a copied span, if anything is."""
    span = replace(task.span, path=os.fsdecode(task.path))
    return Answer(told=check_copy(Path(os.fsdecode(task.output)), span, task.digest))
