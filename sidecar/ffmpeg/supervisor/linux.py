"""Linux: the kernel itself kills a child's group when the sidecar ends.

All children inherit the read end of one pipe, the lifeline, whose only writer is the sidecar. Each has an open file
of its own on it, set to send SIGKILL to its process group on any event (F_SETOWN, F_SETSIG, O_ASYNC). Nothing is
ever written, so the one event is the end of the sidecar. Against PR_SET_PDEATHSIG this reaches the whole group, is
not tied to the thread that forked (trio's worker threads end after 10 s, and would take FFmpeg with them), needs no
helper program, and is set up from outside.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys

import trio

from sidecar.ffmpeg.supervisor.gate import GroupProcess, Launched, launch
from sidecar.ffmpeg.supervisor.platform import Start

assert sys.platform == "linux"  # noqa: S101 - tells the type checker whose file this is

STARTS_AT_ONCE = 4


class Linux:
    """Children by pidfd and lifeline."""

    passes_fds = True

    def __init__(self) -> None:
        self._lifeline, self._life = os.pipe()
        self._limiter = trio.CapacityLimiter(STARTS_AT_ONCE)

    async def start(self, start: Start) -> GroupProcess:
        launched, pidfd = await trio.to_thread.run_sync(self._launch, start, limiter=self._limiter)
        return GroupProcess(launched, _PidFd(pidfd).ended)

    def close(self) -> None:
        os.close(self._life)
        os.close(self._lifeline)

    def _launch(self, start: Start) -> tuple[Launched, int]:
        own = os.open(f"/proc/self/fd/{self._lifeline}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        pidfd = -1

        def tie(pid: int) -> None:
            nonlocal pidfd
            fcntl.fcntl(own, fcntl.F_SETOWN, -pid)
            fcntl.fcntl(own, fcntl.F_SETSIG, signal.SIGKILL)
            fcntl.fcntl(own, fcntl.F_SETFL, os.O_NONBLOCK | os.O_ASYNC)
            pidfd = os.pidfd_open(pid)

        try:
            return launch(start, tie=tie, inherit=(own,)), pidfd
        finally:
            os.close(own)


class _PidFd:
    """Becomes readable when the process has ended: no SIGCHLD, no polling."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    async def ended(self) -> None:
        try:
            await trio.lowlevel.wait_readable(self._fd)
        finally:
            os.close(self._fd)
