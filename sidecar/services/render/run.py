"""Runs one job: encode beside the target, verify, publish."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import trio

from protocol.commands.render import MeasuredLoudness, RenderProgress, RenderResult, Reused, Verified
from protocol.errors import MediaUnreadable, SourceChanged
from protocol.project.formats import audio_codec, video_codec
from protocol.time import format_exact
from sidecar.core.source import SourceFacts
from sidecar.core.timeline.damage import first_damage
from sidecar.ffmpeg.progress import FfmpegProgress
from sidecar.ffmpeg.supervisor import Supervisor
from sidecar.ffmpeg.toolchain import Toolchain
from sidecar.services.locks import FileLock
from sidecar.services.render.analyses import with_analyses
from sidecar.services.render.job import RenderJob
from sidecar.services.render.litter import claim, sweep_parts
from sidecar.services.render.planning import Planned
from sidecar.services.render.produce import Bench, produce
from sidecar.services.render.progress import SHARE_OF_ENCODING, ProgressMeter
from sidecar.services.render.publish import check_target, part_path, publish
from sidecar.services.render.verify import Expected, verify

PUBLISHING = 0.99


@dataclass(frozen=True, slots=True)
class Workshop:
    """What running a job needs. `damage` decodes a whole file and returns what is found of it."""

    supervisor: Supervisor
    toolchain: Toolchain
    temp: Path
    owner: str
    fingerprint: Callable[[Path], Awaitable[str | None]]
    damage: Callable[[Path], Awaitable[SourceFacts]]


async def run_job(
    job: RenderJob, planned: Planned, shop: Workshop, report: Callable[[RenderProgress], None]
) -> RenderResult:
    """Render one plan to the job's target.

    Cancellation ends FFmpeg at once; then, as after any error, nothing is left at the target, nor beside it.
    Raises the typed errors of execution, RenderFailed, SourceChanged, OutputExists, OutputUnwritable, DiskFull.
    """
    begun = trio.current_time()
    meter = ProgressMeter(
        job_id=job.job_id,
        frames=planned.frames,
        seconds=float(planned.frames / planned.frame_rate),
        encoder=planned.summary.encoder.video or planned.summary.encoder.audio or "",
        started=begun,
        has_picture=video_codec(planned.export) is not None,
    )
    part = part_path(job.target, f"{shop.owner}-{job.serial}")
    work = shop.temp / f"render-{job.serial}-{job.attempts}"
    held: FileLock | None = None
    report(meter.enter("preparing", "analysing", 0.0, trio.current_time()))
    try:
        check_target(job.target, overwrite=job.overwrite)
        sweep_parts(job.target.parent)
        work.mkdir(mode=0o700)
        held = claim(part)

        def on_progress(progress: FfmpegProgress) -> None:
            report(meter.encoding(progress, trio.current_time()))

        def on_sound() -> None:
            report(meter.enter("running", "sound", 0.0, trio.current_time()))

        bench = Bench(shop.supervisor, shop.toolchain, work, job.job_id)
        stages = await with_analyses(planned.stages, bench)
        loudness = await produce(stages, part, bench, on_progress, on_sound)
        await _check_doubted(planned, shop, bench.doubted)
        report(meter.enter("running", "verifying", SHARE_OF_ENCODING, trio.current_time()))
        verified = await trio.to_thread.run_sync(verify, part, expected_of(planned))
        await _check_sources(planned, shop)
        report(meter.enter("running", "publishing", PUBLISHING, trio.current_time()))
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(lambda: publish(part, job.target, overwrite=job.overwrite))
        report(meter.ended("completed", trio.current_time()))
        return _result(job, planned, verified, loudness, trio.current_time() - begun)
    except Exception:
        job.progress = meter.ended("failed", trio.current_time())
        raise
    except BaseException:
        job.progress = meter.ended("cancelled", trio.current_time())
        raise
    finally:
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(_clear, part, work)
        if held is not None:
            held.release()


def expected_of(planned: Planned) -> Expected:
    """Say what the written file must hold."""
    export = planned.export
    return Expected(
        frames=planned.frames if video_codec(export) is not None else None,
        sound=audio_codec(export) is not None,
        duration=planned.frames / planned.frame_rate,
        frame=Fraction(1) / planned.frame_rate,
    )


async def _check_doubted(planned: Planned, shop: Workshop, doubted: set[Path]) -> None:
    """Raise MediaUnreadable if a picture that was shown is one that cannot be decoded.

    A decoder's complaint alone does not prove it, so the file is decoded from its beginning.
    """
    for path in sorted(doubted):
        facts = await shop.damage(path)
        found = await trio.to_thread.run_sync(first_damage, planned.stages.timeline, facts)
        if found is not None:
            frame, instant = found
            detail = f"its picture is damaged at {float(instant):.6g} s, which frame {frame} shows"
            raise MediaUnreadable(path=str(path), detail=detail)


async def _check_sources(planned: Planned, shop: Workshop) -> None:
    """Raise SourceChanged if a source is no longer what the plan saw."""
    for path, expected in planned.fingerprints.items():
        actual = await shop.fingerprint(Path(path))
        if actual != expected:
            raise SourceChanged(path=path, expected=expected, actual=actual)


def _result(
    job: RenderJob, planned: Planned, verified: Verified, loudness: MeasuredLoudness | None, seconds: float
) -> RenderResult:
    return RenderResult(
        path=str(job.target),
        bytes=job.target.stat().st_size,
        frames=planned.frames,
        duration=format_exact(planned.frames / planned.frame_rate),
        seconds=seconds,
        encoder=planned.summary.encoder,
        fallback=None,
        reused=Reused(cached=0, copied=0, encoded=1),
        verified=verified,
        loudness=loudness,
        warnings=[problem for problem in planned.problems if problem.severity == "warning"],
        sidecars=[],
    )


def _clear(part: Path, work: Path) -> None:
    """Remove what is left of an attempt. What is not there is fine."""
    part.unlink(missing_ok=True)
    shutil.rmtree(work, ignore_errors=True)
