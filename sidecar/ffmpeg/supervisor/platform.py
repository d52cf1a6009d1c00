"""The seam to the operating system: how a child is started so that it cannot outlive the sidecar."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from trio.abc import ReceiveStream, SendStream


@dataclass(frozen=True, slots=True)
class Start:
    """What to start. `argv[0]` is the path of an executable; `env` is the whole environment.

    Where `stdin` or `stdout` is False the child gets the null device. `pass_fds` stay open in the child under their
    numbers; a platform that cannot do this says so by `passes_fds`. `background`: it gives way to all that is not;
    `last`: to others in the background, too.
    """

    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]
    stdin: bool = False
    stdout: bool = False
    pass_fds: tuple[int, ...] = ()
    background: bool = False
    last: bool = False


class Process(Protocol):
    """A running child, leader of a group of its own, as the platform sees it."""

    @property
    def pid(self) -> int: ...
    @property
    def stdin(self) -> SendStream | None: ...
    @property
    def stdout(self) -> ReceiveStream | None: ...
    @property
    def stderr(self) -> ReceiveStream: ...

    async def ended(self) -> None:
        """Return once the leader has ended. Its number stays taken until `reap`."""

    def signal_kill(self) -> None:
        """End the whole group at once; a group that is gone is no error. Not after `reap`."""

    def signal_stop(self) -> None:
        """Freeze the whole group. Not after `reap`."""

    def signal_continue(self) -> None:
        """Let the whole group run on. Not after `reap`."""

    def reap(self) -> int:
        """Collect the exit status of an ended leader; negative: the signal that ended it."""


class Platform(Protocol):
    """What the contract test in tests/ffmpeg/process holds every platform to.

    A child leads a group of its own; all of the group ends when the sidecar does, however that ends and whichever
    thread started the child; and a child whose sidecar died while it was being started never runs.
    """

    @property
    def passes_fds(self) -> bool: ...

    async def start(self, start: Start) -> Process:
        """Start a child. A child that was born is returned, whatever was cancelled meanwhile.

        Raises:
            OSError: the system refused.

        """

    def close(self) -> None:
        """Let go of what ties children to the sidecar; those that still live end by it."""


def native() -> Platform:
    """Return the platform of this machine: proved on Linux, expected on macOS and Windows."""
    if sys.platform == "linux":
        from sidecar.ffmpeg.supervisor.linux import Linux  # noqa: PLC0415 - each platform imports what only it has

        return Linux()
    elif sys.platform == "win32":  # noqa: RET505 - the type checker follows this form only
        from sidecar.ffmpeg.supervisor.windows import Windows  # noqa: PLC0415

        return Windows()
    else:
        from sidecar.ffmpeg.supervisor.kqueue import sleep_until_ended  # noqa: PLC0415
        from sidecar.ffmpeg.supervisor.posix import Posix  # noqa: PLC0415

        return Posix(sleep_until_ended)
