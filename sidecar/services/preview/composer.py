"""Composes frames of a stage: one FFmpeg, fed by resident decoders, for a frame or for many."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from protocol.errors import FfmpegFailed, SidecarError, Stalled
from sidecar.ffmpeg.builder.command import Arguments, arguments
from sidecar.ffmpeg.builder.preview import Fed, Image, preview_command
from sidecar.ffmpeg.failures import failure
from sidecar.ffmpeg.supervisor import Child, Supervisor
from sidecar.ffmpeg.toolchain import Toolchain
from sidecar.services.preview.parts import Parts, parts_of
from sidecar.services.preview.stage import Stage

if TYPE_CHECKING:
    from sidecar.ffmpeg.builder.picture.feeds import Feed
    from sidecar.services.preview.decoding.pool import Decoders

GLOBALS = ("-y", "-nostats", "-loglevel", "level+warning")

MOST = 8
"""FFmpeg processes that compose at a time, whoever asked."""

STALL = 60.0
"""Seconds that a frame which somebody waits for may take: a long group of 8K pictures on a slow machine takes some."""

CHUNK = 1 << 18

FEEDS = hasattr(os, "mkfifo")
"""Where a system has no named pipes, FFmpeg reads the files itself: the same pictures, later."""


class Composer:
    """Gives frames of stages. Made by `open_composer`."""

    def __init__(
        self,
        decoders: Decoders,
        supervisor: Supervisor,
        toolchain: Callable[[], Toolchain],
        folder: Path,
        tasks: trio.Nursery,
    ) -> None:
        self._decoders = decoders
        self._supervisor = supervisor
        self._toolchain = toolchain
        self._folder = folder
        self._tasks = tasks
        self._slots = trio.CapacityLimiter(MOST)
        self.composed = 0
        """Frames that were read from FFmpeg so far."""

    @property
    def running(self) -> int:
        """Compositions that run, or are about to be gone."""
        return int(self._slots.borrowed_tokens)

    @asynccontextmanager
    async def frames(
        self, stage: Stage, window: tuple[int, int], *, size: tuple[int, int], image: Image, fed: Fed | None = None
    ) -> AsyncIterator[Frames]:
        """Compose project frames [first, end) at a size, to be iterated over: each as bytes, as `image` says.

        Raises the error of a clip on them that cannot be played. Frames come as they are asked for, few are made
        ahead; leaving ends FFmpeg at once. Frames past the project's end show its background. `fed` is the command
        of exactly this, where there is one already. Iterating raises the errors of the sources and of FFmpeg, and
        Stalled.
        """
        stage.check(window)
        if fed is None:
            fed = await trio.to_thread.run_sync(partial(compiled, stage, window, size, image))
        making = _Making(self, fed, self._folder)
        await self._slots.acquire_on_behalf_of(making)
        try:
            child = await making.start(self._supervisor, self._toolchain().path)
        except BaseException:
            making.clear()
            self._slots.release_on_behalf_of(making)
            raise
        self._tasks.start_soon(self._tend, making, child)
        try:
            yield Frames(making, child, parts_of(image, size, stage.export), window[1] - window[0])
        finally:
            child.kill()
            making.left.set()

    async def _tend(self, making: _Making, child: Child) -> None:
        """Feed a composition until it is left; then see it gone."""
        async with trio.open_nursery() as nursery:
            for feed in making.fed.feeds:
                nursery.start_soon(making.write, self._decoders, feed, child)
            try:
                await making.left.wait()
            finally:
                nursery.cancel_scope.cancel()
                with trio.CancelScope(shield=True):
                    await child.aclose()
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(making.clear)
        self._slots.release_on_behalf_of(making)


def compiled(stage: Stage, window: tuple[int, int], size: tuple[int, int], image: Image) -> Fed:
    """Build the command of some frames. Takes milliseconds; meant for a thread."""
    return preview_command(
        stage.timeline, stage.export, stage.resources, window=window, size=size, image=image, fed=FEEDS
    )


@dataclass(eq=False)
class _Making:
    """What the tasks around one FFmpeg share: its folder, why its feeding failed, and that nobody wants more."""

    composer: Composer
    fed: Fed
    parent: Path
    work: Path | None = None
    fault: SidecarError | None = None
    left: trio.Event = field(default_factory=trio.Event)
    argv: tuple[str, ...] = ()

    async def start(self, supervisor: Supervisor, program: Path) -> Child:
        """Make the folder and start FFmpeg in it."""
        built = await trio.to_thread.run_sync(self._prepare)
        self.argv = built.argv
        return await supervisor.spawn(
            [program, *GLOBALS, *built.argv],
            cwd=self._folder,
            env=dict(self.fed.command.environment),
            stdout="pipe",
            role="preview",
        )

    async def write(self, decoders: Decoders, feed: Feed, child: Child) -> None:
        """Feed one input; what goes wrong ends the composition."""
        try:
            await decoders.write(feed, self._folder / feed.name)
        except SidecarError as error:
            self.fault = self.fault or error
            child.kill()

    def clear(self) -> None:
        """Remove the folder."""
        if self.work is not None:
            shutil.rmtree(self.work, ignore_errors=True)

    @property
    def _folder(self) -> Path:
        if self.work is None:
            raise AssertionError("a composition that was not prepared")
        return self.work

    def _prepare(self) -> Arguments:
        built = arguments(self.fed.command)
        self.work = Path(tempfile.mkdtemp(prefix="preview-", dir=self.parent))
        for file in built.files:
            (self.work / file.name).write_bytes(file.content)
        for feed in self.fed.feeds:
            os.mkfifo(self.work / feed.name, mode=0o600)
        return built


class Frames:
    """Frames of one composition, in order."""

    def __init__(self, making: _Making, child: Child, parts: Parts, count: int) -> None:
        self._making = making
        self._child = child
        self._parts = parts
        self._left = count

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        """Return the next frame."""
        if self._left == 0:
            raise StopAsyncIteration
        with trio.move_on_after(STALL) as patience:
            frame = await self._next()
        if patience.cancelled_caught:
            raise self._making.fault or Stalled(what="FFmpeg (preview)", seconds=STALL)
        self._left -= 1
        self._making.composer.composed += 1
        return frame

    async def _next(self) -> bytes:
        stdout = self._child.stdout
        if stdout is None:
            raise AssertionError("a composition has a pipe")
        while (frame := self._parts.next()) is None:
            data = await stdout.receive_some(CHUNK)
            if not data:
                raise await self._failure()
            self._parts.feed(data)
        return frame

    async def _failure(self) -> SidecarError:
        """Say why FFmpeg ended early."""
        status = await self._child.wait()
        if self._making.fault is not None:
            return self._making.fault
        argv = self._making.argv
        inputs = [value for name, value in pairwise(argv) if name == "-i"]
        if status != 0:
            return failure(status, self._child.stderr_tail(), inputs=inputs, outputs=[])
        return FfmpegFailed(exit_code=status, detail="it wrote fewer frames than it was asked for")


@asynccontextmanager
async def open_composer(
    decoders: Decoders, supervisor: Supervisor, toolchain: Callable[[], Toolchain], folder: Path
) -> AsyncIterator[Composer]:
    """Open a composer; on leaving its processes are gone. Compositions stand in the existing `folder`."""
    async with trio.open_nursery() as nursery:
        try:
            yield Composer(decoders, supervisor, toolchain, folder, nursery)
        finally:
            nursery.cancel_scope.cancel()
