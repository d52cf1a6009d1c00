"""Goes through a render as often as its file needs: a palette or statistics first, and again where it is too large."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import trio

from protocol.errors import EncoderUnavailable, LimitExceeded
from sidecar.core.budget import (
    LEAST_BITRATE,
    SIZE_POINTER,
    SMALLEST,
    check_limit,
    first_bitrate,
    held_to,
    overhead_bytes,
    sound_bytes,
)
from sidecar.core.timeline import output_span
from sidecar.ffmpeg.builder.staged import Stages
from sidecar.ffmpeg.builder.steps import COSTS, Step, steps_of
from sidecar.ffmpeg.progress import FfmpegProgress

ATTEMPTS = 7
"""Most times that a file is encoded to come below its limit."""

ENOUGH = 0.95
"""Share of the limit that a file which could be larger has to use."""

USED = 0.8
"""Share of its bitrate that an encoder uses unless there is no more to say."""

CLOSER = 0.985
"""Of what a picture may have, what is asked for when it was too large."""

SHRINKS = 0.995
"""A picture that asked for less is not smaller than this share of itself cannot become smaller."""

_TOO_LOW = re.compile(r"bitrate is too low. estimated minimum is (\d+) kbps")
"""What x264 says before its second pass, in which it cannot come down to what is asked for."""

Report = Callable[[FfmpegProgress], None]
Go = Callable[[Stages, Step, str, Report], Awaitable[None]]
"""Goes through a render once, for one step; its folders begin with the name."""


@dataclass(frozen=True, slots=True)
class Written:
    """Bytes of a file, and of its picture's packets."""

    total: int
    picture: int


async def run_steps(stages: Stages, target: Path, on_progress: Report, go: Go) -> None:
    """Go through all steps of a render; the last one writes `target`.

    Raises LimitExceeded where no file of its length can be as small as it has to be, and what `go` raises.
    """
    video = stages.export.video
    if video is not None and video.rate_control == "size" and video.size_limit is not None:
        await _run_within(stages, target, video.size_limit, on_progress, go)
        return
    steps = steps_of(stages.export)
    shares = _shares(steps)
    for number, step in enumerate(steps):
        report = _scaled(on_progress, stages, shares[number], step)
        await go(stages, step, "encode" if step == "file" else step, report)


async def _run_within(stages: Stages, target: Path, limit: int, on_progress: Report, go: Go) -> None:
    """Encode with the bitrate that the limit leaves, and again with less while the file is too large."""
    span = output_span(stages.timeline, stages.export)
    seconds = span.frames / span.rate
    check_limit(stages.export, span.frames, seconds)
    bitrate = first_bitrate(stages.export, limit, span.frames, seconds)
    steps = steps_of(held_to(stages.export, bitrate))
    shares = _shares(steps)
    if steps[0] == "statistics":
        first = replace(stages, export=held_to(stages.export, bitrate))
        await go(first, "statistics", "statistics", _scaled(on_progress, stages, shares[0], "statistics"))
    before: Written | None = None
    for attempt in range(ATTEMPTS):
        held = replace(stages, export=held_to(stages.export, bitrate))
        try:
            await go(held, "file", f"encode-{attempt}", _scaled(on_progress, stages, shares[-1], "file"))
        except EncoderUnavailable as error:
            possible = _TOO_LOW.search(error.detail)
            if possible is None:
                raise
            beside = sound_bytes(stages.export, seconds) + overhead_bytes(stages.export, span.frames, seconds)
            # The limit itself was not enough, whatever is thought of what is beside the picture.
            least = max(limit + 1, int(int(possible.group(1)) * 1000 * seconds / 8) + beside)
            raise LimitExceeded(what=SMALLEST, value=least, limit=limit, pointer=SIZE_POINTER) from error
        written = await trio.to_thread.run_sync(measure_written, target)
        used = written.picture >= USED * bitrate * seconds / 8
        if written.total <= limit and (attempt > 0 or written.total >= ENOUGH * limit or not used):
            return
        stuck = before is not None and written.picture > SHRINKS * before.picture and written.total > limit
        if stuck or (bitrate == LEAST_BITRATE and written.total > limit):
            break
        room = limit - (written.total - written.picture)
        bitrate = max(LEAST_BITRATE, int(bitrate * CLOSER * room / written.picture))
        before = written
    raise LimitExceeded(what=SMALLEST, value=written.total, limit=limit, pointer=SIZE_POINTER)


def measure_written(target: Path) -> Written:
    """Measure a finished file and the packets of its picture. Blocking."""
    import av  # noqa: PLC0415 - start-up time

    with av.open(str(target)) as container:
        picture = sum(packet.size for packet in container.demux(container.streams.video[0]))
    return Written(target.stat().st_size, picture)


def _shares(steps: tuple[Step, ...]) -> list[tuple[float, float]]:
    """Return where in the whole each step begins, and its share."""
    whole = sum(COSTS[step] for step in steps)
    begin, found = 0.0, []
    for step in steps:
        found.append((begin, COSTS[step] / whole))
        begin += COSTS[step] / whole
    return found


def _scaled(on_progress: Report, stages: Stages, share: tuple[float, float], step: Step) -> Report:
    """Report the frames of a step as part of those of the whole; bytes and times of the file alone."""
    span = output_span(stages.timeline, stages.export)
    begin, part = share

    def report(progress: FfmpegProgress) -> None:
        frame = None if progress.frame is None else int(begin * span.frames + part * progress.frame)
        if step == "file":
            on_progress(replace(progress, frame=frame))
        else:
            on_progress(replace(progress, frame=frame, out_time=None, total_size=None))

    return report if part < 1 else on_progress
