"""Writes spans that are copied."""

from __future__ import annotations

import os
from pathlib import Path

from sidecar.services.media.extract import extract
from sidecar.services.media.messages import Answer, Extract, Item, Send

TASK = Extract


def run(task: Extract, send: Send) -> Answer:
    """Write the packets of spans, and send the digest of each."""
    targets = [Path(os.fsdecode(target)) for target in task.targets]
    for digest in extract(Path(os.fsdecode(task.path)), task.spans, targets):
        send(Item(digest.encode()))
    return Answer()
