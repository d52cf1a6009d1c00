"""Lists packets."""

from __future__ import annotations

import os
from pathlib import Path

from sidecar.services.media.messages import Answer, ListPackets, Send
from sidecar.services.media.packets import list_packets

TASK = ListPackets


def run(task: ListPackets, _send: Send) -> Answer:
    """List the packets of a picture stream."""
    return Answer(packets=list_packets(Path(os.fsdecode(task.path)), task.stream))
