"""Makes neighbouring cells: one process, or one that encodes what others compose."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from pathlib import Path

import trio

from protocol.errors import SidecarError
from sidecar.ffmpeg.builder.cells import RunJob
from sidecar.ffmpeg.builder.command import Command, arguments
from sidecar.ffmpeg.failures import doubted
from sidecar.ffmpeg.supervisor import Child
from sidecar.services.render.crew import open_crew
from sidecar.services.render.pipes import End, open_pipe
from sidecar.services.render.processor_time import ProcessorTime
from sidecar.services.render.produce import STALL_SECONDS, Bench, run_command
from sidecar.services.render.tally import Tally, counted

HEARD_EVERY = 0.1
"""Seconds between two looks at the counts. FFmpeg's own reports begin only when each encoder has its first frame."""


@dataclass(slots=True)
class Making:
    """A run while it is made: its processes, the sources that they read, and the counts of its cells."""

    tally: Tally
    sources: set[Path] = field(default_factory=set)
    children: list[Child] = field(default_factory=list)
    _time: ProcessorTime = field(default_factory=ProcessorTime)

    def worked(self) -> float | None:
        """Return the seconds of processor that its processes have used so far; None where they are not known."""
        return self._time.look(self.children)

    @property
    def doubted(self) -> bool:
        """Whether a decoder has complained of what it read."""
        return any(doubted(child.stderr_tail().splitlines()) for child in self.children)


async def encode_run(
    job: RunJob, sinks: Sequence[Path], bench: Bench, name: str, heard: Callable[[Making], None]
) -> Making:
    """Encode each cell into its sink; `heard` is told about ten times a second, after every count.

    Folders of the bench that this makes begin with `name`. Cancelled or failed, no process of it is left; what is in
    the sinks is the caller's to remove. Raises the typed errors of execution.
    """
    making = Making(Tally(bench.folder / name, len(sinks)))

    async def run(command: Command, folder: str, descriptors: tuple[int, ...]) -> None:
        await trio.to_thread.run_sync(note_sources, command, making.sources)
        await run_command(
            command,
            folder,
            descriptors,
            bench=bench,
            on_start=making.children.append,
            marks=lambda: making.tally.total,
            # The sound is one process, and the file waits for it: of two that want a core it gets more.
            last=True,
            # What composes into a pipe waits for as long as its reader does.
            stall_after=STALL_SECONDS if folder == name else inf,
        )

    async def listen() -> None:
        while True:
            await trio.sleep(HEARD_EVERY)
            making.tally.look()
            heard(making)

    targets = [str(sink) for sink in sinks]
    async with open_crew() as crew:
        crew.start(listen)
        if not job.windows:
            await run(counted(await trio.to_thread.run_sync(job.encoder, targets)), name, ())
        else:
            await _in_windows(job, targets, name, run)
        crew.dismiss()
    making.tally.look()
    heard(making)
    return making


async def _in_windows(
    job: RunJob, targets: Sequence[str], name: str, run: Callable[[Command, str, tuple[int, ...]], Awaitable[None]]
) -> None:
    """Compose window after window into a pipe, from which one process encodes."""
    failed: list[SidecarError] = []
    with ExitStack() as pipes:
        read, write = pipes.enter_context(open_pipe())
        async with trio.open_nursery() as nursery:

            async def compose(end: End) -> None:
                try:
                    for number, window in enumerate(job.windows):
                        command = await trio.to_thread.run_sync(lambda: job.composer(window, sink=f"pipe:{end.fd}"))  # noqa: B023 - run at once
                        await run(command, f"{name}-compose-{number}", (end.fd,))
                except SidecarError as error:
                    # The cause: what the encoder then says of frames that are missing is not.
                    failed.insert(0, error)
                    nursery.cancel_scope.cancel()
                end.close()

            nursery.start_soon(compose, write)
            try:
                command = counted(job.encoder(targets, source=f"pipe:{read.fd}"))
                await run(command, name, (read.fd,))
            except SidecarError as error:
                failed.append(error)
            nursery.cancel_scope.cancel()
    if failed:
        raise failed[0]


def note_sources(command: Command, sources: set[Path]) -> None:
    """Add the files that a command reads."""
    argv = arguments(command).argv
    for option, value in pairwise(argv):
        if option == "-i" and value.startswith("file:"):
            sources.add(Path(value.removeprefix("file:")))
