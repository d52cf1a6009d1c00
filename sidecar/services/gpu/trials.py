"""Tries one encoder or decoder of hardware: a few frames through it, compared with what they have to be."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import trio

from protocol.errors import FfmpegCrashed, FfmpegNotFound, RenderFailed, SidecarError
from protocol.project import VideoExport
from protocol.project.export import VideoCodec
from sidecar.ffmpeg.builder.command import Command
from sidecar.ffmpeg.builder.hardware_trials import (
    CODED,
    FRAMES,
    SIZE,
    build_decoding,
    build_encoding,
    build_shown,
    trial_settings,
)
from sidecar.ffmpeg.executor import execute
from sidecar.ffmpeg.supervisor import Supervisor
from sidecar.ffmpeg.toolchain import Toolchain

DEADLINE = 20.0
"""Seconds that one process of a trial may take: a driver that hangs is one that does not work."""

FAR = 8.0
"""Levels of 255 that an encoded frame may be off on average. Good encoders are off by 1 or 2 at this quality."""

FRAME_BYTES = SIZE[0] * SIZE[1] * 3 // 2

REASON_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Trial:
    """How a trial ended, after how many seconds: `reason` and the kind of `error` are None where it worked."""

    seconds: float
    reason: str | None = None
    error: str | None = None

    @property
    def works(self) -> bool:
        return self.reason is None


@dataclass(frozen=True, slots=True)
class Sample:
    """A file of one frame, and that frame as the software decoder gives it."""

    coded: bytes
    shown: bytes


@dataclass(frozen=True, slots=True)
class Ground:
    """What trials run on; `temp` is the folder where theirs are made."""

    toolchain: Toolchain
    supervisor: Supervisor
    temp: Path


async def try_encoder(ground: Ground, video: VideoExport) -> Trial:
    """Encode the generated clip, decode it in software, and compare every frame with the one that went in.

    Nothing is left, cancelled or not. Raises FfmpegNotFound.
    """

    async def go(work: Path) -> None:
        await _run(ground, build_encoding(video, CODED), work)
        made = await _run(ground, build_decoding(CODED, "pipe:1"), work)
        shown = await _run(ground, build_shown("pipe:1"), work)
        await trio.to_thread.run_sync(check_frames, made, shown)

    return await _tried(ground, go)


async def try_decoder(ground: Ground, codec: VideoCodec, method: str, sample: Callable[[], Awaitable[Sample]]) -> Trial:
    """Decode a frame in hardware and in software: they have to be the same bit for bit. Else as `try_encoder`."""

    async def go(work: Path) -> None:
        given = await sample()
        await trio.to_thread.run_sync((work / CODED).write_bytes, given.coded)
        made = await _run(ground, build_decoding(CODED, "pipe:1", method=method, codec=codec), work)
        if made != given.shown:
            raise RenderFailed(detail="its frame is another one than that of the software decoder")

    return await _tried(ground, go)


async def make_sample(ground: Ground, codec: VideoCodec) -> Sample:
    """Encode a frame and decode it, both in software. Nothing is left. Raises the errors of execution."""
    work = await _folder(ground)
    try:
        await _run(ground, build_encoding(trial_settings(codec, None), CODED, frames=1), work)
        shown = await _run(ground, build_decoding(CODED, "pipe:1"), work)
        return Sample(await trio.to_thread.run_sync((work / CODED).read_bytes), shown)
    finally:
        await _clear(work)


def check_frames(made: bytes, shown: bytes) -> None:
    """Raise RenderFailed unless raw frames are those of the clip: each close to its own, and closer than to the next."""
    import numpy as np  # noqa: PLC0415 - start-up time

    if len(made) != len(shown):
        count = f"{len(made) / FRAME_BYTES:g} frames came back, not {FRAMES}"
        raise RenderFailed(detail=count)
    coded, wanted = (np.frombuffer(data, np.uint8).reshape(FRAMES, -1).astype(np.int16) for data in (made, shown))
    for number in range(FRAMES):
        off = [float(np.abs(coded[number] - other).mean()) for other in wanted]
        if off[number] > FAR:
            raise RenderFailed(detail=f"frame {number} is off by {off[number]:.1f} levels")
        if min(off) < off[number]:
            raise RenderFailed(detail=f"frame {number} is frame {off.index(min(off))} of what went in")


def reason_of(error: SidecarError) -> str:
    """Return in a line why something failed, by the word of FFmpeg where it said one."""
    said = str(error.context().get("detail") or error.message)
    if isinstance(error, FfmpegCrashed):
        # FFmpeg aborts where a library of the driver is missing; its last words name it.
        missing = re.search(r"failed to load library '([^']+)'", "\n".join(error.stderr))
        said = f"FFmpeg ends without {missing[1]}" if missing else ": ".join([error.message, *error.stderr[-1:]])
    return " ".join(said.split())[:REASON_LENGTH]


async def _run(ground: Ground, command: Command, work: Path) -> bytes:
    done = await execute(
        command,
        toolchain=ground.toolchain,
        supervisor=ground.supervisor,
        work=work,
        role="trial",
        stall_after=DEADLINE,
        limit=DEADLINE,
        capture_stdout=command.outputs[0].target == "pipe:1",
        stdout_limit=2 * FRAMES * FRAME_BYTES,
    )
    return done.stdout


async def _tried(ground: Ground, go: Callable[[Path], Awaitable[None]]) -> Trial:
    began = trio.current_time()
    work = await _folder(ground)
    try:
        await go(work)
    except FfmpegNotFound:
        raise
    except SidecarError as error:
        return Trial(trio.current_time() - began, reason_of(error), error.kind)
    finally:
        await _clear(work)
    return Trial(trio.current_time() - began)


async def _folder(ground: Ground) -> Path:
    return Path(await trio.to_thread.run_sync(partial(tempfile.mkdtemp, prefix="trial-", dir=ground.temp)))


async def _clear(work: Path) -> None:
    with trio.CancelScope(shield=True):
        await trio.to_thread.run_sync(partial(shutil.rmtree, work, ignore_errors=True))
