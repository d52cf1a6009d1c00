"""The media service: probes in worker processes, with a memory of what was read."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import trio

from protocol.commands.media import MediaInfo
from protocol.errors import DiskFull, Internal, OutputUnwritable
from sidecar.core.packets import CopySpan, PacketTable
from sidecar.core.source import SourceFacts
from sidecar.ffmpeg.supervisor import Supervisor
from sidecar.services.media.fingerprint import fingerprint
from sidecar.services.media.messages import CheckCopy, Depth, Extract, IndexLevel, ListPackets, error_of
from sidecar.services.media.paths import local_path
from sidecar.services.media.workers import PROBING, WorkerPool, open_workers
from sidecar.services.settings import SettingsStore

REMEMBERED = 1024
"""Files whose probe is kept."""

REMEMBERED_KEYFRAMES = 2_000_000
"""Keyframe times that are kept of all of them together."""

REMEMBERED_PACKETS = 2_000_000
"""Packets that are kept of all files together."""

PROBE_SECONDS = 10.0
DECODE_SECONDS = 7200.0
FACTS_SECONDS = 120.0
"""Reading the index of a large file that has no tables takes as long as reading the file."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of one content: a plain result, and one with an index beside its facts."""

    fingerprint: str
    stamp: tuple[int, int]
    plain: MediaInfo | None = None
    indexed: MediaInfo | None = None
    facts: SourceFacts | None = None

    def holds(self, depth: Depth) -> bool:
        """Whether it has been read so far."""
        if depth == "decoded":
            return self.facts is not None and all(video.damaged is not None for video in self.facts.video)
        return self.indexed is not None or (depth == "none" and self.plain is not None)

    @property
    def keyframes(self) -> int:
        return sum(len(video.keyframes or ()) for video in self.facts.video) if self.facts else 0


class MediaService:
    """Probes files. A result is remembered as long as the file's fingerprint stays.

    Two that ask for one file at a time share one probe. All methods take absolute paths, or texts as clients write
    them; they raise MediaNotFound, MediaUnreadable, MediaUnsupported, MediaEncrypted, DecoderCrashed,
    PermissionDenied and Timeout. Cancelling one ends its worker.
    """

    def __init__(self, pool: WorkerPool, work_pool: WorkerPool) -> None:
        self.pool = pool
        """Workers for what somebody waits for: probes, frames."""
        self.work_pool = work_pool
        """Workers for what takes long: listings, waveforms, analyses, proxies."""
        self._known: OrderedDict[Path, _Known] = OrderedDict()
        self._packets: OrderedDict[tuple[Path, int, str], PacketTable] = OrderedDict()
        self._locks: dict[Path, tuple[trio.Lock, int]] = {}

    async def probe(
        self,
        path: Path | str,
        *,
        index: IndexLevel = "none",
        refresh: bool = False,
        timeout: float = PROBE_SECONDS,  # noqa: ASYNC109 - it ends the worker, which a scope around the call does too
        shown: str | None = None,
    ) -> MediaInfo:
        """Read what a file holds within `timeout` seconds. `shown` is the path as results and errors name it."""
        target, name = _target(path, shown)
        known, fresh = await self._read(target, index, refresh=refresh, timeout=timeout, shown=name)
        found = known.indexed or known.plain
        if found is None:
            raise Internal(message="a probe gave no result")
        keyframes = found.keyframes if index != "none" else None
        return msgspec.structs.replace(found, path=name, keyframes=keyframes, cached=not fresh)

    async def facts(self, path: Path | str, *, refresh: bool = False, decoded: bool = False) -> SourceFacts:
        """Read what the engine has to know of a file, its keyframe index included.

        `decoded`: every picture is decoded too, to find those that are damaged.
        """
        target, name = _target(path, None)
        depth: Depth = "decoded" if decoded else "full"
        seconds = DECODE_SECONDS if decoded else FACTS_SECONDS
        known, _ = await self._read(target, depth, refresh=refresh, timeout=seconds, shown=name)
        if known.facts is None:
            raise Internal(message="a probe gave no facts")
        return replace(known.facts, path=str(target))

    def known_facts(self, path: Path | str) -> SourceFacts | None:
        """Return facts that are remembered of a file whose size and time have not changed since, without reading it."""
        target, _ = _target(path, None)
        known = self._known.get(target)
        if known is None or known.facts is None or known.stamp != _stamp(target):
            return None
        return replace(known.facts, path=str(target))

    async def fingerprint(self, path: Path | str) -> str:
        """Return "size-mtimeNs-hash" of a file."""
        target, _ = _target(path, None)
        return await trio.to_thread.run_sync(fingerprint, target, abandon_on_cancel=True)

    async def packets(self, path: Path | str, stream: int) -> PacketTable:
        """List the packets of a picture stream, by its number among all streams of the file."""
        target, name = _target(path, None)
        key = target, stream, await self.fingerprint(target)
        known = self._packets.get(key)
        if known is None:
            task = ListPackets(os.fsencode(target), stream)
            answer = await self.work_pool.do(task, seconds=FACTS_SECONDS, shown=name)
            if answer.failure is not None:
                raise error_of(answer.failure, name)
            if answer.packets is None:
                raise Internal(message="a listing gave no packets")
            known = self._packets[key] = answer.packets
        self._packets.move_to_end(key)
        while len(self._packets) > 1 and sum(each.count for each in self._packets.values()) > REMEMBERED_PACKETS:
            self._packets.popitem(last=False)
        return known

    async def extract(self, span: CopySpan, target: Path) -> str:
        """Write the packets of a span to `target`, a piece to join from; returns a digest for `check_copy`.

        Raises the errors of reading the source, and DiskFull and OutputUnwritable for the target.
        """
        task = Extract(os.fsencode(span.path), replace(span, path=""), os.fsencode(target))
        answer = await self.work_pool.do(task, seconds=_patience(span), shown=span.path)
        if answer.failure is not None:
            of_target = answer.failure.kind in (DiskFull.kind, OutputUnwritable.kind)
            raise error_of(answer.failure, str(target) if of_target else span.path)
        return answer.told or ""

    async def check_copy(self, output: Path, span: CopySpan, digest: str) -> str | None:
        """Say what is wrong with a copied span of a finished file, None where its frames are the source's.

        Raises the errors of reading the source.
        """
        task = CheckCopy(os.fsencode(span.path), replace(span, path=""), os.fsencode(output), digest)
        answer = await self.work_pool.do(task, seconds=_patience(span), shown=span.path)
        if answer.failure is not None:
            raise error_of(answer.failure, span.path)
        return answer.told

    async def _read(
        self,
        path: Path,
        index: Depth,
        *,
        refresh: bool,
        timeout: float,  # noqa: ASYNC109
        shown: str,
    ) -> tuple[_Known, bool]:
        """Return what is known of a file, and whether it was read just now."""
        lock, waiting = self._locks.get(path, (trio.Lock(), 0))
        self._locks[path] = (lock, waiting + 1)
        try:
            async with lock:
                content = await trio.to_thread.run_sync(fingerprint, path, abandon_on_cancel=True)
                known = self._known.get(path)
                if known is None or known.fingerprint != content:
                    known = _Known(content, _stamp(path))
                elif not refresh and known.holds(index):
                    self._known.move_to_end(path)
                    return known, False
                pool = self.work_pool if index == "decoded" else self.pool
                answer = await pool.ask(path, index, seconds=timeout, shown=shown)
                if answer.failure is not None:
                    raise error_of(answer.failure, shown)
                if answer.facts is not None:
                    known = replace(known, indexed=answer.info, facts=answer.facts)
                else:
                    known = replace(known, plain=answer.info)
                self._remember(path, known)
                return known, True
        finally:
            lock, waiting = self._locks.pop(path)
            if waiting > 1:
                self._locks[path] = (lock, waiting - 1)

    def _remember(self, path: Path, known: _Known) -> None:
        self._known[path] = known
        self._known.move_to_end(path)
        keyframes = sum(each.keyframes for each in self._known.values())
        while len(self._known) > 1 and (len(self._known) > REMEMBERED or keyframes > REMEMBERED_KEYFRAMES):
            _, dropped = self._known.popitem(last=False)
            keyframes -= dropped.keyframes


def _target(path: Path | str, shown: str | None) -> tuple[Path, str]:
    target = (local_path(path) if isinstance(path, str) else path).absolute()
    return target, str(path) if shown is None else shown


def _patience(span: CopySpan) -> float:
    """Seconds that reading a span may take: of a slow disk at least 10 MB/s are asked."""
    return FACTS_SECONDS + span.bytes / 10_000_000


def _stamp(path: Path) -> tuple[int, int]:
    try:
        facts = path.stat()
    except OSError:
        return (-1, -1)
    return facts.st_size, facts.st_mtime_ns


def worker_count(setting: int) -> int:
    """Return how many workers a setting means; 0: one a core, at most four."""
    return setting or min(4, os.cpu_count() or 1)


@asynccontextmanager
async def open_media_service(
    supervisor: Supervisor, folder: Path, settings: SettingsStore
) -> AsyncIterator[MediaService]:
    """Open the service; its workers live in `folder`, as many as `settings` say, and are ended on leaving."""

    def count() -> int:
        return worker_count(settings.current.workers)

    async with (
        open_workers(WorkerPool(supervisor, folder, count, argv=PROBING)) as pool,
        open_workers(WorkerPool(supervisor, folder, count, role="work")) as work_pool,
    ):
        yield MediaService(pool, work_pool)
