"""Composes frames of a stage: one FFmpeg, fed by resident decoders, for a frame or for many."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from protocol.errors import DecoderCrashed, MediaUnsupported, Stalled
from sidecar.core.spans import Timed
from sidecar.ffmpeg.builder.preview import Fed, Image, preview_command
from sidecar.ffmpeg.supervisor import Supervisor
from sidecar.ffmpeg.toolchain import Toolchain
from sidecar.services.preview.composition import Composition
from sidecar.services.preview.parts import parts_of
from sidecar.services.preview.stage import Stage

if TYPE_CHECKING:
    from sidecar.services.preview.decoding.pool import Decoders

MOST = 8
"""FFmpeg processes that compose at a time, whoever asked."""

MOST_STANDING = 4
"""Others that stand still whenever who reads them does: plays. No frame waits for one."""

MOST_ENDING = 8
"""Others that have been killed and are not gone yet: what is new does not wait for those, unless they pile up."""

MOST_FEEDS = 6
"""Sources of a process that goes on over many frames."""

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
        self._standing = trio.CapacityLimiter(MOST_STANDING)
        self._bodies = trio.CapacityLimiter(MOST + MOST_STANDING + MOST_ENDING)
        self._unfed: set[str] = set()
        self.composed = 0
        """Frames that were read from FFmpeg so far."""

    @property
    def running(self) -> int:
        """Processes that compose, or that are about to be gone."""
        return int(self._bodies.borrowed_tokens)

    def compiled(self, stage: Stage, window: tuple[int, int], size: tuple[int, int], image: Image) -> Fed:
        """Build the command of some frames. Takes milliseconds; meant for a thread."""
        return preview_command(
            stage.timeline,
            stage.export,
            stage.resources,
            window=window,
            size=size,
            image=image,
            fed=FEEDS and self._unfed.isdisjoint(stage.fingerprints.values()),
            cutter=stage.cutter,
        )

    def going(
        self, stage: Stage, window: tuple[int, int], size: tuple[int, int], image: Image
    ) -> tuple[tuple[int, int], Fed]:
        """Return as much of a window, from its beginning on, as one process should take, and its command.

        It has few sources, for all are opened at its beginning, and few filters. Raises ResourceLimit for an instant
        that no process can take. Meant for a thread.
        """
        first, end = window
        while True:
            fed = self.compiled(stage, (first, end), size, image)
            if end - first == 1 or (fed.light and len(fed.feeds) <= MOST_FEEDS):
                return (first, end), fed
            end = first + (end - first) // 2

    @asynccontextmanager
    async def frames(
        self,
        stage: Stage,
        window: tuple[int, int],
        *,
        size: tuple[int, int],
        image: Image,
        fed: Fed | None = None,
        standing: bool = False,
    ) -> AsyncIterator[Frames]:
        """Compose project frames [first, end) at a size, to be iterated over: each as bytes, as `image` says.

        Raises the error of a clip on them that cannot be played. Frames come as they are asked for, few are made
        ahead; leaving ends FFmpeg at once. Frames past the project's end show its background. `fed` is the command
        of exactly this, where there is one already; `standing`: they may not be asked for for long. Iterating raises the
        errors of the sources and of FFmpeg, and Stalled.
        """
        stage.check(window)
        frames = Frames(self, stage, window, size, image, standing=standing)
        with Timed("ffmpeg", role="compose"):
            try:
                await frames.begin(fed)
                yield frames
            finally:
                frames.leave()

    async def begin(self, fed: Fed, *, standing: bool = False) -> Composition:
        """Start a composition, to be left by who has it. Waits while too many run."""
        made = Composition(fed, self._folder)
        slots = self._standing if standing else self._slots
        await slots.acquire_on_behalf_of(made)
        try:
            await self._bodies.acquire_on_behalf_of(made)
            try:
                await made.start(self._supervisor, self._toolchain().path)
            except BaseException:
                made.clear()
                self._bodies.release_on_behalf_of(made)
                raise
        except BaseException:
            slots.release_on_behalf_of(made)
            raise
        self._tasks.start_soon(self._tend, made, slots)
        return made

    def refuse(self, fingerprint: str) -> None:
        """Feed a source no more: its frames are not what its index says. FFmpeg reads it itself from now on."""
        self._unfed.add(fingerprint)

    async def _tend(self, made: Composition, slots: trio.CapacityLimiter) -> None:
        """Feed a composition until it is left; then see it gone."""
        async with trio.open_nursery() as nursery:
            for feed in made.fed.feeds:
                nursery.start_soon(made.write, self._decoders, feed)
            try:
                await made.left.wait()
            finally:
                slots.release_on_behalf_of(made)
                nursery.cancel_scope.cancel()
                with trio.CancelScope(shield=True):
                    await made.child.aclose()
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(made.clear)
        self._bodies.release_on_behalf_of(made)


class Frames:
    """Frames [first, end) of a stage, in order."""

    def __init__(
        self,
        composer: Composer,
        stage: Stage,
        window: tuple[int, int],
        size: tuple[int, int],
        image: Image,
        *,
        standing: bool,
    ) -> None:
        self._composer = composer
        self._stage = stage
        self._position, self._end = window
        self._size = size
        self._image = image
        self._standing = standing
        self._parts = parts_of(image, size, stage.export)
        self._made: Composition | None = None
        self._crashed = False

    async def begin(self, fed: Fed | None) -> None:
        """Start the composition of what has not been given yet."""
        if fed is None:
            window = self._position, self._end
            compile_ = partial(self._composer.compiled, self._stage, window, self._size, self._image)
            fed = await trio.to_thread.run_sync(compile_)
        self._parts = parts_of(self._image, self._size, self._stage.export)
        self._made = await self._composer.begin(fed, standing=self._standing)

    def leave(self) -> None:
        """End the composition."""
        if self._made is not None:
            self._made.leave()
            self._made = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        """Return the next frame."""
        if self._position == self._end:
            raise StopAsyncIteration
        with trio.move_on_after(STALL) as patience:
            frame = await self._next()
        if patience.cancelled_caught:
            raise Stalled(what="FFmpeg (preview)", seconds=STALL)
        self._position += 1
        self._composer.composed += 1
        return frame

    async def _next(self) -> bytes:
        while (frame := self._parts.next()) is None:
            made = self._made
            if made is None:
                raise AssertionError("frames are read inside their block")
            stdout = made.child.stdout
            data = b"" if stdout is None else await stdout.receive_some(CHUNK)
            if data:
                self._parts.feed(data)
                continue
            fault = await made.failure()
            if not self._excused(fault, made.fed):
                raise fault
            self.leave()
            await self.begin(None)
        return frame

    def _excused(self, fault: Exception, fed: Fed) -> bool:
        """Whether what is left may go well: without a feed that is not as it should be, after a first crash."""
        if isinstance(fault, DecoderCrashed) and not self._crashed:
            # It may have been another file's: this one is alone with its decoder from now on.
            self._crashed = True
            return True
        refused = self._stage.fingerprints.get(fault.path) if isinstance(fault, MediaUnsupported) else None
        if refused is None or not fed.feeds:
            return False
        self._composer.refuse(refused)
        return True


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
