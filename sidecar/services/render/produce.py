"""Makes the file of a render: one process, or several that compose and one that encodes what they write."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

import trio

from protocol.errors import SidecarError
from sidecar.ffmpeg.builder.command import Command
from sidecar.ffmpeg.builder.render import build_render
from sidecar.ffmpeg.builder.staged import Stages
from sidecar.ffmpeg.executor import execute
from sidecar.ffmpeg.progress import FfmpegProgress
from sidecar.ffmpeg.supervisor import Supervisor
from sidecar.ffmpeg.toolchain import Toolchain

STALL_SECONDS = 60.0
"""An encoder without any new frame or byte for so long is ended as `stalled`."""

PIPE_BYTES = 1_048_576
"""As much as the system allows an ordinary user: fewer switches between writer and reader."""

Report = Callable[[FfmpegProgress], None]


@dataclass(frozen=True, slots=True)
class Bench:
    """Where the processes of one attempt work: their tools, and a folder that is theirs alone.

    `doubted` gathers the files of which their decoders complained.
    """

    supervisor: Supervisor
    toolchain: Toolchain
    folder: Path
    tag: str
    doubted: set[Path] = field(default_factory=set)


async def produce(stages: Stages, target: Path, bench: Bench, on_progress: Report) -> None:
    """Write the file. Cancelled or failed, no process of it is left; what was written is the caller's to remove.

    Raises the typed errors of execution.
    """
    if not stages.windows:
        whole = build_render(stages.timeline, stages.export, target=str(target), resources=stages.resources)
        await _run(whole, bench, "encode", on_progress)
        return
    failed: list[SidecarError] = []
    with _pipe() as (read, write):
        async with trio.open_nursery() as nursery:

            async def compose() -> None:
                try:
                    for number, window in enumerate(stages.windows):
                        command = stages.composer(window, sink=f"pipe:{write.fd}")
                        await _run(command, bench, f"compose-{number}", None, (write.fd,))
                except SidecarError as error:
                    # The cause: what the encoder then says of frames that are missing is not.
                    failed.insert(0, error)
                    nursery.cancel_scope.cancel()
                write.close()

            nursery.start_soon(compose)
            try:
                encoder = stages.encoder(source=f"pipe:{read.fd}", target=str(target))
                await _run(encoder, bench, "encode", on_progress, (read.fd,))
            except SidecarError as error:
                failed.append(error)
            nursery.cancel_scope.cancel()
    if failed:
        raise failed[0]


async def _run(
    command: Command, bench: Bench, name: str, on_progress: Report | None, descriptors: tuple[int, ...] = ()
) -> None:
    work = bench.folder / name
    work.mkdir(mode=0o700)
    done = await execute(
        command,
        toolchain=bench.toolchain,
        supervisor=bench.supervisor,
        work=work,
        role="render",
        tag=bench.tag,
        on_progress=on_progress,
        # A composer waits for its encoder for as long as that takes.
        stall_after=STALL_SECONDS if on_progress is not None else inf,
        pass_fds=descriptors,
    )
    bench.doubted.update(Path(url.removeprefix("file:")) for url in done.doubted if url.startswith("file:"))


@dataclass(slots=True)
class _End:
    """One end of the pipe. Both stay open here until the work is done, so that neither side ever sees a lost peer."""

    fd: int

    def close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


@contextmanager
def _pipe() -> Iterator[tuple[_End, _End]]:
    read, write = (_End(fd) for fd in os.pipe())
    if sys.platform == "linux":
        with suppress(OSError):
            fcntl.fcntl(write.fd, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    try:
        yield read, write
    finally:
        read.close()
        write.close()
