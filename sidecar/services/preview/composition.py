"""One FFmpeg that composes, in a folder of its own, and what feeds it."""

from __future__ import annotations

import os
import shutil
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from protocol.errors import FfmpegFailed
from sidecar.ffmpeg.builder.command import Arguments, arguments
from sidecar.ffmpeg.builder.preview import Fed
from sidecar.ffmpeg.failures import failure
from sidecar.ffmpeg.supervisor import Child, Supervisor
from sidecar.services.preview.decoding.fifo import PIPE_BYTES, widen

if TYPE_CHECKING:
    from sidecar.ffmpeg.builder.picture.feeds import Feed
    from sidecar.services.preview.decoding.pool import Decoders

GLOBALS = ("-y", "-nostats", "-loglevel", "level+warning")

ENVIRONMENT = {"MALLOC_ARENA_MAX": "1", "MALLOC_TOP_PAD_": str(32 << 20)}
"""Memory of pictures that were let go is used again, not given back and asked for anew: a tenth of a frame's time."""


class Composition:
    """One FFmpeg in its folder, and why its feeding failed."""

    def __init__(self, fed: Fed, parent: Path) -> None:
        self.fed = fed
        self.fault: Exception | None = None
        self.left = trio.Event()
        self._parent = parent
        self._work: Path | None = None
        self._child: Child | None = None
        self._inputs: tuple[str, ...] = ()

    @property
    def child(self) -> Child:
        """The process, once it is started."""
        if self._child is None:
            raise AssertionError("a composition that was not started")
        return self._child

    async def start(self, supervisor: Supervisor, program: Path) -> None:
        """Make the folder and start FFmpeg in it."""
        work, built = await trio.to_thread.run_sync(self._prepare)
        self._inputs = tuple(value for name, value in pairwise(built.argv) if name == "-i")
        self._child = await supervisor.spawn(
            [program, *GLOBALS, *built.argv],
            cwd=work,
            env={**ENVIRONMENT, **dict(self.fed.command.environment)},
            stdout="pipe",
            role="preview",
        )
        # One picture goes out at once, however slowly it is read. Of many a wide pipe would hold too many.
        if self.fed.command.frames == 1 and isinstance(self._child.stdout, trio.lowlevel.FdStream):
            widen(self._child.stdout.fileno(), PIPE_BYTES)

    async def write(self, decoders: Decoders, feed: Feed) -> None:
        """Feed one input; what goes wrong ends the composition."""
        if self._work is None:
            raise AssertionError("a composition that was not started")
        try:
            await decoders.write(feed, self._work / feed.name)
        except Exception as error:  # noqa: BLE001 - raised by who reads the frames
            self.fault = self.fault or error
            self.child.kill()

    async def failure(self) -> Exception:
        """Say why FFmpeg ended early."""
        status = await self.child.wait()
        if self.fault is not None:
            return self.fault
        if status != 0:
            return failure(status, self.child.stderr_tail(), inputs=self._inputs)
        return FfmpegFailed(exit_code=status, detail="it wrote fewer frames than it was asked for")

    def leave(self) -> None:
        """End FFmpeg and the feeding."""
        self.child.kill()
        self.left.set()

    def clear(self) -> None:
        """Remove the folder."""
        if self._work is not None:
            shutil.rmtree(self._work, ignore_errors=True)

    def _prepare(self) -> tuple[Path, Arguments]:
        built = arguments(self.fed.command)
        self._work = Path(tempfile.mkdtemp(prefix="preview-", dir=self._parent))
        for file in built.files:
            (self._work / file.name).write_bytes(file.content)
        for feed in self.fed.feeds:
            os.mkfifo(self._work / feed.name, mode=0o600)
        return self._work, built
