"""Makes the file of a job that is not put together of cells."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import trio

from protocol.commands.render import MeasuredLoudness
from protocol.project.formats import video_codec
from sidecar.ffmpeg.builder.command import Command
from sidecar.ffmpeg.builder.render import Track, build_render
from sidecar.ffmpeg.progress import FfmpegProgress
from sidecar.services.render.analyses import with_analyses
from sidecar.services.render.assemble import reused, sound_shop
from sidecar.services.render.delivery import prepare
from sidecar.services.render.doubts import check_doubted
from sidecar.services.render.encoded_sound import plan_sound, written_sound
from sidecar.services.render.produce import Bench, produce
from sidecar.services.render.workshop import Attempt, Made


async def make_in_one_piece(attempt: Attempt, bench: Bench) -> Made:
    """Encode everything from the first frame to the last, or the sound where there is no picture.

    Cancelled or failed, no process is left; the part file is the caller's to remove. Raises the typed errors of
    execution.
    """
    planned = attempt.planned

    def on_progress(progress: FfmpegProgress) -> None:
        attempt.pass_on(attempt.shown.encoding(progress, trio.current_time()))

    def on_sound() -> None:
        attempt.pass_on(attempt.shown.enter("running", "sound", trio.current_time()))

    if video_codec(planned.export) is None:
        loudness = await _sound_alone(attempt, bench)
    else:
        stages = await with_analyses(planned.stages, bench, attempt.shop.store, attempt.scratch, planned.owners)
        target = await trio.to_thread.run_sync(prepare, attempt.delivery, attempt.part)
        loudness = await produce(stages, Path(target), bench, on_progress, on_sound)
    await check_doubted(planned, attempt.shop.damage, bench.doubted, attempt.job.control)
    attempt.shown.enter("running", "verifying", trio.current_time())
    return Made(loudness, reused(attempt))


async def _sound_alone(attempt: Attempt, bench: Bench) -> MeasuredLoudness | None:
    """Mix what is not cached of the mix, and encode it to the part file."""
    planned, stages = attempt.planned, attempt.planned.stages

    def report(share: float) -> None:
        time = Fraction(share) * planned.frames / planned.frame_rate
        heard = FfmpegProgress(None, None, time, None, None, None, end=False)
        attempt.pass_on(attempt.shown.encoding(heard, trio.current_time()))

    def build(track: Track) -> Command:
        target = str(attempt.part)
        return build_render(stages.timeline, stages.export, target=target, resources=stages.resources, track=track)

    plan = await trio.to_thread.run_sync(
        plan_sound, stages, planned.span, planned.fingerprints, bench.toolchain.version
    )
    return await written_sound(plan, sound_shop(attempt, bench, report), attempt.part, build)
