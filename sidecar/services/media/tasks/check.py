"""Compares what was copied with its source."""

from __future__ import annotations

import os
from pathlib import Path

from sidecar.services.media.joins import check_copies
from sidecar.services.media.messages import Answer, CheckCopies, Item, Send

TASK = CheckCopies


def run(task: CheckCopies, send: Send) -> Answer:
    """Say what is wrong with copied spans, if anything is."""
    for wrong in check_copies(Path(os.fsdecode(task.output)), Path(os.fsdecode(task.path)), task.copies):
        if wrong is not None:
            return Answer(told=wrong)
        send(Item(b""))
    return Answer()
