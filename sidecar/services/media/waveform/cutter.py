"""Cuts waveforms at any level out of peaks that are kept, and keeps what was cut."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import trio

from protocol.commands.shared import Resource
from protocol.commands.waveform import MOST_INLINE, Waveform, WaveformChannel
from protocol.time import format_exact
from sidecar.services.media.messages import Answer, Item, Task, error_of
from sidecar.services.media.service import MediaService
from sidecar.services.media.waveform.grid import Heard, Span, levels_ready, pixel_count, pixel_window
from sidecar.services.media.waveform.inline import channels_of
from sidecar.services.media.waveform.messages import CutWaveform

if TYPE_CHECKING:
    from sidecar.services.cache.pinned import Pinned
    from sidecar.services.cache.store import CacheStore
    from sidecar.services.resources import Resources

VERSION = "1"
"""Raised whenever the same sound begins to give other numbers."""

CUT_SECONDS = 600.0
"""Seconds that writing files may take: the finest level of two days of sound is gigabytes."""

Form = Literal["dat", "json", "rms"]
FORMS: Mapping[Form, str] = {
    "dat": "application/octet-stream",
    "json": "application/json",
    "rms": "application/octet-stream",
}
"""The files of a waveform and their content types."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted of a sound; `span` is in seconds from its start, and does not end before it begins."""

    stream: int = 0
    span: Span | None = None
    samples_per_pixel: int = 256
    mix: bool = True
    bits: int = 16
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Sound:
    """What was heard: `name` is that of its content, `shown` stands in errors.

    `owners` and `sources` are what the cache remembers of it: ids of projects, and files by `source_id`.
    """

    name: str
    shown: str
    owners: Sequence[str] = ()
    sources: Sequence[str] = ()

    def key(self, *decides: object) -> str:
        """Return the key of something made of it."""
        return hashlib.sha256(repr((VERSION, self.name, decides)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Window:
    """Pixels [first, end) of one level of a sound."""

    heard: Heard
    first: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.first


class Cutter:
    """Cuts in the workers for long work. Raises their errors, DiskFull and OutputUnwritable; cancelling ends the worker."""

    def __init__(
        self, media: MediaService, cache: Callable[[], CacheStore], resources: Callable[[], Resources]
    ) -> None:
        self._media = media
        self._cache = cache
        self._resources = resources

    async def ask(self, task: Task, shown: str, hear: Callable[[Item], None], seconds: float) -> Answer:
        """Have a worker do something with a sound; raises its failure."""
        pool = self._media.work_pool
        answer = await pool.stream(task, seconds=seconds, shown=shown, on_item=hear, operation="media.waveform")
        if answer.failure is not None:
            raise error_of(answer.failure, shown)
        return answer

    async def found(self, sound: Sound, asked: Asked) -> Waveform | None:
        """Return what was cut before, if all of its files are there."""
        with ExitStack() as pins:
            files: dict[Form, Pinned] = {}
            for form in FORMS:
                entry = await self._cache().find(
                    "waveforms", _file_key(sound, asked, form), owners=sound.owners, sources=sound.sources
                )
                if entry is None:
                    return None
                files[form] = pins.enter_context(entry)
            window = _window(heard_of(files["dat"].meta), asked)
            data = await _inline(files["dat"].path, files["rms"].path, asked, window)
            offered = {form: self._offer(sound, asked, form, file.bytes) for form, file in files.items()}
        return _result(asked, window, offered, data, cached=True)

    async def cut(self, sound: Sound, asked: Asked, peaks: Pinned, *, cached: bool) -> Waveform:
        """Write the files of what is asked, and keep them. `peaks` are those of all of it."""
        heard = heard_of(peaks.meta)
        window = _window(heard, asked)
        names = {form: self._cache().scratch / f"{secrets.token_hex(8)}.{form}" for form in FORMS}
        task = CutWaveform(
            os.fsencode(peaks.path),
            channels=heard.channels,
            sample_rate=heard.sample_rate,
            samples=heard.samples,
            samples_per_pixel=asked.samples_per_pixel,
            bits=asked.bits,
            first=window.first,
            end=window.end,
            dat=os.fsencode(names["dat"]),
            json=os.fsencode(names["json"]),
            rms=os.fsencode(names["rms"]),
        )
        try:
            await self.ask(task, sound.shown, _nothing, CUT_SECONDS)
            data = await _inline(names["dat"], names["rms"], asked, window)
            offered = {form: await self._keep(sound, asked, form, peaks.meta, name) for form, name in names.items()}
        finally:
            for name in names.values():
                name.unlink(missing_ok=True)
        return _result(asked, window, offered, data, cached=cached)

    async def _keep(self, sound: Sound, asked: Asked, form: Form, meta: Mapping[str, Any], made: Path) -> Resource:
        """Publish a file; what the disk does not keep is offered from memory."""
        key = _file_key(sound, asked, form)
        kept = await self._cache().publish(
            "waveforms", key, made, meta=meta, owners=sound.owners, sources=sound.sources
        )
        if kept is None:
            data = await trio.to_thread.run_sync(made.read_bytes)
            return self._resources().offer_bytes(data, FORMS[form], kind="waveforms")
        with kept:
            return self._offer(sound, asked, form, kept.bytes)

    def _offer(self, sound: Sound, asked: Asked, form: Form, size: int) -> Resource:
        return self._resources().offer_entry("waveforms", _file_key(sound, asked, form), FORMS[form], bytes=size)


def _result(
    asked: Asked, window: _Window, offered: Mapping[Form, Resource], data: list[WaveformChannel] | None, *, cached: bool
) -> Waveform:
    heard, step = window.heard, asked.samples_per_pixel
    covered = min(window.end * step, heard.samples) - window.first * step
    return Waveform(
        sample_rate=heard.sample_rate,
        samples_per_pixel=step,
        channels=heard.channels,
        length=window.length,
        bits=asked.bits,
        start=format_exact(heard.start + Fraction(window.first * step, heard.sample_rate)),
        duration=format_exact(Fraction(max(0, covered), heard.sample_rate)),
        dat=offered["dat"],
        json=offered["json"],
        rms=offered["rms"],
        levels=levels_ready(heard.samples),
        data=data,
        cached=cached,
    )


async def _inline(dat: Path, rms: Path, asked: Asked, window: _Window) -> list[WaveformChannel] | None:
    channels = window.heard.channels
    if not asked.inline or window.length * channels > MOST_INLINE:
        return None
    return await trio.to_thread.run_sync(channels_of, dat, rms, channels, asked.bits)


def _window(heard: Heard, asked: Asked) -> _Window:
    count = pixel_count(heard.samples, asked.samples_per_pixel)
    first, end = pixel_window(heard.start, heard.sample_rate, asked.samples_per_pixel, asked.span)
    first = min(first, count)
    return _Window(heard, first, count if end is None else max(first, min(end, count)))


def heard_of(meta: Mapping[str, Any]) -> Heard:
    """Read what is kept beside peaks."""
    return Heard(meta["sampleRate"], meta["channels"], meta["samples"], Fraction(meta["start"]))


def meta_of(heard: Heard) -> Mapping[str, Any]:
    """Return what is kept beside peaks."""
    return {
        "sampleRate": heard.sample_rate,
        "channels": heard.channels,
        "samples": heard.samples,
        "start": format_exact(heard.start),
    }


def _file_key(sound: Sound, asked: Asked, form: Form) -> str:
    return sound.key(form, asked.stream, asked.mix, asked.span, asked.samples_per_pixel, asked.bits)


def _nothing(_item: Item) -> None:
    """A cut says nothing before its answer."""
