"""Starts a POSIX child behind a gate: it runs only after its sidecar has tied it to its own life.

The child begins as a shell that reads one line and then becomes the program. Between the two the sidecar ties the
group to itself; when the sidecar dies first the line never comes, the shell sees the end of its input, and the
program never runs. The shell runs one of two constant lines and interprets no argument (0.8 ms a start; a Python
wrapper costs 9, `setpriv` 1.0 and leaves the gap open).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import trio
from trio.abc import ReceiveStream, SendStream

from sidecar.ffmpeg.supervisor.forking import FORKING
from sidecar.ffmpeg.supervisor.platform import Start

assert sys.platform != "win32"  # noqa: S101 - tells the type checker whose file this is

SHELL = "/bin/sh"
NICE = 10
LAST = 15
"""Of children in the background: beside one that is not, they get about a tenth of a core that both want; those that
come last get a quarter beside one of the others."""

OPEN_WITH_INPUT = 'read -r go && exec "$@"'
OPEN_WITHOUT_INPUT = 'read -r go && exec "$@" </dev/null'


@dataclass(frozen=True, slots=True)
class Launched:
    """A child that has been let through, and our ends of its pipes."""

    popen: subprocess.Popen[bytes]
    stdin: int | None
    stdout: int | None
    stderr: int


def launch(start: Start, *, tie: Callable[[int], None], inherit: tuple[int, ...] = ()) -> Launched:
    """Start a child in a session of its own; `tie` is called with its number before the program runs. Blocks."""
    with ExitStack() as theirs, ExitStack() as ours:
        gate, opener = _pipe(theirs, ours)
        stdout, output = _pipe(ours, theirs) if start.stdout else (None, subprocess.DEVNULL)
        stderr, errors = _pipe(ours, theirs)
        script = OPEN_WITH_INPUT if start.stdin else OPEN_WITHOUT_INPUT
        with FORKING:
            popen = subprocess.Popen(
                [SHELL, "-c", script, "sh", *start.argv],
                cwd=start.cwd,
                env=start.env,
                stdin=gate,
                stdout=output,
                stderr=errors,
                pass_fds=(*start.pass_fds, *inherit),
                start_new_session=True,
            )
        try:
            tie(popen.pid)
            if start.background:
                give_way(popen.pid, LAST if start.last else NICE)
        except BaseException:
            popen.kill()
            popen.wait()
            raise
        with suppress(BrokenPipeError):  # it was killed already; its status will tell
            os.write(opener, b"\n")
        ours.pop_all()
        if not start.stdin:
            os.close(opener)
        return Launched(popen, opener if start.stdin else None, stdout, stderr)


def give_way(pid: int, nice: int) -> None:
    """Let a process, and all that it becomes, run behind others."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, nice)
    # Where Linux shares time out among sessions, and each child leads one, the value above counts within it alone.
    with suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(f"{nice}\n")


def _pipe(reading: ExitStack, writing: ExitStack) -> tuple[int, int]:
    """Return a pipe whose ends are closed by the stacks."""
    read, write = os.pipe()
    reading.callback(os.close, read)
    writing.callback(os.close, write)
    return read, write


class GroupProcess:
    """A child that leads a POSIX process group. `on_end` waits for the leader without reaping it."""

    def __init__(self, launched: Launched, on_end: Callable[[], Awaitable[None]]) -> None:
        self._popen = launched.popen
        self._on_end = on_end
        self.pid = launched.popen.pid
        self.stdin: SendStream | None = None if launched.stdin is None else trio.lowlevel.FdStream(launched.stdin)
        self.stdout: ReceiveStream | None = None if launched.stdout is None else trio.lowlevel.FdStream(launched.stdout)
        self.stderr: ReceiveStream = trio.lowlevel.FdStream(launched.stderr)

    async def ended(self) -> None:
        await self._on_end()

    def signal_kill(self) -> None:
        self._signal(signal.SIGKILL)

    def signal_stop(self) -> None:
        self._signal(signal.SIGSTOP)

    def signal_continue(self) -> None:
        self._signal(signal.SIGCONT)

    def reap(self) -> int:
        return self._popen.wait()

    def _signal(self, number: int) -> None:
        # The group's number is the leader's, which stays taken until the leader is reaped. macOS answers EPERM
        # where nothing but the ended leader is left in the group.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)
