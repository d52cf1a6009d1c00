"""Makes the file of a render: one process, or several that compose and mix and one that encodes what they write."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from math import inf
from pathlib import Path

import trio

from protocol.commands.render import MeasuredLoudness
from protocol.errors import SidecarError
from protocol.project.formats import audio_codec, video_codec
from sidecar.ffmpeg.builder.command import Command
from sidecar.ffmpeg.builder.render import Track
from sidecar.ffmpeg.builder.sound.export import Levelling, levelling_of
from sidecar.ffmpeg.builder.staged import Stages
from sidecar.ffmpeg.builder.steps import SHARED, Step
from sidecar.ffmpeg.executor import execute
from sidecar.ffmpeg.progress import FfmpegProgress
from sidecar.ffmpeg.supervisor import Child, Supervisor
from sidecar.ffmpeg.toolchain import Toolchain
from sidecar.services.cache.flights import Pauses, Unpaused
from sidecar.services.render.pipes import End, open_pipe
from sidecar.services.render.soundtrack import level, measure, mix
from sidecar.services.render.steps import run_steps

STALL_SECONDS = 60.0
"""An encoder without any new frame or byte for so long is ended as `stalled`."""

Report = Callable[[FfmpegProgress], None]


@dataclass(frozen=True, slots=True)
class Bench:
    """Where the processes of one attempt work: their tools, and a folder that is theirs alone.

    `doubted` gathers the files of which their decoders complained. `pauses` tell what works here to stand still;
    children of the `tag` are stopped by whoever pauses it. `advanced` is called whenever one of them has got on.
    """

    supervisor: Supervisor
    toolchain: Toolchain
    folder: Path
    tag: str
    doubted: set[Path] = field(default_factory=set)
    pauses: Pauses = field(default_factory=Unpaused)
    advanced: Callable[[], None] = field(default=lambda: None)

    def listening(self, then: Report | None = None) -> Report:
        """Return what listens to a process that works here, and hands on to `then` what it hears."""
        reached: tuple[object, ...] = ()

        def heard(progress: FfmpegProgress) -> None:
            nonlocal reached
            now = progress.frame, progress.out_time, progress.total_size
            if now != reached:
                reached = now
                self.advanced()
            if then is not None:
                then(progress)

        return heard


async def produce(
    stages: Stages, target: Path, bench: Bench, on_progress: Report, on_sound: Callable[[], None]
) -> MeasuredLoudness | None:
    """Write the file, and measure its sound where it was levelled or limited.

    Cancelled or failed, no process of it is left; what was written is the caller's to remove. `on_sound` is called
    when the sound is made before anything else. Raises the typed errors of execution.
    """
    run = partial(run_command, bench=bench)
    track: Track | None = None
    audio = stages.export.audio
    if stages.sound is not None and audio is not None and audio.loudness is not None:
        on_sound()
        mixed = bench.folder / "mix.f32"
        with mixed.open("wb") as sink:
            await mix(stages.sound, bench.folder / "shelf", sink.fileno(), run)
        track = await level(mixed, stages.timeline, audio, run)
    await trio.to_thread.run_sync((bench.folder / Path(SHARED).name).mkdir)

    async def go(shared: Stages, step: Step, name: str, report: Report) -> None:
        await encode_step(shared, target, bench, report, track, step=step, name=name)

    await run_steps(stages, target, on_progress, go)
    if audio is None or audio_codec(stages.export) is None or (audio.loudness is None and audio.limiter is None):
        return None
    return await measure(target, int(video_codec(stages.export) is not None), run)


async def encode_step(
    stages: Stages, target: Path, bench: Bench, on_progress: Report, track: Track | None, *, step: Step, name: str
) -> None:
    """Go through a render once: encode what other processes compose and mix beside it, or all in one process.

    What they write comes through a pipe each. Folders of the bench that this makes begin with `name`.
    """
    run = partial(run_command, bench=bench)
    mixed = stages.sound if step == "file" and track is None else None

    async def named(command: Command, of: str, descriptors: tuple[int, ...]) -> Path:
        return await run(command, f"{name}-{of}", descriptors)

    failed: list[SidecarError] = []
    with ExitStack() as pipes:
        async with trio.open_nursery() as nursery:

            async def feed(make: Callable[[int], Awaitable[None]], end: End) -> None:
                try:
                    await make(end.fd)
                except SidecarError as error:
                    # The cause: what the encoder then says of frames that are missing is not.
                    failed.insert(0, error)
                    nursery.cancel_scope.cancel()
                end.close()

            async def compose(sink: int) -> None:
                for number, window in enumerate(stages.windows):
                    command = stages.composer(window, sink=f"pipe:{sink}")
                    await run(command, f"{name}-compose-{number}", (sink,))

            async def sound(sink: int) -> None:
                if mixed is not None:
                    await mix(mixed, bench.folder / f"{name}-shelf", sink, named)

            source: str | None = None
            read_ends: list[int] = []
            if stages.windows:
                read, write = pipes.enter_context(open_pipe())
                source = f"pipe:{read.fd}"
                read_ends.append(read.fd)
                nursery.start_soon(feed, compose, write)
            if mixed is not None:
                read, write = pipes.enter_context(open_pipe())
                track = Track(
                    f"pipe:{read.fd}", Levelling() if stages.export.audio is None else levelling_of(stages.export.audio)
                )
                read_ends.append(read.fd)
                nursery.start_soon(feed, sound, write)
            try:
                encoder = stages.encoder(target=str(target), source=source, track=track, step=step)
                # A mix may take its time before its first sample: the encoder waits for it.
                stall = inf if mixed is not None else STALL_SECONDS
                await run(encoder, name, tuple(read_ends), on_progress=on_progress, stall_after=stall)
            except SidecarError as error:
                failed.append(error)
            nursery.cancel_scope.cancel()
    if failed:
        raise failed[0]


async def run_command(
    command: Command,
    name: str,
    descriptors: tuple[int, ...] = (),
    *,
    bench: Bench,
    on_progress: Report | None = None,
    stall_after: float = inf,
    on_start: Callable[[Child], None] | None = None,
    marks: Callable[[], object] = lambda: None,
    last: bool = False,
) -> Path:
    """Run a command in a folder of its own and return that. What feeds a pipe waits for as long as its reader does."""
    work = bench.folder / name
    work.mkdir(mode=0o700)
    done = await execute(
        command,
        toolchain=bench.toolchain,
        supervisor=bench.supervisor,
        work=work,
        role="render",
        tag=bench.tag,
        background=True,
        last=last,
        on_progress=bench.listening(on_progress),
        stall_after=stall_after,
        pass_fds=descriptors,
        on_start=on_start,
        marks=marks,
    )
    bench.doubted.update(Path(url.removeprefix("file:")) for url in done.doubted if url.startswith("file:"))
    return work
