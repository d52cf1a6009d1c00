"""Probes many files."""

from __future__ import annotations

import os
from pathlib import Path

from protocol.errors import MediaUnreadable, SidecarError
from sidecar.services.media.messages import Answer, Item, Send, Survey, answer_of, failure_of, pack
from sidecar.services.media.reader import probe_file

TASK = Survey


def run(task: Survey, send: Send) -> Answer:
    """Say of each file what it holds, or why that cannot be said."""
    for name, content in task.files:
        send(Item(pack(_answer(Path(os.fsdecode(name)), content))))
    return Answer()


def _answer(path: Path, content: str) -> Answer:
    try:
        return answer_of(probe_file(path, "none", content).info, None)
    except SidecarError as error:
        return failure_of(error)
    except MemoryError:
        return failure_of(MediaUnreadable(path=str(path), detail="it needs more memory than a worker is given"))
