"""The sound of a job as one encoded stream: from the cache, or mixed, levelled, encoded and kept there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import trio

from protocol.commands.render import MeasuredLoudness
from protocol.project import Export
from sidecar.core.timeline import OutputSpan
from sidecar.ffmpeg.builder.command import Command
from sidecar.ffmpeg.builder.render import Track
from sidecar.ffmpeg.builder.sound.encoded import encode_sound, sound_key
from sidecar.ffmpeg.builder.sound.export import Levelling
from sidecar.ffmpeg.builder.sound.loudness import PASSES, Measured, measure_mix
from sidecar.ffmpeg.builder.sound.windows import MixPlan, plan_mix
from sidecar.ffmpeg.builder.staged import Stages
from sidecar.services.cache.pinned import Pinned
from sidecar.services.cache.selection import source_id
from sidecar.services.render.pipes import open_pipe
from sidecar.services.render.sound_mix import SoundShop, open_mix
from sidecar.services.render.sound_pipes import Stretch, beside, feed
from sidecar.services.render.soundtrack import levelling_by, measure, report_of
from sidecar.services.render.standing import Standing

MIXED = 0.4
"""Share of the sound that is made once it is mixed: the rest is encoding."""

AGAIN = "sound-again"
"""Folder of a sound that is begun again."""

HEARING = 0.02
"""Seconds of processor that going through a second of a mix takes at most, to encode it or to measure it."""


@dataclass(frozen=True, slots=True)
class SoundPlan:
    """The sound of an export: how it is mixed, what is made of the mix, and the key of the encoded stream."""

    mix: MixPlan
    export: Export
    span: OutputSpan
    key: str


def plan_sound(stages: Stages, span: OutputSpan, fingerprints: Mapping[str, str], ffmpeg: str) -> SoundPlan:
    """Plan the sound of an export that has one. It runs nothing.

    `fingerprints` are those of the sources by path, `ffmpeg` is the version that is in use.
    """
    mix = plan_mix(stages.timeline, (span.first, span.end), stages.resources, fingerprints, ffmpeg)
    return SoundPlan(mix, stages.export, span, sound_key(mix, stages.export, span, ffmpeg))


async def encoded_sound(plan: SoundPlan, shop: SoundShop) -> Pinned:
    """Return the encoded sound as a file with one stream, for a join; the caller releases it.

    Its bytes depend on the plan alone, not on what the cache had. `loudness_of` says what was measured of it. While
    the job is paused, or waits until it should be encoded, another that needs the same makes it.
    Cancelled or failed, no process and no file of it is left but windows of the mix, which the cache keeps. Raises
    the typed errors of execution, RenderFailed, DiskFull, OutputUnwritable.
    """
    standing = Standing(shop.pauses)
    try:
        made = await _made(plan, replace(shop, turn=partial(_turn, plan, shop, standing), pauses=standing))
    except _TakenElsewhereError:
        # By now it should be encoded: whoever has its turn at it keeps it.
        made = await _made(plan, await _anew(shop))
    shop.report(1.0)
    return made


async def _made(plan: SoundPlan, shop: SoundShop) -> Pinned:
    return await shop.store.make(
        "sound",
        plan.key,
        partial(_encode, plan, shop),
        owners=shop.owners,
        sources=tuple(map(source_id, plan.mix.sources)),
        suffix=".sound",
        folder=shop.scratch,
        pauses=shop.pauses,
    )


class _TakenElsewhereError(Exception):
    """Another job has encoded the sound, or is at it, by the time that it should be encoded here."""


async def _turn(plan: SoundPlan, shop: SoundShop, standing: Standing, seconds: float) -> None:
    """Wait until the sound should be encoded; raises _TakenElsewhereError if others have begun with that."""
    if shop.turn is None:
        return
    mine = await standing.during(partial(shop.turn, seconds))
    if not mine or await shop.store.known("sound", [plan.key]):
        raise _TakenElsewhereError


async def _anew(shop: SoundShop) -> SoundShop:
    """Return the shop with another folder: what has been begun lies in the way of beginning again."""
    again = shop.folder / AGAIN
    await trio.to_thread.run_sync(partial(again.mkdir, mode=0o700))

    async def run(command: Command, step: str, descriptors: tuple[int, ...]) -> Path:
        return await shop.run(command, f"{AGAIN}/{step}", descriptors)

    return replace(shop, folder=again, run=run)


def loudness_of(sound: Pinned) -> MeasuredLoudness | None:
    """Return what was measured of an encoded sound; None where nothing was asked for, or it is silent."""
    found = sound.meta.get("loudness")
    return None if found is None else MeasuredLoudness(integrated=found["integrated"], true_peak=found["truePeak"])


async def _encode(plan: SoundPlan, shop: SoundShop, target: Path) -> Mapping[str, Any]:
    mix = plan.mix

    def build(track: Track) -> Command:
        return encode_sound(mix.timeline, plan.export, plan.span, mix.resources, track, target=str(target))

    found = await written_sound(plan, shop, target, build)
    loudness = None if found is None else {"integrated": found.integrated, "truePeak": found.true_peak}
    return {"loudness": loudness, "windows": len(mix.windows)}


async def written_sound(
    plan: SoundPlan, shop: SoundShop, target: Path, build: Callable[[Track], Command]
) -> MeasuredLoudness | None:
    """Write a file without a picture: `build` builds the command that encodes a finished mix to `target`.

    Returns what is measured of it; None where neither loudness nor limiter is asked for, or it is silent. Cancelled
    or failed, what was written of the target is the caller's to remove.
    """
    audio = plan.export.audio
    if audio is None:
        raise AssertionError("an export without sound has none to encode")
    mixing = replace(shop, report=lambda share: shop.report(MIXED * share))
    async with open_mix(plan.mix, mixing) as stretches:
        if shop.turn is not None:
            times = 1 + (PASSES if audio.loudness is not None else 0) + (audio.limiter is not None)
            await shop.turn(HEARING * times * float(plan.span.frames / plan.span.rate))
        levelling = await levelling_by(audio, partial(_hear, plan, shop, stretches))

        def report(share: float) -> None:
            shop.report(MIXED + (1 - MIXED) * share)

        await _feed(lambda url: build(Track(url, levelling)), "sound-encode", shop, stretches, report)
    if audio.loudness is None and audio.limiter is None:
        return None
    return await measure(target, 0, shop.run)


async def _hear(
    plan: SoundPlan, shop: SoundShop, stretches: Sequence[Stretch], levelling: Levelling, number: int
) -> Measured:
    """Measure the mix as the export would have it."""
    channels = plan.export.audio.channels if plan.export.audio is not None else 0
    folder = await _feed(
        lambda url: measure_mix(url, plan.mix.timeline, channels, levelling),
        f"loudness-{number}",
        shop,
        stretches,
        # Nothing is made, but it goes on.
        lambda _: shop.report(MIXED),
    )
    return await report_of(folder)


async def _feed(
    build: Callable[[str], Command],
    name: str,
    shop: SoundShop,
    stretches: Sequence[Stretch],
    report: Callable[[float], None],
) -> Path:
    """Run a command on a mix that comes to it through a pipe, and return its folder."""
    whole, done = sum(stretch.bytes for stretch in stretches), 0

    def fed(size: int) -> None:
        nonlocal done
        done += size
        trio.from_thread.run_sync(report, done / whole)

    folder = shop.folder / name
    with open_pipe() as (read, write):
        command = build(f"pipe:{read.fd}")

        async def child() -> None:
            await shop.run(command, name, (read.fd,))

        await beside(partial(feed, write, stretches, fed), child, read)
    return folder
