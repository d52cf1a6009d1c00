"""Reads from a demuxer's tables how the bytes of a picture stream are spread over its time. No packet is read."""

from __future__ import annotations

import os
from itertools import accumulate
from pathlib import Path

import av.error

from sidecar.core.bitrates import Bitrates
from sidecar.services.media.messages import Answer, ListBitrates, Send, pack
from sidecar.services.media.open import open_media

TASK = ListBitrates

STEP = 0.5
"""Seconds between two entries, at least."""


def run(task: ListBitrates, _send: Send) -> Answer:
    """List the bytes before moments of a file; nothing where its tables do not tell."""
    return Answer(body=pack(list_bitrates(Path(os.fsdecode(task.path)), task.stream)))


def list_bitrates(path: Path, stream: int) -> Bitrates:
    """Read the tables of a stream, by its number among all; raises the errors of opening a file."""
    with open_media(path) as container:
        found = container.streams[stream]
        try:
            # Matroska looks for its cues with the first seek.
            container.seek(0)
        except av.error.FFmpegError:
            return Bitrates((), ())
        start, tick = (container.start_time or 0) / av.time_base, float(found.time_base or 0)
        entries = sorted((entry.timestamp * tick - start, entry.size, entry.pos) for entry in found.index_entries)
        if all(size > 0 for _, size, _ in entries):
            # Before an entry is what all earlier ones hold.
            before = [0, *accumulate(size for _, size, _ in entries)][: len(entries)]
        else:
            before = [position for _, _, position in entries]
            entries.append(((container.duration or 0) / av.time_base, 0, 0))
            before.append(path.stat().st_size)
    return _thinned([at for at, _, _ in entries], before)


def _thinned(seconds: list[float], before: list[int]) -> Bitrates:
    kept: list[tuple[float, int]] = []
    for at, bytes_before in zip(seconds, before, strict=True):
        if not kept or (at >= kept[-1][0] + STEP and bytes_before >= kept[-1][1]):
            kept.append((at, bytes_before))
    return Bitrates(tuple(at for at, _ in kept), tuple(bytes_before for _, bytes_before in kept))
