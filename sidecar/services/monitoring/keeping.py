"""Keeps history from one process to the next."""

from __future__ import annotations

from collections.abc import Callable

import trio

from protocol.errors import SidecarError
from sidecar.services.logger import Logger
from sidecar.services.monitoring.clock import tick
from sidecar.services.monitoring.history import History, HistoryFile

EVERY = 300.0
"""Seconds between two writings: what a process that is killed loses."""

LONGEST = 5.0
"""Seconds that a writing may take: one that hangs (a folder on a server that is gone) is left to itself, and holds up no end."""


async def keep(history: History, file: HistoryFile, log: Logger, wall: Callable[[], float], loaded: trio.Event) -> None:
    """Take in what an earlier process left, and write what there is now and then, and at the end; until cancelled.

    `loaded` is set once nothing more comes of it. What cannot be read is told to the log and written over; what cannot be written is told, and tried again.
    """
    try:
        past = await trio.to_thread.run_sync(file.load, abandon_on_cancel=True)
        if past is not None:
            history.restore(past, tick(), wall())
    except (ValueError, OSError) as error:
        log.warning("the history of metrics cannot be read", path=str(file.path), detail=str(error))
    loaded.set()
    try:
        while True:
            await trio.sleep(EVERY)
            await _save(history, file, log)
    finally:
        await _save(history, file, log)


async def _save(history: History, file: HistoryFile, log: Logger) -> None:
    """Write it; cancelled, it is written yet."""
    past = history.past()
    if not past.series:
        return
    detail = f"it takes more than {LONGEST:g} s"
    with trio.move_on_after(LONGEST, shield=True):
        try:
            await trio.to_thread.run_sync(file.save, past, abandon_on_cancel=True)
        except SidecarError as error:
            detail = error.message
        else:
            return
    log.warning("the history of metrics cannot be written", path=str(file.path), detail=detail)
