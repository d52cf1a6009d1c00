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
from sidecar.ffmpeg.builder.sound.export import Levelling
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
    """Write the mix to a descriptor; the shelf lies in `folder` until the mix is done."""
    await trio.to_thread.run_sync(lambda: folder.mkdir(mode=0o700))
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
    wanted = audio.loudness
    if wanted is None:
        raise AssertionError("only what has a target is levelled")
    url = f"file:{mixed}"

    async def heard(levelling: Levelling, number: int) -> Measured:
        command = measure_mix(url, timeline, audio.channels, levelling)
        return await _report(await run(command, f"loudness-{number}", ()))

    limiter = None if audio.limiter is None else audio.limiter.true_peak
    levelling = levelling_for(wanted, await heard(Levelling(), 0), limiter=limiter)
    for number in range(1, PASSES):
        if levelling.ceiling is None:
            break
        closer = again(wanted, levelling, await heard(levelling, number))
        if closer is None:
            break
        levelling = closer
    return Track(url, levelling)


async def measure(written: Path, stream: int, run: Run) -> MeasuredLoudness | None:
    """Measure a stream of a written file; None where it has no loudness: silence."""
    measured = await _report(await run(measure_file(str(written), stream), "measure", ()))
    if measured.integrated is None or measured.true_peak is None:
        return None
    return MeasuredLoudness(integrated=measured.integrated, true_peak=measured.true_peak)


async def _report(folder: Path) -> Measured:
    return read_report(await trio.to_thread.run_sync((folder / REPORT).read_text))
