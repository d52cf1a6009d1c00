"""Finds keyframes."""

from __future__ import annotations

import os
from pathlib import Path

import av.logging

from sidecar.services.media.filmstrip.look import Keyframe, Locate
from sidecar.services.media.filmstrip.reel import Reel
from sidecar.services.media.messages import Answer, Send, pack

TASK = Locate


def run(task: Locate, _send: Send) -> Answer:
    """Return a keyframe for every tick."""
    av.logging.set_level(None)
    with Reel(Path(os.fsdecode(task.path)), task.stream, threads=1) as reel:
        found: list[Keyframe] = [reel.newest_key(tick) for tick in task.ticks]
    return Answer(body=pack(found))
