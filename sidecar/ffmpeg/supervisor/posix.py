"""Other POSIX systems (macOS): a watcher beside each child ends its group when the sidecar ends.

Expected to hold on macOS; the contract test runs it on Linux too. The watcher is a shell that reads from the lifeline,
a pipe whose only writer is the sidecar: it reads nothing until the sidecar is gone.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import trio

from sidecar.ffmpeg.supervisor.forking import FORKING
from sidecar.ffmpeg.supervisor.gate import SHELL, GroupProcess, Launched, launch
from sidecar.ffmpeg.supervisor.platform import Start

assert sys.platform != "win32"  # noqa: S101 - tells the type checker whose file this is

WATCH = 'read -r gone; kill -KILL "-$1"'


class Posix:
    """Children by watchers and waiting threads."""

    passes_fds = True

    def __init__(self, sleep_until_ended: Callable[[int], None]) -> None:
        """Take the system's way to block until a process has ended without reaping it."""
        self._sleep_until_ended = sleep_until_ended
        self._lifeline, self._life = os.pipe()
        self._starting = trio.CapacityLimiter(4)
        self._waiting = trio.CapacityLimiter(10_000)  # a thread a child: they only sleep

    async def start(self, start: Start) -> GroupProcess:
        launched, watcher = await trio.to_thread.run_sync(self._launch, start, limiter=self._starting)

        async def ended() -> None:
            try:
                await trio.to_thread.run_sync(self._sleep_until_ended, launched.popen.pid, limiter=self._waiting)
            finally:
                watcher.kill()
                watcher.wait()

        return GroupProcess(launched, ended)

    def close(self) -> None:
        os.close(self._life)
        os.close(self._lifeline)

    def _launch(self, start: Start) -> tuple[Launched, subprocess.Popen[bytes]]:
        watchers: list[subprocess.Popen[bytes]] = []

        def tie(pid: int) -> None:
            with FORKING:
                watcher = subprocess.Popen(
                    [SHELL, "-c", WATCH, "sh", str(pid)],
                    stdin=self._lifeline,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env={},
                    start_new_session=True,
                )
            watchers.append(watcher)

        launched = launch(start, tie=tie)
        return launched, watchers[0]
