"""Whether whoever started us is still there: the second line behind the end of standard input."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import trio

from sidecar.commands.call import Peer

if TYPE_CHECKING:
    import psutil

POLL_SECONDS = 0.5


class Parent:
    """The process that must outlive us: the one that `initialize` named, until then our parent.

    A process id that cannot be seen when it is named (the client lives in another container) is not watched.
    """

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._born_of = os.getppid()
        self._named: int | None = None
        self._watched: psutil.Process | None = None

    @property
    def gone(self) -> bool:
        """Say whether it is known to be dead."""
        if self._peer.process_id != self._named:
            self._named = self._peer.process_id
            self._watched = None if self._named is None else _process(self._named)
        if self._watched is not None:
            return not _alive(self._watched)
        return os.getppid() != self._born_of

    async def wait_gone(self) -> None:
        """Return once it is dead, at most half a second later."""
        while not self.gone:  # noqa: ASYNC110 - no event says that a stranger has died
            await trio.sleep(POLL_SECONDS)


def _process(pid: int) -> psutil.Process | None:
    import psutil  # noqa: PLC0415 - start-up time

    try:
        return psutil.Process(pid)
    except psutil.Error:
        return None


def _alive(process: psutil.Process) -> bool:
    import psutil  # noqa: PLC0415 - start-up time

    try:
        # The start time tells a process from a later one with its number.
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
