"""Measures encoders: frames of a generated clip a second, one encoder after the other."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

import trio
from msgspec.structs import replace

from protocol.commands.gpu import Benchmark, BenchmarkParams, BenchmarkRow
from protocol.errors import FfmpegNotFound, SidecarError
from protocol.progress import Begin, End, Progress, Report
from protocol.project.export import VideoCodec
from sidecar.ffmpeg.builder.hardware_trials import build_encoding, trial_settings
from sidecar.ffmpeg.codecs import VIDEO_ENCODERS, Family, encoder_of
from sidecar.ffmpeg.executor import execute
from sidecar.services.gpu.trials import Ground, reason_of

LIMIT = 300.0
"""Seconds that one encoder may take."""

STALL = 60.0

Tell = Callable[[Progress], Awaitable[None]]
Lane = tuple[VideoCodec, Family | None]


async def run_benchmark(ground: Ground, params: BenchmarkParams, lanes: Sequence[Lane], tell: Tell) -> Benchmark:
    """Measure encoders in this order; one that fails has its reason in place of a figure. Raises FfmpegNotFound."""
    rows: list[BenchmarkRow] = []
    total = float(params.frames * len(lanes))
    await tell(Begin(title="Measuring encoders", total=total))
    for number, (codec, family) in enumerate(lanes):
        name = (VIDEO_ENCODERS[codec] if family is None else encoder_of(codec, family)) or codec
        begun = float(params.frames * number)
        await tell(Report(done=begun, total=total, message=name))
        row = await _measure(ground, params, codec, family, name)
        software = next((each for each in rows if each.codec == codec and each.family is None), row)
        row = replace(row, relative=_ratio(row.frames_per_second, software.frames_per_second))
        rows.append(row)
    await tell(Report(done=total, total=total, message=None))
    await tell(End())
    return Benchmark(width=params.width, height=params.height, frames=params.frames, results=rows)


async def _measure(
    ground: Ground, params: BenchmarkParams, codec: VideoCodec, family: Family | None, name: str
) -> BenchmarkRow:
    size = params.width, params.height
    speed: float | None = None
    reason: str | None = None
    work = Path(await trio.to_thread.run_sync(partial(tempfile.mkdtemp, prefix="benchmark-", dir=ground.temp)))
    try:
        done = await execute(
            build_encoding(trial_settings(codec, family), "-", size=size, frames=params.frames),
            toolchain=ground.toolchain,
            supervisor=ground.supervisor,
            work=work,
            role="benchmark",
            stall_after=STALL,
            limit=LIMIT,
        )
        speed = params.frames / done.seconds
    except FfmpegNotFound:
        raise
    except SidecarError as error:
        reason = reason_of(error)
    finally:
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(partial(shutil.rmtree, work, ignore_errors=True))
    return BenchmarkRow(encoder=name, codec=codec, family=family, frames_per_second=speed, relative=None, reason=reason)


def _ratio(speed: float | None, software: float | None) -> float | None:
    return None if speed is None or software is None else speed / software
