"""Waveforms of files: decoded once, kept in the cache, cut at any level and range out of what is kept."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import trio

from protocol.commands.shared import Resource
from protocol.commands.waveform import MOST_INLINE, Waveform, WaveformChannel
from protocol.errors import InvalidParams, SourceChanged
from protocol.time import format_exact
from sidecar.services.cache.selection import source_id
from sidecar.services.media.messages import Answer, Item, Task, error_of, unpack
from sidecar.services.media.service import MediaService
from sidecar.services.media.waveform.grid import Heard, Span, levels_ready, pixel_count, pixel_window
from sidecar.services.media.waveform.inline import Chunk, channels_of, chunks_of
from sidecar.services.media.waveform.messages import CutWaveform, MakePeaks, PeaksMade, PeaksPart, Watch

if TYPE_CHECKING:
    from sidecar.services.cache.pinned import Pinned
    from sidecar.services.cache.store import CacheStore
    from sidecar.services.resources import Resources

VERSION = "1"
"""Raised whenever the same sound begins to give other numbers."""

QUIET_SECONDS = 60.0
"""Seconds that may pass between two messages of a worker; of peaks it sends some five times a second."""

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
    """What is wanted of a file; `span` is in seconds from its start, and does not end before it begins."""

    stream: int = 0
    span: Span | None = None
    samples_per_pixel: int = 256
    mix: bool = True
    bits: int = 16
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Listener:
    """Who wants to hear of the work: seconds of sound that are done, of how many, and peaks as soon as they are known."""

    done: Callable[[float, float | None], None]
    chunks: Callable[[list[Chunk]], None]


@dataclass(frozen=True, slots=True)
class _Source:
    path: Path
    shown: str
    fingerprint: str
    origin: Fraction
    seconds: float | None


@dataclass(frozen=True, slots=True)
class _Window:
    """Pixels [first, end) of one level of a stream."""

    heard: Heard
    first: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.first


class WaveformService:
    """Computes waveforms in the workers for long work.

    One decoding gives all levels; those who ask for one stream share it. Cancelling ends the worker, and whoever waits
    for the same begins again. Paths are absolute. The errors are those of `MediaService`, and InvalidParams (no such
    stream), SourceChanged, DiskFull and OutputUnwritable.
    """

    def __init__(
        self, media: MediaService, cache: Callable[[], CacheStore], resources: Callable[[], Resources]
    ) -> None:
        self._media = media
        self._cache = cache
        self._resources = resources

    async def waveform(self, path: Path, asked: Asked, *, shown: str, listener: Listener | None = None) -> Waveform:
        """Return the waveform of a file. `shown` is the path as errors name it."""
        info = await self._media.probe(path, shown=shown)
        if asked.stream >= len(info.audio):
            detail = f"{shown} has {len(info.audio)} sound streams"
            raise InvalidParams(detail=detail, path="/audioStream")
        if info.audio[asked.stream].channels == 1:
            asked = replace(asked, mix=True)
        source = _Source(
            path,
            shown,
            await self._media.fingerprint(path),
            Fraction(info.start_time),
            None if info.duration is None else float(Fraction(info.duration)),
        )
        if (found := await self._found(source, asked)) is not None:
            return found
        decoded: list[bool] = []
        produce = partial(self._produce, source, asked, listener, decoded)
        key = _key(source, "peaks", asked.stream, asked.mix)
        with await self._cache().make("waveforms", key, produce, sources=[source_id(source.path)]) as peaks:
            return await self._cut(source, asked, peaks, cached=not decoded)

    async def _produce(
        self, source: _Source, asked: Asked, listener: Listener | None, decoded: list[bool], target: Path
    ) -> Mapping[str, Any]:
        """Decode the stream and write its peaks; returns what has been heard."""
        decoded.append(True)
        path, watch = os.fsencode(source.path), None
        if listener is not None:
            watch = Watch(asked.samples_per_pixel, asked.bits, asked.span)

        def hear(item: Item) -> None:
            if listener is not None:
                part = unpack(item.body, PeaksPart)
                listener.done(part.seconds, source.seconds)
                if part.values:
                    listener.chunks(chunks_of(part))

        task = MakePeaks(path, asked.stream, asked.mix, source.origin, os.fsencode(target), watch)
        answer = await self._ask(task, source.shown, hear, QUIET_SECONDS)
        made = unpack(answer.body or b"", PeaksMade)
        now = await self._media.fingerprint(source.path)
        if now != source.fingerprint:
            raise SourceChanged(path=source.shown, expected=source.fingerprint, actual=now)
        return {
            "sampleRate": made.sample_rate,
            "channels": made.channels,
            "samples": made.samples,
            "start": format_exact(made.start),
        }

    async def _ask(self, task: Task, shown: str, hear: Callable[[Item], None], seconds: float) -> Answer:
        pool = self._media.work_pool
        answer = await pool.stream(task, seconds=seconds, shown=shown, on_item=hear, operation="media.waveform")
        if answer.failure is not None:
            raise error_of(answer.failure, shown)
        return answer

    async def _found(self, source: _Source, asked: Asked) -> Waveform | None:
        """Return what was cut before, if all of its files are there."""
        with ExitStack() as pins:
            files: dict[Form, Pinned] = {}
            for form in FORMS:
                entry = await self._cache().find(
                    "waveforms", _file_key(source, asked, form), sources=[source_id(source.path)]
                )
                if entry is None:
                    return None
                files[form] = pins.enter_context(entry)
            window = _window(_heard(files["dat"].meta), asked)
            data = await _inline(files["dat"].path, files["rms"].path, asked, window)
            offered = {form: self._offer(source, asked, form, file.bytes) for form, file in files.items()}
        return _result(asked, window, offered, data, cached=True)

    async def _cut(self, source: _Source, asked: Asked, peaks: Pinned, *, cached: bool) -> Waveform:
        """Write the files of what is asked, and keep them."""
        heard = _heard(peaks.meta)
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
            await self._ask(task, source.shown, _nothing, CUT_SECONDS)
            data = await _inline(names["dat"], names["rms"], asked, window)
            offered = {form: await self._keep(source, asked, form, peaks.meta, name) for form, name in names.items()}
        finally:
            for name in names.values():
                name.unlink(missing_ok=True)
        return _result(asked, window, offered, data, cached=cached)

    async def _keep(self, source: _Source, asked: Asked, form: Form, meta: Mapping[str, Any], made: Path) -> Resource:
        """Publish a file; what the disk does not keep is offered from memory."""
        kept = await self._cache().publish(
            "waveforms", _file_key(source, asked, form), made, meta=meta, sources=[source_id(source.path)]
        )
        if kept is None:
            data = await trio.to_thread.run_sync(made.read_bytes)
            return self._resources().offer_bytes(data, FORMS[form], kind="waveforms")
        with kept:
            return self._offer(source, asked, form, kept.bytes)

    def _offer(self, source: _Source, asked: Asked, form: Form, size: int) -> Resource:
        return self._resources().offer_entry("waveforms", _file_key(source, asked, form), FORMS[form], bytes=size)


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


def _heard(meta: Mapping[str, Any]) -> Heard:
    return Heard(meta["sampleRate"], meta["channels"], meta["samples"], Fraction(meta["start"]))


def _file_key(source: _Source, asked: Asked, form: Form) -> str:
    return _key(source, form, asked.stream, asked.mix, asked.span, asked.samples_per_pixel, asked.bits)


def _key(source: _Source, *decides: object) -> str:
    text = repr((VERSION, source.fingerprint, str(source.origin), decides))
    return hashlib.sha256(text.encode()).hexdigest()


def _nothing(_item: Item) -> None:
    """A cut says nothing before its answer."""
