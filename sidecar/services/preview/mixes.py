"""The mix of a project as peaks."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from math import floor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trio

from protocol.time import sample_at_frame
from sidecar.ffmpeg.builder.sound.windows import plan_mix, window_frames
from sidecar.services.cache.selection import source_id
from sidecar.services.media.messages import Item
from sidecar.services.media.waveform.cutter import Asked, Cutter, Sound, meta_of
from sidecar.services.media.waveform.grid import Heard, Span, pixel_window
from sidecar.services.media.waveform.messages import MakeMixPeaks
from sidecar.services.preview.excerpts import Excerpts
from sidecar.services.preview.stage import Stage
from sidecar.services.preview.telling import Tell, Telling
from sidecar.services.render.produce import run_command
from sidecar.services.render.sound_mix import SoundShop, open_mix

if TYPE_CHECKING:
    from protocol.commands.waveform import Waveform
    from sidecar.ffmpeg.builder.sound.windows import MixPlan
    from sidecar.services.cache.pinned import Pinned

QUIET_SECONDS = 60.0
"""Seconds that may pass between two messages of the worker that reads a mix."""

STEPS = 100
"""In so many steps it is told how much of a mix is made."""


@dataclass(frozen=True, slots=True)
class Part:
    """Samples [first, end) of a project's mix, of which the first begins a pixel; `span` is what of it is wanted."""

    first: int
    end: int
    span: Span | None


def part_of(stage: Stage, wanted: tuple[int, int] | None, samples_per_pixel: int) -> Part:
    """Return the samples that hold the pixels of some project frames, on the grid of all of it."""
    rate, line = stage.timeline.sample_rate, stage.timeline
    last = sample_at_frame(stage.frames, line.rate, rate)
    if wanted is None:
        return Part(0, last, None)
    span = Fraction(wanted[0]) / line.rate, Fraction(wanted[1]) / line.rate
    first, end = pixel_window(Fraction(0), rate, samples_per_pixel, span)
    return Part(first * samples_per_pixel, last if end is None else min(last, end * samples_per_pixel), span)


@dataclass(frozen=True, slots=True, eq=False)
class Mixes:
    """Makes peaks of mixes; what a render has mixed is not mixed again.

    Cancelled or failed, no process is left, and no file but windows of the mix, which the cache keeps. Raises the
    errors of workers, the typed errors of execution, RenderFailed, DiskFull and OutputUnwritable.
    """

    excerpts: Excerpts
    cutter: Cutter

    async def waveform(self, stage: Stage, wanted: Asked, frames: tuple[int, int] | None, tell: Tell) -> Waveform:
        """Return the waveform of some frames of a project, or of all. Of `wanted` stream and span mean nothing."""
        part = part_of(stage, frames, wanted.samples_per_pixel)
        asked = asked_of(stage, part, wanted)
        plan = await self._plan(stage, part)
        if (found := await self.cutter.found(sound_of(stage, plan, part), asked)) is not None:
            return found
        telling = Telling("Mixing the sound", tell)
        with await self._peaks(stage, plan, part, mix=asked.mix, telling=telling) as peaks:
            made = await self.cutter.cut(sound_of(stage, plan, part), asked, peaks, cached=not telling.begun)
        telling.end()
        return made

    async def peaks(self, stage: Stage, wanted: Asked, frames: tuple[int, int] | None) -> tuple[Sound, Pinned]:
        """Return the peaks that such a waveform is cut out of, and what of."""
        part = part_of(stage, frames, wanted.samples_per_pixel)
        plan = await self._plan(stage, part)
        telling = Telling("Mixing the sound", lambda _: None)
        made = await self._peaks(stage, plan, part, mix=asked_of(stage, part, wanted).mix, telling=telling)
        return sound_of(stage, plan, part), made

    async def _plan(self, stage: Stage, part: Part) -> MixPlan:
        rate, line = stage.timeline.sample_rate, stage.timeline
        # Whole windows of a mix, which others find again.
        first = max(0, floor(part.first * line.rate / rate) - 1)
        end = min(stage.frames, floor(part.end * line.rate / rate) + 2)
        step = window_frames(line)
        first, end = first // step * step, min(stage.frames, -(-end // step) * step)
        return await trio.to_thread.run_sync(
            plan_mix, line, (first, end), stage.resources, stage.fingerprints, stage.ffmpeg
        )

    async def _peaks(self, stage: Stage, plan: MixPlan, part: Part, *, mix: bool, telling: Telling) -> Pinned:
        """Return the peaks of a part of the mix: kept ones, or made now."""

        async def produce(target: Path) -> Mapping[str, Any]:
            async with self.excerpts.places:
                await self._make(stage, plan, part, target, mix=mix, telling=telling)
            rate = stage.timeline.sample_rate
            channels = 1 if mix else stage.timeline.channels
            return meta_of(Heard(rate, channels, part.end - part.first, Fraction(part.first, rate)))

        sound = sound_of(stage, plan, part)
        return await self.excerpts.cache().make(
            "waveforms", sound.key("peaks", mix), produce, owners=sound.owners, sources=sound.sources
        )

    async def _make(
        self, stage: Stage, plan: MixPlan, part: Part, target: Path, *, mix: bool, telling: Telling
    ) -> None:
        """Mix, and have a worker read the mix."""
        excerpts, line = self.excerpts, stage.timeline
        store = excerpts.cache()
        async with excerpts.bench() as bench:
            shop = SoundShop(
                bench.folder,
                partial(run_command, bench=bench),
                store,
                store.scratch,
                report=lambda share: telling(round(share * STEPS), STEPS),
                owners=stage.owners,
            )
            telling(0, STEPS)
            async with open_mix(plan, shop) as stretches:
                parts = tuple((each.bytes, None if each.path is None else os.fsencode(each.path)) for each in stretches)
                task = MakeMixPeaks(
                    b"",
                    parts=parts,
                    channels=line.channels,
                    mix=mix,
                    skip=part.first - sample_at_frame(plan.first, line.rate, line.sample_rate),
                    samples=part.end - part.first,
                    target=os.fsencode(target),
                )
                await self.cutter.ask(task, "the mix", _nothing, QUIET_SECONDS)
        await excerpts.check(stage, map(Path, plan.sources))


def asked_of(stage: Stage, part: Part, wanted: Asked) -> Asked:
    """Return what is asked of the peaks of a part."""
    return replace(wanted, stream=0, span=part.span, mix=wanted.mix or stage.timeline.channels == 1)


def sound_of(stage: Stage, plan: MixPlan, part: Part) -> Sound:
    """Return what the peaks of a mix are kept by."""
    sources = tuple(source_id(path) for path in plan.sources)
    return Sound(f"mix {plan.key} {part.first} {part.end}", "the mix", owners=stage.owners, sources=sources)


def _nothing(_item: Item) -> None:
    """The worker only says that it goes on."""
