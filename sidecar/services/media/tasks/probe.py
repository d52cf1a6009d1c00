"""Probes a file."""

from __future__ import annotations

import os
from pathlib import Path

from sidecar.services.media.damage import with_damage
from sidecar.services.media.messages import Answer, Request, Send, answer_of
from sidecar.services.media.reader import probe_file

TASK = Request


def run(task: Request, _send: Send) -> Answer:
    """Read what a file holds, as deep as is asked."""
    path = Path(os.fsdecode(task.path))
    probed = probe_file(path, "full" if task.index == "decoded" else task.index, task.fingerprint)
    facts = probed.facts
    if task.index == "decoded" and facts is not None:
        facts = with_damage(path, facts)
    return answer_of(probed.info, facts)
