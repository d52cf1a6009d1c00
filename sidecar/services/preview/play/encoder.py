"""The process that encodes a play: fed by two pipes, read by one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from math import inf
from pathlib import Path

import trio

from protocol.errors import NotSupported, SidecarError, Stalled
from sidecar.ffmpeg.builder.command import Command, arguments
from sidecar.ffmpeg.failures import failure
from sidecar.ffmpeg.supervisor import Child, Supervisor
from sidecar.ffmpeg.toolchain import Toolchain
from sidecar.services.render.pipes import open_pipe

GLOBALS = ("-nostats", "-loglevel", "level+warning")
CHUNK = 64 * 1024

STALL = 30.0
"""Seconds in which a process takes or gives something, where it can."""

LOOK = 1.0
"""Seconds between two looks whether it does."""

Build = Callable[[str, str | None], Command]
"""Builds the command that reads pictures from one URL and sound from another, if there is any."""


class Encoder:
    """An encoder that runs. Pictures are written whole, whoever is cancelled meanwhile; sound never waits."""

    def __init__(self, child: Child, picture: trio.abc.SendStream, sound: trio.abc.SendStream | None) -> None:
        self._child = child
        self._picture = picture
        self._sound = sound
        self._waiting, self._sounding = trio.open_memory_channel[bytes](inf)
        self._moves = 0
        self._owing = False
        self._handing = False

    async def picture(self, frame: bytes) -> None:
        """Write a picture; returns when the pipe has it. Raises what ended the process, where it has ended."""
        self._owing = True
        try:
            await self._picture.send_all(frame)
        except trio.BrokenResourceError as error:
            raise await self._failure() from error
        self._owing = False
        self._moves += 1

    def sound(self, floats: bytes) -> None:
        """Have sound written, as soon as the pipe takes it; of a process that has ended the next picture tells."""
        with suppress(trio.BrokenResourceError):
            self._waiting.send_nowait(floats)

    async def pour(self) -> None:
        """Write the sound; returns once `close` was called and all of it is written, or the process is gone."""
        if self._sound is None:
            return
        async with self._sound, self._sounding:
            try:
                async for floats in self._sounding:
                    await self._sound.send_all(floats)
            except trio.BrokenResourceError:
                return

    async def close(self) -> None:
        """Say that nothing more comes: what is encoded is written out, and the process ends."""
        self._owing = True
        self._waiting.close()
        await self._picture.aclose()

    async def deliver(self, write: Callable[[bytes | bytearray], Awaitable[None]]) -> None:
        """Hand on all that is encoded until the process ends. Raises what ended it too early."""
        stdout = self._child.stdout
        if stdout is None:
            raise AssertionError("an encoder has a pipe")
        while data := await stdout.receive_some(CHUNK):
            self._moves += 1
            self._handing = True
            await write(data)
            self._handing = False
        if await self._child.wait() != 0:
            raise await self._failure()

    async def watch(self) -> None:
        """Raise Stalled once the process has done nothing for long, though it has something to do and somebody takes it.

        Counted in looks: a machine that slept has not waited.
        """
        looks, moves = 0, self._moves
        while looks * LOOK < STALL:
            await trio.sleep(LOOK)
            still = self._owing and not self._handing and self._moves == moves
            looks, moves = looks + 1 if still else 0, self._moves
        raise Stalled(what="FFmpeg (play)", seconds=STALL)

    async def _failure(self) -> SidecarError:
        return failure(await self._child.wait(), self._child.stderr_tail())


@asynccontextmanager
async def open_encoder(
    build: Build, supervisor: Supervisor, toolchain: Toolchain, parent: Path, *, sounds: bool
) -> AsyncIterator[Encoder]:
    """Start an encoder; on leaving it is gone, with its folder. Raises NotSupported where pipes cannot be handed on."""
    if not supervisor.passes_fds:
        raise NotSupported(what="preview.play on this system")
    with ExitStack() as held:
        work = held.enter_context(tempfile.TemporaryDirectory(prefix="play-", dir=parent, ignore_cleanup_errors=True))
        writes: list[trio.lowlevel.FdStream] = []
        try:
            with ExitStack() as theirs:
                pipes = [theirs.enter_context(open_pipe()) for _ in range(1 + sounds)]
                writes += [trio.lowlevel.FdStream(os.dup(write.fd)) for _, write in pipes]
                urls = [f"pipe:{read.fd}" for read, _ in pipes]
                argv = arguments(build(urls[0], urls[1] if sounds else None)).argv
                child = await supervisor.spawn(
                    [toolchain.path, *GLOBALS, *argv],
                    cwd=Path(work),
                    stdout="pipe",
                    pass_fds=[read.fd for read, _ in pipes],
                    role="play",
                )
            async with child:
                yield Encoder(child, writes[0], writes[1] if sounds else None)
        finally:
            for stream in writes:
                with trio.CancelScope(shield=True):
                    await trio.aclose_forcefully(stream)
