"""Makes the file of a job out of cells, with the sound beside them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from itertools import pairwise
from pathlib import Path

import trio

from protocol.commands.render import MeasuredLoudness, Reused
from sidecar.ffmpeg.builder.caption_streams import subtitle_command
from sidecar.ffmpeg.builder.chapters import chapters_of
from sidecar.ffmpeg.builder.tags import source_tags
from sidecar.services.cache.pinned import Pinned
from sidecar.services.render.analyses import with_analyses
from sidecar.services.render.cell_run import CellRun, clear
from sidecar.services.render.control import JobControl
from sidecar.services.render.copies import Extracted, take_copies
from sidecar.services.render.crew import open_crew
from sidecar.services.render.doubts import check_doubted
from sidecar.services.render.early_join import arriving, encoded_piece, foresee_scan
from sidecar.services.render.encoded_sound import SoundPlan, encoded_sound, loudness_of
from sidecar.services.render.foresight import foresee
from sidecar.services.render.join import join
from sidecar.services.render.join_output import UnforeseenPiece
from sidecar.services.render.join_pieces import Piece, Scan
from sidecar.services.render.produce import Bench, run_command
from sidecar.services.render.sound_mix import SoundShop
from sidecar.services.render.workshop import Attempt, Made

NEW_JOINS = 24
OLD_JOINS = 8
"""Joins of which the first frame is decoded; of all, packets and parameters were looked at when they were joined."""


async def assemble(attempt: Attempt, bench: Bench) -> Made:
    """Make what is missing, and join it all to the attempt's part file.

    Cancelled or failed, no process is left; finished cells are in the cache, the part file is the caller's to remove.
    Raises the typed errors of execution, RenderFailed, SourceChanged, DiskFull, OutputUnwritable; CopyFailed where what
    was to be copied has to be encoded.
    """
    shop, job = attempt.shop, attempt.job
    folder = attempt.scratch / f"{attempt.work.name}-cells"
    with ExitStack() as held:
        try:
            await trio.to_thread.run_sync(partial(folder.mkdir, mode=0o700))
            cells = CellRun(
                planned=attempt.planned,
                stages=attempt.planned.stages,
                bench=bench,
                folder=folder,
                store=shop.store,
                slots=shop.slots,
                control=job.control,
                shown=attempt.shown,
                tell=attempt.tell,
                fingerprint=shop.fingerprint,
                foresee=partial(
                    foresee,
                    timeline=attempt.planned.stages.timeline,
                    span=attempt.planned.span,
                    media=shop.media,
                ),
                held=held,
            )
            copies: dict[str, Extracted] = {}
            sound, joined = await _streams(attempt, cells, bench, copies)
            await check_doubted(attempt.planned, shop.damage, bench.doubted, job.control)
            await cells.keep()
            loudness: MeasuredLoudness | None = None
            if sound is not None:
                loudness = loudness_of(held.enter_context(sound))
            attempt.pass_on(attempt.shown.enter("running", "joining", trio.current_time()))
            if not joined:
                subtitles = await _subtitles(attempt, cells, bench, "subtitles")
                await _join(attempt, _pieces(cells, copies), None if sound is None else sound.path, subtitles)
        finally:
            with trio.CancelScope(shield=True):
                await trio.to_thread.run_sync(clear, folder)
    return Made(loudness, reused(attempt), _joins(attempt), copies)


async def _streams(
    attempt: Attempt, cells: CellRun, bench: Bench, copies: dict[str, Extracted]
) -> tuple[Pinned | None, bool]:
    """Make picture and sound beside one another, and fetch the copies; return the sound, and whether all is joined."""
    sounds: list[Pinned] = []
    pictured, sounded = trio.Event(), trio.Event()
    joined = False

    async def picture() -> None:
        await cells.find()
        if cells.missing():
            cells.stages = await with_analyses(
                cells.stages, bench, cells.store, attempt.scratch, attempt.planned.owners
            )
            await cells.make()
        pictured.set()
        if not sounds and attempt.planned.sound is not None:
            attempt.pass_on(attempt.shown.enter("running", "sound", trio.current_time()))

    def mixed(share: float) -> None:
        attempt.job.advance()
        progress = attempt.shown.mixed(share, trio.current_time())
        if pictured.is_set():
            attempt.pass_on(progress)

    async def turn(seconds: float) -> None:
        attempt.shown.sound_waits()
        await cells.sound.wait(seconds)

    async def sound(plan: SoundPlan) -> None:
        sounds.append(await encoded_sound(plan, sound_shop(attempt, bench, mixed, turn)))
        sounded.set()

    async def join_early() -> None:
        nonlocal joined
        foreseen = await foresee_scan(cells)
        if attempt.planned.sound is not None:
            await sounded.wait()
        if foreseen is not None and not pictured.is_set():
            subtitles = await _subtitles(attempt, cells, bench, "subtitles-early")
            with suppress(UnforeseenPiece):
                sound = sounds[0].path if sounds else None
                await _join(attempt, arriving(cells), sound, subtitles, foreseen=foreseen)
                joined = True

    async def copied() -> None:
        planned, media = attempt.planned, attempt.shop.media
        copies.update(await take_copies(planned.cells, cells.folder, media, attempt.job.control))

    try:
        async with open_crew() as crew:
            crew.start(picture)
            crew.start(copied)
            crew.start(join_early)
            if attempt.planned.sound is not None:
                crew.start(partial(sound, attempt.planned.sound))
    except BaseException:
        for made in sounds:
            made.release()
        raise
    return (sounds[0] if sounds else None), joined


async def _subtitles(attempt: Attempt, cells: CellRun, bench: Bench, name: str) -> Sequence[Path]:
    """Write the subtitles that players show; none where none are asked for."""
    planned, target = attempt.planned, cells.folder / "subtitles"
    timeline, export = planned.stages.timeline, planned.export
    command = await trio.to_thread.run_sync(subtitle_command, timeline, export, planned.span, str(target))
    if command is None:
        return ()
    await run_command(command, name, (), bench=bench)
    return (target,)


async def _join(
    attempt: Attempt,
    pieces: Sequence[Piece],
    sound: Path | None,
    subtitles: Sequence[Path],
    foreseen: Scan | None = None,
) -> None:
    """Join in a thread of its own, for it waits for cells; cancelled, it ends with the next packets, paused it waits."""
    planned = attempt.planned
    chapters = chapters_of(planned.stages.timeline, planned.export, planned.span)
    stop = partial(_stop, attempt.job.control)
    tags = source_tags(planned.stages.timeline, planned.export, planned.span)
    joining = partial(join, sound=sound, subtitles=subtitles, chapters=chapters, tags=tags, stop=stop)
    joined = partial(joining, pieces, attempt.part, planned.export, planned.span, foreseen=foreseen)
    await trio.to_thread.run_sync(joined, limiter=trio.CapacityLimiter(1))


def _pieces(cells: CellRun, copies: Mapping[str, Extracted]) -> list[Piece]:
    """Return what the picture is joined from, now that all of it is there."""
    return [encoded_piece(cells, cell) if cell.copy is None else copies[cell.key].piece for cell in cells.planned.cells]


def _stop(control: JobControl) -> bool:
    def ended() -> bool:
        trio.from_thread.check_cancelled()
        return False

    ended()
    control.hold(ended=ended)
    return False


def sound_shop(
    attempt: Attempt,
    bench: Bench,
    report: Callable[[float], None],
    turn: Callable[[float], Awaitable[None]] | None = None,
) -> SoundShop:
    """Return where the sound of an attempt is made; `report` is told which share of it is."""
    return SoundShop(
        folder=bench.folder,
        run=partial(run_command, bench=bench),
        store=attempt.shop.store,
        scratch=attempt.scratch,
        report=report,
        owners=attempt.planned.owners,
        turn=turn,
        pauses=bench.pauses,
    )


def reused(attempt: Attempt) -> Reused:
    """Count the cells by where they came from."""
    counts = attempt.shown.meter.counts
    return Reused(cached=counts.cached, copied=counts.copied, encoded=counts.encoded)


def _joins(attempt: Attempt) -> tuple[int, ...]:
    """Choose frames that begin behind a join: of those where a side is new, and of the others, evenly.

    Copied frames are none: a worker looks at those, for they are a stranger's (`check_copies`).
    """
    joins = [pair for pair in pairwise(attempt.shown.meter.cells) if pair[1].state != "copied"]
    new = [after.first for before, after in joins if {before.state, after.state} != {"cached"}]
    old = [after.first for before, after in joins if {before.state, after.state} == {"cached"}]
    return *_some(new, NEW_JOINS), *_some(old, OLD_JOINS)


def _some(joins: Sequence[int], most: int) -> list[int]:
    count = min(len(joins), most)
    return [joins[place * len(joins) // count] for place in range(count)]
