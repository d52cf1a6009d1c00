"""Analyses of files: measured together in one pass, kept by kind."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import msgspec
import trio

from protocol.commands.analysis import Analysis, Kind
from protocol.commands.media import MediaInfo
from protocol.errors import InvalidParams, SourceChanged
from protocol.typed import ready
from sidecar.services.cache.selection import source_id
from sidecar.services.media.analysis.messages import Analyse, Findings, Found, Options
from sidecar.services.media.failing import Failing
from sidecar.services.media.messages import Item, error_of, unpack
from sidecar.services.media.service import MediaService
from sidecar.services.places import Places

if TYPE_CHECKING:
    from sidecar.services.cache.store import CacheStore

VERSION = "2"
"""Raised whenever the same file begins to give another result."""

QUIET_SECONDS = 60.0
"""Seconds that may pass between two messages of a worker."""

PICTURE: frozenset[Kind] = frozenset({"scenes", "black", "freeze", "sharpness", "motion", "interlacing", "crop"})
SOUND: frozenset[Kind] = frozenset({"silence", "loudness"})
KINDS: tuple[Kind, ...] = get_args(Kind)
CURVES: frozenset[Kind] = frozenset({"sharpness", "motion", "bitrate"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted of a file; `span` is in seconds from its start, and does not end before it begins."""

    kinds: tuple[Kind, ...]
    options: Options
    video: int = 0
    audio: int = 0
    span: tuple[Fraction, Fraction] | None = None


@dataclass(frozen=True, slots=True)
class Listener:
    """Who wants to hear of the work: seconds that are done, of how many, and what was found."""

    done: Callable[[float, float | None], None]
    items: Callable[[list[dict[str, Any]]], None]


@dataclass(frozen=True, slots=True)
class _Source:
    path: Path
    shown: str
    fingerprint: str
    info: MediaInfo

    @property
    def origin(self) -> Fraction:
        return Fraction(self.info.start_time)


class AnalysisService:
    """Measures files in the workers for long work.

    What is asked for together costs one decoding; each kind is kept by itself, by the file's content and the
    parameters that decide it. Of those who ask for the same at a time one measures. Cancelling ends the worker. Paths
    are absolute. The errors are those of `MediaService`, and InvalidParams (no such stream, kinds of a picture or a
    sound that is not there) and SourceChanged.
    """

    def __init__(self, media: MediaService, cache: Callable[[], CacheStore], failing: Failing) -> None:
        self._media = media
        self._cache = cache
        self._failing = failing
        self._places = Places[str]()

    async def analyze(self, path: Path, asked: Asked, *, shown: str, listener: Listener | None = None) -> Analysis:
        """Return what is asked of a file. `shown` is the path as errors name it."""
        info = await self._media.probe(path, shown=shown)
        _refuse_absent(info, asked, shown)
        source = _Source(path, shown, await self._media.fingerprint(path), info)
        with self._places.of(_digest(source.fingerprint, asked.video, asked.audio)) as place:
            async with place:
                found = {kind: known for kind in asked.kinds if (known := await self._known(source, asked, kind))}
                missing = tuple(kind for kind in asked.kinds if kind not in found)
                measured = Findings()
                if missing:
                    with self._failing.noted(_key(source, asked, *missing), shown):
                        measured = await self._measure(source, asked, missing, listener)
                for kind in missing:
                    await self._keep(source, asked, kind, measured)
        members = {kind: getattr(found.get(kind, measured), kind) for kind in KINDS}
        return Analysis(**members, cached=[kind for kind in asked.kinds if kind in found])

    async def _measure(
        self, source: _Source, asked: Asked, kinds: tuple[Kind, ...], listener: Listener | None
    ) -> Findings:
        rates = "bitrate" in kinds
        seen, heard = asked.video < len(source.info.video), asked.audio < len(source.info.audio)
        video = asked.video if seen and (rates or PICTURE & set(kinds)) else None
        audio = asked.audio if heard and (rates or SOUND & set(kinds)) else None
        total = _seconds(source.info, asked)

        def hear(item: Item) -> None:
            if listener is not None:
                part = unpack(item.body, Found)
                listener.done(part.seconds, total)
                if part.items:
                    listener.items(part.items)

        task = Analyse(
            os.fsencode(source.path),
            kinds=kinds,
            video=video,
            audio=audio,
            origin=source.origin,
            span=asked.span,
            options=asked.options,
        )
        answer = await self._media.work_pool.stream(
            task, seconds=QUIET_SECONDS, shown=source.shown, on_item=hear, operation="media.analyze"
        )
        if answer.failure is not None:
            raise error_of(answer.failure, source.shown)
        now = await self._media.fingerprint(source.path)
        if now != source.fingerprint:
            raise SourceChanged(path=source.shown, expected=source.fingerprint, actual=now)
        return unpack(answer.body or b"", Findings)

    async def _known(self, source: _Source, asked: Asked, kind: Kind) -> Findings | None:
        entry = await self._cache().find("analysis", _key(source, asked, kind), sources=(source_id(source.path),))
        if entry is None:
            return None
        with entry:
            data = await trio.to_thread.run_sync(entry.path.read_bytes)
        return msgspec.json.decode(data, type=ready(Findings))

    async def _keep(self, source: _Source, asked: Asked, kind: Kind, found: Findings) -> None:
        cache = self._cache()
        made = cache.scratch / f"{secrets.token_hex(8)}.json"
        data = msgspec.json.encode(Findings(**{kind: getattr(found, kind)}))
        try:
            await trio.to_thread.run_sync(made.write_bytes, data)
            sources = (source_id(source.path),)
            kept = await cache.publish(
                "analysis", _key(source, asked, kind), made, meta={"analysis": kind}, sources=sources
            )
        except OSError:
            # A cache that takes nothing costs the next one time, not this one its result.
            return
        finally:
            made.unlink(missing_ok=True)
        if kept is not None:
            kept.release()


def _refuse_absent(info: MediaInfo, asked: Asked, shown: str) -> None:
    wanted = set(asked.kinds)
    if len(wanted) < len(asked.kinds):
        raise InvalidParams(detail="a kind is named twice", path="/kinds")
    if wanted & PICTURE and asked.video >= len(info.video):
        raise InvalidParams(detail=f"{shown} has {len(info.video)} picture streams", path="/videoStream")
    if wanted & SOUND and asked.audio >= len(info.audio):
        raise InvalidParams(detail=f"{shown} has {len(info.audio)} sound streams", path="/audioStream")


def _seconds(info: MediaInfo, asked: Asked) -> float | None:
    if asked.span is not None:
        return float(asked.span[1] - asked.span[0])
    return None if info.duration is None else float(Fraction(info.duration))


def _key(source: _Source, asked: Asked, *kinds: Kind) -> str:
    """Hash what decides the result of kinds: other kinds' parameters do not."""
    if len(kinds) > 1:
        return _digest(*(_key(source, asked, kind) for kind in kinds))
    (kind,) = kinds
    options = asked.options
    decides: list[object] = [kind, asked.span, str(source.origin)]
    decides += [asked.video] if kind in PICTURE or kind == "bitrate" else []
    decides += [asked.audio] if kind in SOUND or kind == "bitrate" else []
    decides += [options.interval] if kind in CURVES else []
    decides += [getattr(options, kind)] if hasattr(options, kind) else []
    return _digest(VERSION, source.fingerprint, decides)


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()
