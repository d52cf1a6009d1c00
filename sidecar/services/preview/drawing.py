"""Runs single commands for previews, each in a folder of its own."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import uuid4

import trio

from sidecar.ffmpeg.builder.command import Command
from sidecar.ffmpeg.executor import Execution, execute
from sidecar.ffmpeg.supervisor import Supervisor
from sidecar.ffmpeg.toolchain import Toolchain

ROLE = "preview"


@asynccontextmanager
async def work_folder(temp: Path) -> AsyncIterator[Path]:
    """Make a folder below the instance's own; it is gone when the block is left, however that is."""
    folder = temp / f"preview-{uuid4().hex}"
    await trio.to_thread.run_sync(partial(folder.mkdir, mode=0o700))
    try:
        yield folder
    finally:
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(partial(shutil.rmtree, folder, ignore_errors=True))


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """Runs them. `temp` is the instance's own folder."""

    supervisor: Supervisor
    toolchain: Callable[[], Toolchain]
    temp: Path

    async def drawn(self, command: Command) -> bytes:
        """Run a command and return what it writes to its stdout.

        Cancelled or failed, no process and no file is left. Raises the typed errors of execution.
        """
        async with work_folder(self.temp) as folder:
            return (await self._execute(command, folder, capture=True)).stdout

    async def run(self, *commands: Command) -> None:
        """Run commands one after the other in one folder, as `drawn` does."""
        async with work_folder(self.temp) as folder:
            for command in commands:
                await self._execute(command, folder, capture=False)

    async def _execute(self, command: Command, folder: Path, *, capture: bool) -> Execution:
        return await execute(
            command,
            toolchain=self.toolchain(),
            supervisor=self.supervisor,
            work=folder,
            role=ROLE,
            capture_stdout=capture,
        )
