"""One supervised child."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import trio

from sidecar.ffmpeg.supervisor.platform import Process

STDERR_KEPT = 65_536
"""Bytes of stderr that are remembered; all of it is read, so that no child ever stands still on it."""

DRAIN_GRACE = 0.5
"""Seconds that stderr may stay open after the group was ended: only a process that left its group can hold it."""

END_GRACE = 5.0
"""Seconds that a killed child may take to be gone. Only one that hangs inside the kernel (a dead network disk) takes
longer; nobody waits for it then, it stays listed, and ends when the kernel lets go."""


class Child:
    """A child process, leader of its own group, tended from its start to its end.

    As an async context manager it ends the group on leaving and returns once it is gone, cancelled or not. `role`
    says what it is for ("render", "probe"), `tag` for whom (a job's id). `started` is on trio's clock.
    """

    def __init__(self, process: Process, *, argv: tuple[str, ...], role: str, tag: str | None) -> None:
        self._process = process
        self._ended = trio.Event()
        self._tail = b""
        self.argv = argv
        self.role = role
        self.tag = tag
        self.started = trio.current_time()
        self.pid = process.pid
        self.stdin = process.stdin
        self.stdout = process.stdout
        self.stopped = False
        self.returncode: int | None = None
        self._killed = False

    @property
    def crashed(self) -> bool:
        """Whether a signal has ended it that was not ours."""
        return self.returncode is not None and self.returncode < 0 and not self._killed

    def kill(self) -> None:
        """End the whole group at once (SIGKILL); an ended child is left alone."""
        if self.returncode is None:
            self._killed = True
            self._process.signal_kill()

    def stop(self) -> None:
        """Freeze the whole group until `cont`."""
        if self.returncode is None:
            self._process.signal_stop()
            self.stopped = True

    def cont(self) -> None:
        """Let a frozen group run on."""
        if self.returncode is None:
            self._process.signal_continue()
            self.stopped = False

    async def wait(self) -> int:
        """Wait for the end and return the exit status, negative for a signal. Cancelling leaves the child running."""
        await self._ended.wait()
        if self.returncode is None:
            raise AssertionError("a child ends with a status")
        return self.returncode

    def stderr_tail(self) -> str:
        """Return the last 64 KiB of what the child has written to stderr."""
        return self._tail.decode(errors="replace")

    async def aclose(self) -> None:
        """End the group if it runs, wait until it is gone, and close our ends of its pipes. Not cancelled."""
        self.kill()
        with trio.move_on_after(END_GRACE, shield=True):
            await self._ended.wait()
        with trio.CancelScope(shield=True):
            for stream in (self.stdin, self.stdout):
                if stream is not None:
                    await stream.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def tend(self) -> None:
        """Drain stderr, wait for the end, sweep the group, collect the status. The supervisor runs this once."""
        drained = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._drain, drained)
            await self._process.ended()
            self._process.signal_kill()  # what the leader left in its group, while the number is still its own
            self.returncode = self._process.reap()
            with trio.move_on_after(DRAIN_GRACE):
                await drained.wait()
            nursery.cancel_scope.cancel()
        self._ended.set()

    async def _drain(self, drained: trio.Event) -> None:
        async with self._process.stderr as stream:
            async for chunk in stream:
                self._tail = (self._tail + chunk)[-STDERR_KEPT:]
        drained.set()
