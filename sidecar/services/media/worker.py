"""A worker: `python -m sidecar.services.media.worker`. Reads tasks, answers each, ends when its stdin does.

It runs the demuxers and decoders, so it is expected to crash or hang on some file; then it is ended and replaced.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import BinaryIO

from protocol.errors import MediaUnreadable, SidecarError
from sidecar.services.media.confine import confine
from sidecar.services.media.messages import (
    HEADER_BYTES,
    MAX_MESSAGE,
    Answer,
    Item,
    Send,
    encode,
    failure_of,
    tag_of,
    unpack,
)

MODULES = {
    "probe": "sidecar.services.media.tasks.probe",
    "survey": "sidecar.services.media.tasks.survey",
    "packets": "sidecar.services.media.tasks.packets",
    "bitrates": "sidecar.services.media.tasks.bitrates",
    "extract": "sidecar.services.media.tasks.extract",
    "check": "sidecar.services.media.tasks.check",
    "shares": "sidecar.services.media.tasks.shares",
    "peaks": "sidecar.services.media.tasks.peaks",
    "waveform": "sidecar.services.media.tasks.waveform",
    "mixpeaks": "sidecar.services.media.tasks.mixpeaks",
    "wavepicture": "sidecar.services.media.tasks.wavepicture",
    "analyse": "sidecar.services.media.tasks.analyse",
    "locate": "sidecar.services.media.tasks.locate",
    "frames": "sidecar.services.media.tasks.frames",
    "sheet": "sidecar.services.media.tasks.sheet",
}
"""The module that does the tasks of a tag, imported with the first of them.

It holds `TASK`, the type of the task, and `run(task, send)`, which returns an Answer, may send Items before, and
raises SidecarError.
"""


def main() -> None:
    """Serve tasks until stdin ends; what the tags on the command line need is imported before the first."""
    confine()
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb", buffering=0)
    # Whatever a library prints must not get between our messages.
    os.dup2(2, 1)
    for tag in sys.argv[1:]:
        import_module(MODULES[tag])
    serve(incoming, outgoing)


def serve(incoming: BinaryIO, outgoing: BinaryIO) -> None:
    """Answer every task of a stream."""

    def send(message: Item | Answer) -> None:
        data = memoryview(encode(message))
        while data:
            data = data[outgoing.write(data) :]

    while len(header := incoming.read(HEADER_BYTES)) == HEADER_BYTES:
        size = int.from_bytes(header, "big")
        if size > MAX_MESSAGE:
            return
        send(handle(incoming.read(size), send))


def handle(body: bytes, send: Send) -> Answer:
    """Do what is asked, or say in a typed error why not."""
    module = import_module(MODULES[tag_of(body)])
    task = unpack(body, module.TASK)
    try:
        answer: Answer = module.run(task, send)
    except SidecarError as error:
        return failure_of(error)
    except MemoryError:
        path = os.fsdecode(task.path)
        return failure_of(MediaUnreadable(path=path, detail="it needs more memory than a worker is given"))
    return answer


if __name__ == "__main__":
    main()
