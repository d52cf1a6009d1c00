"""Writes spans that are copied."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from sidecar.services.media.extract import extract
from sidecar.services.media.messages import Answer, Extract, Send

TASK = Extract


def run(task: Extract, _send: Send) -> Answer:
    """Write a span's packets and return their digest."""
    span = replace(task.span, path=os.fsdecode(task.path))
    return Answer(told=extract(span, Path(os.fsdecode(task.target))))
