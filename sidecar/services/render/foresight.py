"""Looks how the bitrates of sources go, from which follows what their cells take."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from protocol.errors import SidecarError
from sidecar.core.bitrates import Bitrates
from sidecar.services.media.messages import ListBitrates, unpack
from sidecar.services.render.likeness import Screen, Stream

if TYPE_CHECKING:
    from sidecar.core.timeline import OutputSpan, Timeline
    from sidecar.services.media.service import MediaService
    from sidecar.services.render.cells import Cell

MOST_STREAMS = 32
"""Streams that are looked at: those of most cells. It takes some milliseconds each."""

LOOK_SECONDS = 10.0

LONG = 30.0
"""Seconds of processor of a job for which a worker is started: for a shorter one that costs more than it tells."""


async def foresee(
    cells: Sequence[Cell], seconds: float, *, timeline: Timeline, span: OutputSpan, media: MediaService
) -> list[float]:
    """Return how busy each cell's sources are against their mean, as a logarithm; 0 where nothing tells.

    `seconds` is what the job takes, about, in seconds of processor. A file that cannot be read, or whose tables do not tell, is no error. Cancelling it ends its worker.
    """
    if seconds < LONG and not media.pool.idle:
        return [0.0] * len(cells)
    screen = Screen(timeline, span)
    found: dict[Stream, Bitrates] = {}
    for stream in (await trio.to_thread.run_sync(screen.streams, cells))[:MOST_STREAMS]:
        path, number = stream
        task = ListBitrates(os.fsencode(path), number)
        try:
            answer = await media.pool.do(task, seconds=LOOK_SECONDS, shown=Path(path).name)
        except SidecarError:
            continue
        if answer.body is not None:
            found[stream] = unpack(answer.body, Bitrates)
    return await trio.to_thread.run_sync(partial(screen.busyness, cells, found))
