"""Waveforms of projects and files: peaks, and a picture of them."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import trio

from protocol.commands.preview.waveform import PreviewedWaveform, PreviewWaveform
from protocol.errors import Internal, InvalidParams, MediaUnsupported
from sidecar.services.media.waveform.cutter import Asked, Cutter, Sound, heard_of
from sidecar.services.media.waveform.grid import FINEST, Span, pixel_count, pixel_window
from sidecar.services.media.waveform.messages import DrawWaveform
from sidecar.services.preview.written import Target, write

if TYPE_CHECKING:
    from protocol.commands.shared import Resource
    from protocol.commands.waveform import Waveform
    from protocol.problem import Problem
    from sidecar.services.cache.pinned import Pinned
    from sidecar.services.cache.store import CacheStore
    from sidecar.services.media.messages import Item
    from sidecar.services.media.waveform.service import WaveformService
    from sidecar.services.preview.mixes import Mixes
    from sidecar.services.preview.stage import Stage
    from sidecar.services.preview.telling import Tell
    from sidecar.services.resources import Resources

DRAW_SECONDS = 120.0
FORMS = (".png", ".dat", ".json")
USUAL_WIDTH = 1_200
"""Pixels of a picture that is to be written, where nobody says how many."""


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What opens the peaks that are drawn, and seconds of what they are of; None: all."""

    peaks: Callable[[], Awaitable[tuple[Sound, Pinned]]]
    span: Span | None


@dataclass(frozen=True, slots=True, eq=False)
class Waves:
    """Makes them. Raises what `Mixes` and `WaveformService` raise, and what `write` does."""

    mixes: Mixes
    files: WaveformService
    cutter: Cutter
    cache: Callable[[], CacheStore]
    resources: Callable[[], Resources]

    async def of_project(
        self,
        request: PreviewWaveform,
        stage: Stage,
        frames: tuple[int, int] | None,
        target: Target | None,
        tell: Tell,
    ) -> PreviewedWaveform:
        """Return the waveform of some frames of a project's mix, or of all, and write it where it is asked for."""
        check(target, stage.sources)
        stage.check_sound(frames or (0, stage.frames))
        asked = asked_of(request, None)
        found = await self.mixes.waveform(stage, asked, frames, tell)
        problems = stage.problems_of(frames or (0, stage.frames))
        span = None if frames is None else (Fraction(frames[0]) / stage.rate, Fraction(frames[1]) / stage.rate)
        opened = partial(self.mixes.peaks, stage, asked, frames)
        return await self._finished(request, found, _Drawing(opened, span), target, problems)

    async def of_file(
        self, request: PreviewWaveform, path: Path, span: Span | None, target: Target | None
    ) -> PreviewedWaveform:
        """Return the waveform of a file's first sound stream, and write it where it is asked for."""
        check(target, (str(path),))
        asked, shown = asked_of(request, span), request.path or str(path)
        try:
            found = await self.files.waveform(path, asked, shown=shown)
        except InvalidParams as error:
            # Of all that is asked only the stream may not be there: the first.
            raise MediaUnsupported(path=shown, detail="it has no sound") from error
        opened = partial(self.files.peaks, path, asked, shown=shown)
        return await self._finished(request, found, _Drawing(opened, span), target, [])

    async def _finished(
        self,
        request: PreviewWaveform,
        waveform: Waveform,
        drawing: _Drawing,
        target: Target | None,
        problems: list[Problem],
    ) -> PreviewedWaveform:
        """Draw what is to be drawn, and write what is to be written."""
        width = request.width
        if width is None and target is not None and target.path.suffix.lower() == ".png":
            width = USUAL_WIDTH
        picture = None if width is None else await self._drawn(request, width, drawing)
        forms: dict[str, Resource | None] = {".png": picture, ".dat": waveform.dat, ".json": waveform.json}
        written: list[str] = []
        if target is not None and (wanted := forms[target.path.suffix.lower()]) is not None:
            written.append(await write(target, await self._read(wanted)))
        return PreviewedWaveform(waveform=waveform, picture=picture, problems=problems, written=written)

    async def _drawn(self, request: PreviewWaveform, width: int, drawing: _Drawing) -> Resource:
        """Return the picture of peaks, from the cache where it was drawn before."""
        sound, pinned = await drawing.peaks()
        with pinned:
            look = width, request.height, request.color, request.background
            heard = heard_of(pinned.meta)
            first, end = pixel_window(heard.start, heard.sample_rate, FINEST, drawing.span)
            count = pixel_count(heard.samples, FINEST)
            task = DrawWaveform(
                os.fsencode(pinned.path),
                channels=heard.channels,
                first=min(first, count),
                end=count if end is None else max(min(first, count), min(end, count)),
                width=width,
                height=request.height,
                color=request.color,
                background=request.background,
            )
            key = sound.key("picture", task.first, task.end, task.channels, look)

            async def draw(made: Path) -> Mapping[str, Any]:
                answer = await self.cutter.ask(task, sound.shown, _nothing, DRAW_SECONDS)
                if answer.body is None:
                    raise Internal(message="a task gave no picture")
                await trio.to_thread.run_sync(made.write_bytes, answer.body)
                return {}

            kept = await self.cache().make("waveforms", key, draw, owners=sound.owners, sources=sound.sources)
        with kept:
            if kept.stored:
                return self.resources().offer_entry(
                    "waveforms", key, "image/png", bytes=kept.bytes, width=width, height=request.height
                )
            data = await trio.to_thread.run_sync(kept.path.read_bytes)
            return self.resources().offer_bytes(data, "image/png", kind="waveforms", width=width, height=request.height)

    async def _read(self, resource: Resource) -> bytes:
        content = await self.resources().open(urlsplit(resource.url).path)
        if isinstance(content, str):
            raise Internal(message=f"what was just made is {content}")
        with content:
            return await content.source.read(0, content.bytes)


def check(target: Target | None, sources: Iterable[str]) -> None:
    """Refuse a file that cannot be written, or whose name says nothing of what is to be in it."""
    if target is None:
        return
    if target.path.suffix.lower() not in FORMS:
        raise InvalidParams(detail="a waveform is written as .png, .dat or .json", path="/output")
    target.check(sources)


def asked_of(request: PreviewWaveform, span: Span | None) -> Asked:
    """Return what is asked of the sound."""
    return Asked(
        span=span,
        samples_per_pixel=request.samples_per_pixel,
        mix=request.channels == "mix",
        bits=request.bits,
        inline=request.inline,
    )


def _nothing(_item: Item) -> None:
    """Drawing says nothing before its answer."""
