"""Whether this instance can do its work, and if not, why."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from sidecar.services.files import why_unwritable
from sidecar.services.machine import free_space

if TYPE_CHECKING:
    from sidecar.ffmpeg.toolchain import Toolchain

UNSEEN_SECONDS = 5.0
"""Without a look, after which something is wrong with looking, or the machine stands still."""

FOLDER_SECONDS = 2.0
"""For all folders to be tried; one on a server that hangs takes for ever."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why it cannot work. `what` may be told to anybody, `detail` may name paths."""

    what: str
    detail: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Readiness:
    """`least` is how many bytes are to stay free, `unseen` for how many seconds nobody has looked, None before the first."""

    folders: Sequence[Path]
    least: Callable[[], int]
    tool: Callable[[], Awaitable[Toolchain | None]]
    unseen: Callable[[], float | None]
    limiter: trio.CapacityLimiter = field(default_factory=lambda: trio.CapacityLimiter(1))

    async def reasons(self) -> list[Reason]:
        """Return all that is in the way; nothing is where there is nothing. Takes a thread, two seconds at most."""
        found = []
        if await self.tool() is None:
            found.append(Reason("FFmpeg is not there", "system.health says why"))
        unseen = self.unseen()
        if unseen is None or unseen >= UNSEEN_SECONDS:
            found.append(Reason("nothing was looked at lately", "" if unseen is None else f"for {unseen:.0f} s"))
        with trio.move_on_after(FOLDER_SECONDS):
            return found + await trio.to_thread.run_sync(self._of_folders, abandon_on_cancel=True, limiter=self.limiter)
        return [*found, Reason("a folder does not answer")]

    def _of_folders(self) -> list[Reason]:
        return [reason for folder in self.folders for reason in self._of_folder(folder)]

    def _of_folder(self, folder: Path) -> Iterator[Reason]:
        why = why_unwritable(folder)
        if why is not None:
            yield Reason("a folder cannot be written", f"{folder}: {why}")
            return
        free, least = free_space(folder), self.least()
        if free < least:
            yield Reason("a disk is full", f"{folder}: {free} bytes are free, {least} are to be")
