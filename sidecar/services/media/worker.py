"""A probe worker: `python -m sidecar.services.media.worker`. Reads requests, answers each, ends when its stdin does.

It runs the demuxers and decoders, so it is expected to crash or hang on some file; then it is ended and replaced.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from protocol.errors import MediaUnreadable, SidecarError
from sidecar.services.media.damage import with_damage
from sidecar.services.media.extract import extract
from sidecar.services.media.joins import check_copy
from sidecar.services.media.messages import (
    HEADER_BYTES,
    MAX_MESSAGE,
    Answer,
    CheckCopy,
    Extract,
    ListPackets,
    Task,
    answer_of,
    decode_task,
    encode,
    failure_of,
)
from sidecar.services.media.packets import list_packets
from sidecar.services.media.reader import probe_file

MEMORY_BYTES = 4 * 1024**3


def main() -> None:
    """Serve requests until stdin ends."""
    _limit_memory()
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb", buffering=0)
    # Whatever a library prints must not get between our messages.
    os.dup2(2, 1)
    serve(incoming, outgoing)


def serve(incoming: BinaryIO, outgoing: BinaryIO) -> None:
    """Answer every request of a stream."""
    while len(header := incoming.read(HEADER_BYTES)) == HEADER_BYTES:
        size = int.from_bytes(header, "big")
        if size > MAX_MESSAGE:
            return
        answer = encode(handle(decode_task(incoming.read(size))))
        while answer:
            answer = answer[outgoing.write(answer) :]


def handle(task: Task) -> Answer:
    """Do what is asked, or say in a typed error why not."""
    path = Path(os.fsdecode(task.path))
    try:
        if isinstance(task, ListPackets):
            return Answer(packets=list_packets(path, task.stream))
        if isinstance(task, Extract):
            return Answer(told=extract(replace(task.span, path=str(path)), Path(os.fsdecode(task.target))))
        if isinstance(task, CheckCopy):
            return Answer(
                told=check_copy(Path(os.fsdecode(task.output)), replace(task.span, path=str(path)), task.digest)
            )
        probed = probe_file(path, "full" if task.index == "decoded" else task.index)
        facts = probed.facts
        if task.index == "decoded" and facts is not None:
            facts = with_damage(path, facts)
    except SidecarError as error:
        return failure_of(error)
    except MemoryError:
        return failure_of(MediaUnreadable(path=str(path), detail="it needs more memory than a probe is given"))
    return answer_of(probed.info, facts)


def _limit_memory() -> None:
    """Bound the address space, so that a small file which asks for much memory fails here, alone; no core files."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - there is none on Windows

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(MEMORY_BYTES, hard)
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


if __name__ == "__main__":
    main()
