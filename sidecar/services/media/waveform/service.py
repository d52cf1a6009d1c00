"""Waveforms of files: decoded once, kept in the cache, cut at any level and range out of what is kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from protocol.commands.waveform import Waveform
from protocol.errors import InvalidParams, SourceChanged
from sidecar.services.cache.selection import source_id
from sidecar.services.media.failing import Failing
from sidecar.services.media.messages import unpack
from sidecar.services.media.service import MediaService
from sidecar.services.media.waveform.cutter import Asked, Cutter, Sound, meta_of
from sidecar.services.media.waveform.grid import SMALLEST_SHARE, Heard
from sidecar.services.media.waveform.inline import Chunk, chunks_of
from sidecar.services.media.waveform.messages import MakePeaks, PeaksMade, PeaksPart, Share, SharePeaks, Watch
from sidecar.services.media.waveform.together import QUIET_SECONDS, Together

if TYPE_CHECKING:
    from sidecar.services.cache.pinned import Pinned
    from sidecar.services.cache.store import CacheStore
    from sidecar.services.resources import Resources


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
    rates: tuple[int, ...]

    @property
    def sound(self) -> Sound:
        return Sound(f"{self.fingerprint} {self.origin}", self.shown, sources=(source_id(self.path),))


class WaveformService:
    """Computes waveforms in the workers for long work.

    One decoding gives all levels; those who ask for one stream share it. A long one is shared out among the workers. Cancelling ends the worker, and whoever waits
    for the same begins again. Paths are absolute. The errors are those of `MediaService`, and InvalidParams (no such
    stream), SourceChanged, DiskFull and OutputUnwritable.
    """

    def __init__(
        self,
        media: MediaService,
        cache: Callable[[], CacheStore],
        resources: Callable[[], Resources],
        failing: Failing,
    ) -> None:
        self._media = media
        self._cache = cache
        self._failing = failing
        self._cutter = Cutter(media, cache, resources)

    async def waveform(self, path: Path, asked: Asked, *, shown: str, listener: Listener | None = None) -> Waveform:
        """Return the waveform of a file. `shown` is the path as errors name it."""
        source, asked = await self._source(path, asked, shown)
        if (found := await self._cutter.found(source.sound, asked)) is not None:
            return found
        decoded: list[bool] = []
        with await self._peaks(source, asked, listener, decoded) as peaks:
            return await self._cutter.cut(source.sound, asked, peaks, cached=not decoded)

    async def peaks(self, path: Path, asked: Asked, *, shown: str) -> tuple[Sound, Pinned]:
        """Return the peaks of all of a stream: lowest, highest, mean square of every 64 samples."""
        source, asked = await self._source(path, asked, shown)
        return source.sound, await self._peaks(source, asked, None, [])

    async def _source(self, path: Path, asked: Asked, shown: str) -> tuple[_Source, Asked]:
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
            tuple(each.sample_rate for each in info.audio),
        )
        return source, asked

    async def _peaks(self, source: _Source, asked: Asked, listener: Listener | None, decoded: list[bool]) -> Pinned:
        key = source.sound.key("peaks", asked.stream, asked.mix)

        async def produce(target: Path) -> Mapping[str, Any]:
            with self._failing.noted(key, source.shown):
                return await self._produce(source, asked, listener, decoded, target)

        return await self._cache().make("waveforms", key, produce, sources=source.sound.sources)

    async def _produce(
        self, source: _Source, asked: Asked, listener: Listener | None, decoded: list[bool], target: Path
    ) -> Mapping[str, Any]:
        """Decode the stream and write its peaks; returns what has been heard."""
        decoded.append(True)
        path, watch = os.fsencode(source.path), None
        if listener is not None:
            watch = Watch(asked.samples_per_pixel, asked.bits, asked.span)

        furthest = 0.0

        def hear(part: PeaksPart) -> None:
            nonlocal furthest
            if listener is not None:
                # What is read in one go after all begins at its beginning again.
                furthest = max(furthest, part.seconds)
                listener.done(furthest, source.seconds)
                if part.values:
                    listener.chunks(chunks_of(part))

        task = MakePeaks(path, asked.stream, asked.mix, source.origin, os.fsencode(target), watch)
        made = None
        if shares := await self._shares(source, asked):
            made = await Together(self._cutter, source.shown, hear).make(task, shares, target)
        if made is None:
            answer = await self._cutter.ask(
                task, source.shown, lambda item: hear(unpack(item.body, PeaksPart)), QUIET_SECONDS
            )
            made = unpack(answer.body or b"", PeaksMade)
        now = await self._media.fingerprint(source.path)
        if now != source.fingerprint:
            raise SourceChanged(path=source.shown, expected=source.fingerprint, actual=now)
        return meta_of(Heard(made.sample_rate, made.channels, made.samples, made.start))

    async def _shares(self, source: _Source, asked: Asked) -> list[Share]:
        """Ask how the decoding may be shared; what is short is not asked about."""
        if (source.seconds or 0) * source.rates[asked.stream] < 2 * SMALLEST_SHARE:
            return []
        task = SharePeaks(os.fsencode(source.path), asked.stream)
        answer = await self._cutter.ask(task, source.shown, lambda _: None, QUIET_SECONDS)
        return unpack(answer.body or b"", list[Share])
