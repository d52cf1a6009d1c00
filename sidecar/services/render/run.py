"""Runs one job: make the file beside the target, verify, publish."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path

import trio

from protocol.commands.render import RenderProgress, RenderResult, Verified
from protocol.errors import DiskFull, OutputUnwritable, RenderFailed, SidecarError, SourceChanged
from protocol.project.formats import audio_codec, video_codec
from protocol.time import format_exact
from sidecar.core.spans import Timed
from sidecar.services.locks import FileLock
from sidecar.services.render.assemble import assemble
from sidecar.services.render.cell_meter import CellMeter
from sidecar.services.render.copies import check_copies, copied_bytes
from sidecar.services.render.crew import open_crew
from sidecar.services.render.delivery import check_delivery, deliver, delivery_of, essential_bytes, goods_of, write_back
from sidecar.services.render.extras import clear_extras
from sidecar.services.render.in_one_piece import make_in_one_piece
from sidecar.services.render.job import RenderJob
from sidecar.services.render.likeness import Screen, weights_of
from sidecar.services.render.litter import claim, sweep_parts
from sidecar.services.render.planning import Planned
from sidecar.services.render.produce import Bench
from sidecar.services.render.progress import ProgressMeter
from sidecar.services.render.publish import part_path
from sidecar.services.render.record import Identity
from sidecar.services.render.space import LEAST, Ground, roomy, watch
from sidecar.services.render.verify import Expected
from sidecar.services.render.verify_delivery import verify_delivery
from sidecar.services.render.workshop import Attempt, Made, Workshop


async def run_job(
    job: RenderJob, planned: Planned, shop: Workshop, report: Callable[[RenderProgress], None]
) -> RenderResult:
    """Render one plan to the job's target.

    Cancellation ends FFmpeg at once; then, as after any error, nothing is left at the target, nor beside it; finished
    cells are in the cache. While the job's control is paused nothing of it runs. Raises the typed errors of execution,
    RenderFailed, SourceChanged, OutputExists, OutputUnwritable, DiskFull.
    """
    begun = trio.current_time()
    attempt = Attempt(
        job=job,
        planned=planned,
        shop=shop,
        delivery=await trio.to_thread.run_sync(delivery_of, planned, job.target),
        part=part_path(job.target, f"{shop.owner}-{job.serial}"),
        work=shop.temp / f"render-{job.serial}-{job.attempts}",
        scratch=shop.temp,
        shown=_meter(job, planned, begun),
        report=report,
        segments=planned.segments(),
    )
    job.segments = attempt.segments
    held: FileLock | None = None
    report(attempt.shown.enter("preparing", "analysing", begun))
    try:
        held = await trio.to_thread.run_sync(_claimed, attempt)
        with job.control.obeyed(attempt.freeze):
            made, verified = await _make(attempt)
            attempt.pass_on(attempt.shown.enter("running", "publishing", trio.current_time()))
            await job.control.going()
        goods = await trio.to_thread.run_sync(goods_of, attempt.delivery, attempt.part)
        job.delivering = [*job.delivering, *map(Identity.of, goods)]
        job.promised = result = _result(attempt, made, verified)
        await shop.noted(job)
        with Timed("publish"), trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(deliver, attempt.delivery, attempt.part, job.may_replace)
        attempt.pass_on(attempt.shown.ended("completed", trio.current_time()))
    except (DiskFull, OutputUnwritable) as error:
        attempt.end("failed")
        raise _named(error, attempt) from error
    except Exception:
        attempt.end("failed")
        raise
    except BaseException:
        attempt.end("cancelled")
        raise
    else:
        return result
    finally:
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(_clear, attempt.part, attempt.work)
        if held is not None:
            held.release()


def _claimed(attempt: Attempt) -> FileLock:
    """Make the files of an attempt, where nothing is in its way and none of the dead's are left; lock the part."""
    check_delivery(attempt.delivery, attempt.job.may_replace)
    sweep_parts(attempt.job.target.parent)
    attempt.work.mkdir(mode=0o700)
    return claim(attempt.part)


def _named(error: DiskFull | OutputUnwritable, attempt: Attempt) -> SidecarError:
    """Call the part file what the user calls it."""
    target = str(attempt.job.target)
    if error.path != str(attempt.part):
        return error
    if isinstance(error, DiskFull):
        return DiskFull(path=target, free=error.free, needed=error.needed)
    return OutputUnwritable(path=target, detail=error.detail)


def expected_of(planned: Planned) -> Expected:
    """Say what the written file must hold."""
    export = planned.export
    return Expected(
        frames=planned.frames if video_codec(export) is not None else None,
        sound=audio_codec(export) is not None,
        duration=planned.frames / planned.frame_rate,
        frame=Fraction(1) / planned.frame_rate,
    )


async def _make(attempt: Attempt) -> tuple[Made, Verified]:
    """Make the part file and verify it, while somebody looks after the disk."""
    planned, shop = attempt.planned, attempt.shop
    control = attempt.job.control
    job = attempt.job
    bench = Bench(shop.supervisor, shop.toolchain, attempt.work, job.job_id, pauses=control, advanced=job.advance)
    copied, twice = copied_bytes(planned.cells)
    expected = planned.summary.estimated_bytes or copied or None
    ground = Ground(attempt.job.target, attempt.part, (shop.temp,), min(shop.least, LEAST), twice)
    attempt.scratch = await trio.to_thread.run_sync(roomy, shop.store.scratch, ground, expected)
    ground = replace(ground, folders=(attempt.scratch, attempt.work))
    await trio.to_thread.run_sync(ground.check, expected)
    async with open_crew() as crew:
        crew.start(partial(watch, ground))
        made = await (assemble if planned.cells else make_in_one_piece)(attempt, bench)
        attempt.pass_on(attempt.shown.enter("running", "verifying", trio.current_time()))
        await attempt.job.control.going()
        verified = await _verified(attempt, made)
        await _check_sources(planned, shop)
        crew.dismiss()
    return made, verified


async def _verified(attempt: Attempt, made: Made) -> Verified:
    """Look at the part file, and at what was copied into it. Raises CopyFailed, else RenderFailed."""
    planned, shop, outcome = attempt.planned, attempt.shop, list[Verified]()
    failed: RenderFailed | None = None
    async with open_crew() as crew:
        crew.start(partial(check_copies, attempt.part, planned.cells, made.copies, shop.media, attempt.job.control))
        # The disk has time to take it meanwhile.
        crew.start(partial(trio.to_thread.run_sync, write_back, attempt.delivery, attempt.part))
        try:
            outcome.append(await trio.to_thread.run_sync(verify_delivery, attempt, expected_of(planned), made.joins))
        except RenderFailed as error:
            # Where a copy is to blame it is encoded instead.
            failed = error
    if failed is not None:
        raise failed
    return outcome[0]


def _meter(job: RenderJob, planned: Planned, begun: float) -> ProgressMeter:
    cells, span = planned.cells, planned.span
    meter = CellMeter(
        [(cell.first, cell.end) for cell in cells] or [(0, planned.frames)],
        weights_of(cells, span),
        Screen(planned.stages.timeline, span).kinds(cells),
    )
    return ProgressMeter(
        job_id=job.job_id,
        meter=meter,
        seconds=float(planned.frames / planned.frame_rate),
        encoder=planned.summary.encoder.video or planned.summary.encoder.audio or "",
        started=begun,
        has_picture=video_codec(planned.export) is not None,
        fallback=job.fallback,
        reached=job.progress.fraction if job.fallback is not None and job.progress is not None else 0.0,
    )


async def _check_sources(planned: Planned, shop: Workshop) -> None:
    """Raise SourceChanged if a source is no longer what the plan saw."""
    for path, expected in planned.fingerprints.items():
        actual = await shop.fingerprint(Path(path))
        if actual != expected:
            raise SourceChanged(path=path, expected=expected, actual=actual)


def _result(attempt: Attempt, made: Made, verified: Verified) -> RenderResult:
    job, planned = attempt.job, attempt.planned
    return RenderResult(
        path=str(job.target),
        bytes=essential_bytes(attempt.delivery, attempt.part),
        frames=planned.frames,
        duration=format_exact(planned.frames / planned.frame_rate),
        seconds=attempt.shown.clock(trio.current_time()) - attempt.shown.started,
        encoder=planned.summary.encoder,
        fallback=job.fallback,
        reused=made.reused,
        verified=verified,
        loudness=made.loudness,
        warnings=[problem for problem in planned.problems if problem.severity == "warning"],
        sidecars=[str(path) for path in attempt.delivery.beside_targets],
    )


def _clear(part: Path, work: Path) -> None:
    """Remove what is left of an attempt. What is not there is fine."""
    clear_extras(part)
    part.unlink(missing_ok=True)
    shutil.rmtree(work, ignore_errors=True)
