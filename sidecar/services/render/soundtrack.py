"""Makes the mix of a render whose sound is shared out, and levels it: process after process."""

from __future__ import annotations

import os
import shutil
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path

import trio

from protocol.commands.render import MeasuredLoudness
from protocol.project import AudioExport
from sidecar.core.timeline import Timeline
from sidecar.ffmpeg.builder.command import Command
from sidecar.ffmpeg.builder.render import Track
from sidecar.ffmpeg.builder.sound.export import Levelling, levelling_of
from sidecar.ffmpeg.builder.sound.loudness import (
    PASSES,
    REPORT,
    Measured,
    again,
    levelling_for,
    measure_file,
    measure_mix,
    read_report,
)
from sidecar.ffmpeg.builder.sound.staged import SoundStages

Run = Callable[[Command, str, tuple[int, ...]], Awaitable[Path]]
"""Runs a command in a folder of that name, with these descriptors, and returns the folder."""


async def mix(stages: SoundStages, folder: Path, sink: int, run: Run) -> None:
    """Write the mix to a descriptor; the shelf lies in `folder`, which may exist, until the mix is done."""
    await trio.to_thread.run_sync(lambda: folder.mkdir(mode=0o700, exist_ok=True))
    for number, step in enumerate(stages.steps(str(folder))):
        with ExitStack() as held:
            descriptor = sink
            if step.file:
                descriptor = os.open(folder / step.file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
                held.callback(os.close, descriptor)
            command = await trio.to_thread.run_sync(step.build, f"pipe:{descriptor}")
            await run(command, f"sound-{number}", (descriptor,))
        for name in step.drops:
            (folder / name).unlink(missing_ok=True)
    await trio.to_thread.run_sync(shutil.rmtree, folder)


async def level(mixed: Path, timeline: Timeline, audio: AudioExport, run: Run) -> Track:
    """Measure a finished mix and say how it is brought to the loudness that an export asks for."""
    url = f"file:{mixed}"

    async def hear(levelling: Levelling, number: int) -> Measured:
        command = measure_mix(url, timeline, audio.channels, levelling)
        return await report_of(await run(command, f"loudness-{number}", ()))

    return Track(url, await levelling_by(audio, hear))


async def levelling_by(audio: AudioExport, hear: Callable[[Levelling, int], Awaitable[Measured]]) -> Levelling:
    """Say how a mix is brought to the loudness that an export asks for; `hear` measures it, levelled, time and again."""
    wanted = audio.loudness
    if wanted is None:
        return levelling_of(audio)
    limiter = None if audio.limiter is None else audio.limiter.true_peak
    levelling = levelling_for(wanted, await hear(Levelling(), 0), limiter=limiter)
    for number in range(1, PASSES):
        if levelling.ceiling is None:
            break
        closer = again(wanted, levelling, await hear(levelling, number))
        if closer is None:
            break
        levelling = closer
    return levelling


async def measure(written: Path, stream: int, run: Run) -> MeasuredLoudness | None:
    """Measure a stream of a written file; None where it has no loudness: silence."""
    measured = await report_of(await run(measure_file(str(written), stream), "measure", ()))
    if measured.integrated is None or measured.true_peak is None:
        return None
    return MeasuredLoudness(integrated=measured.integrated, true_peak=measured.true_peak)


async def report_of(folder: Path) -> Measured:
    """Read what a measuring command noted in its folder."""
    return read_report(await trio.to_thread.run_sync((folder / REPORT).read_text))
