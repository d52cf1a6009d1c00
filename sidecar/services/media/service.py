"""The media service: probes in worker processes, with a memory of what was read."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import trio

from protocol.commands.media import MediaInfo
from protocol.errors import DecoderCrashed, DiskFull, Internal, OutputUnwritable, SidecarError
from sidecar.core.packets import CopySpan, PacketTable
from sidecar.core.source import SourceFacts
from sidecar.ffmpeg.supervisor import Supervisor
from sidecar.services.media.known import Known
from sidecar.services.media.messages import (
    Answer,
    CheckCopies,
    Copied,
    Depth,
    Extract,
    Failure,
    IndexLevel,
    Item,
    ListPackets,
    error_of,
)
from sidecar.services.media.paths import local_path
from sidecar.services.media.readings import Readings
from sidecar.services.media.records import Records
from sidecar.services.media.survey import Tell, ask_together, contents_of
from sidecar.services.media.workers import PROBING, WorkerPool, open_workers
from sidecar.services.settings import SettingsStore

if TYPE_CHECKING:
    from sidecar.services.cache.memory import MemoryTier
    from sidecar.services.cache.store import CacheStore

REMEMBERED_PACKETS = 2_000_000
"""Packets that are kept of all files together."""

PROBE_SECONDS = 10.0
SURVEY_SECONDS = 60.0
"""For a file that nobody waits for."""

DECODE_SECONDS = 7200.0
FACTS_SECONDS = 120.0
"""Reading the index of a large file that has no tables takes as long as reading the file."""

FLUSH_SECONDS = 1.0
"""For writing down, at the end, what was probed last."""


class MediaService:
    """Probes files. A result, also that a file cannot be read, is remembered as long as the file's fingerprint stays.

    Two that ask for one file at a time share one probe; a probe waits for no deeper look into the file. All methods
    take absolute paths, or texts as clients write them; they raise MediaNotFound, MediaUnreadable, MediaUnsupported,
    MediaEncrypted, DecoderCrashed, PermissionDenied and Timeout. Cancelling one ends its worker.
    """

    def __init__(self, pool: WorkerPool, work_pool: WorkerPool, records: Records) -> None:
        self.pool = pool
        """Workers for what somebody waits for: probes, frames."""
        self.work_pool = work_pool
        """Workers for what takes long: listings, waveforms, analyses, proxies."""
        self._records = records
        self._readings = Readings(pool, work_pool, records)
        self._packets: OrderedDict[tuple[Path, int, str], PacketTable] = OrderedDict()

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
        known, fresh = await self._readings.read(target, index, refresh=refresh, timeout=timeout, shown=name)
        found = known.indexed or known.plain
        if found is None:
            raise Internal(message="a probe gave no result")
        keyframes = found.keyframes if index != "none" else None
        return msgspec.structs.replace(found, path=name, keyframes=keyframes, cached=not fresh)

    async def survey(self, paths: Sequence[Path], tell: Tell) -> None:
        """Probe several files, those that are unknown by one worker; `tell` is given each result as soon as it is there.

        Files are taken in their order, but what is known is told first. Of the results `path` is empty.
        """
        contents = await trio.to_thread.run_sync(contents_of, paths)
        files = []
        for path, content in zip(paths, contents, strict=True):
            if isinstance(content, str):
                files.append((path, content))
            else:
                tell(path, content)
        new = dict(await self._records.unknown(files))
        for path, content in files:
            known = self._readings.knowledge.get(path)
            if path not in new or (known is not None and known.fingerprint == content):
                new.pop(path, None)
                try:
                    tell(path, await self.probe(path, timeout=SURVEY_SECONDS))
                except SidecarError as error:
                    tell(path, error)
        began = trio.current_time()

        def take(path: Path, content: str, answer: Answer) -> None:
            nonlocal began
            seconds, began = trio.current_time() - began, trio.current_time()
            self._readings.learn(path, Known(content), answer, "none", seconds)
            failure = answer.failure
            tell(path, answer.info if answer.info is not None else _refusal(failure, path))

        def blame(path: Path, content: str, error: SidecarError) -> None:
            if isinstance(error, DecoderCrashed):
                error = DecoderCrashed(path=str(path), signal=error.signal)
                self._records.fail(path, content, "none", error)
            tell(path, error)

        await ask_together(self.pool, list(new.items()), SURVEY_SECONDS, take, blame)

    async def facts(self, path: Path | str, *, refresh: bool = False, decoded: bool = False) -> SourceFacts:
        """Read what the engine has to know of a file, its keyframe index included.

        `decoded`: every picture is decoded too, to find those that are damaged.
        """
        target, name = _target(path, None)
        depth: Depth = "decoded" if decoded else "full"
        seconds = DECODE_SECONDS if decoded else FACTS_SECONDS
        known, _ = await self._readings.read(target, depth, refresh=refresh, timeout=seconds, shown=name)
        return _facts_of(known, target)

    async def indexed(self, path: Path, *, seconds: float, shown: str) -> tuple[SourceFacts, bool]:
        """Read what `facts` does within so many seconds; also tells whether it was known already."""
        known, fresh = await self._readings.read(path, "full", refresh=False, timeout=seconds, shown=shown)
        return _facts_of(known, path), not fresh

    def known_facts(self, path: Path | str) -> SourceFacts | None:
        """Return facts that are remembered of a file whose size and time have not changed since, without reading it."""
        target, _ = _target(path, None)
        known = self._readings.knowledge.current(target)
        if known is None or known.facts is None:
            return None
        return replace(known.facts, path=str(target))

    def known_info(self, path: Path) -> MediaInfo | None:
        """Return a result that is remembered of a file, as `known_facts` does; its `path` is empty."""
        known = self._readings.knowledge.current(path)
        return None if known is None else known.indexed or known.plain

    async def info_of(self, path: Path, content: str) -> MediaInfo | None:
        """Return what an earlier probe found in a file of that name and content, which need not be there any more."""
        known = self._readings.knowledge.get(path)
        if known is None or known.fingerprint != content:
            answer = await self._records.find(path, content, "none")
            return None if answer is None else answer.info
        return known.indexed or known.plain

    async def fingerprint(self, path: Path | str) -> str:
        """Return "size-mtimeNs-hash" of a file."""
        target, _ = _target(path, None)
        return await self._readings.content(target)

    async def packets(self, path: Path | str, stream: int) -> PacketTable:
        """List the packets of a picture stream, by its number among all streams of the file."""
        target, name = _target(path, None)
        content = await self.fingerprint(target)
        key = target, stream, content
        known = self._packets.get(key) or await self._records.find_packets(target, content, stream)
        if known is None:
            began = trio.current_time()
            task = ListPackets(os.fsencode(target), stream)
            answer = await self.work_pool.do(task, seconds=FACTS_SECONDS, shown=name)
            if answer.failure is not None:
                raise error_of(answer.failure, name)
            if answer.packets is None:
                raise Internal(message="a listing gave no packets")
            known = answer.packets
            if await self.fingerprint(target) == content:
                self._records.keep_packets(target, content, stream, known, trio.current_time() - began)
        self._packets[key] = known
        self._packets.move_to_end(key)
        while len(self._packets) > 1 and sum(each.count for each in self._packets.values()) > REMEMBERED_PACKETS:
            self._packets.popitem(last=False)
        return known

    async def extract(self, spans: Sequence[CopySpan], targets: Sequence[Path]) -> list[str]:
        """Write the packets of spans of one stream, each to its target, a piece to join from; returns their digests.

        Raises the errors of reading the source, and DiskFull and OutputUnwritable for a target.
        """
        path, digests = spans[0].path, list[str]()
        bare = tuple(replace(span, path="") for span in spans)
        task = Extract(os.fsencode(path), bare, tuple(map(os.fsencode, targets)))
        answer = await self.work_pool.stream(
            task, seconds=_patience(spans), shown=path, on_item=lambda item: digests.append(item.body.decode())
        )
        if answer.failure is not None:
            of_target = answer.failure.kind in (DiskFull.kind, OutputUnwritable.kind)
            raise error_of(answer.failure, str(targets[len(digests)]) if of_target else path)
        return digests

    async def check_copies(self, output: Path, copies: Sequence[Copied]) -> tuple[int, str] | None:
        """Say which of the copied spans of one stream in a finished file is the first that is wrong, and why.

        None where all are the source's. Raises the errors of reading the source.
        """
        path, right = copies[0].span.path, list[Item]()
        bare = tuple(msgspec.structs.replace(copy, span=replace(copy.span, path="")) for copy in copies)
        task = CheckCopies(os.fsencode(path), os.fsencode(output), bare)
        patience = _patience([copy.span for copy in copies])
        answer = await self.work_pool.stream(task, seconds=patience, shown=path, on_item=right.append)
        if answer.failure is not None:
            raise error_of(answer.failure, path)
        return None if answer.told is None else (len(right), answer.told)


def _refusal(failure: Failure | None, path: Path) -> SidecarError:
    return Internal(message="a probe gave no result") if failure is None else error_of(failure, str(path))


def _facts_of(known: Known, path: Path) -> SourceFacts:
    if known.facts is None:
        raise Internal(message="a probe gave no facts")
    return replace(known.facts, path=str(path))


def _target(path: Path | str, shown: str | None) -> tuple[Path, str]:
    target = (local_path(path) if isinstance(path, str) else path).absolute()
    return target, str(path) if shown is None else shown


def _patience(spans: Sequence[CopySpan]) -> float:
    """Seconds that reading the largest span may take: of a slow disk at least 10 MB/s are asked."""
    return FACTS_SECONDS + max(span.bytes for span in spans) / 10_000_000


def worker_count(setting: int) -> int:
    """Return how many workers a setting means; 0: one a core, at most four."""
    return setting or min(4, os.cpu_count() or 1)


@asynccontextmanager
async def open_media_service(
    supervisor: Supervisor,
    folder: Path,
    settings: SettingsStore,
    *,
    cache: Callable[[], CacheStore],
    memory: Callable[[], MemoryTier],
) -> AsyncIterator[MediaService]:
    """Open the service; its workers live in `folder`, as many as `settings` say, and are ended on leaving.

    Of those for probes there is one more: imports never have it, so that a probe which somebody waits for is not held
    up by them.
    """

    def count() -> int:
        return worker_count(settings.current.workers)

    records = Records(cache, memory)
    async with (
        open_workers(WorkerPool(supervisor, folder, lambda: count() + 1, argv=PROBING, patient=True)) as pool,
        open_workers(WorkerPool(supervisor, folder, count, role="work")) as work_pool,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(records.run)
        try:
            yield MediaService(pool, work_pool, records)
        finally:
            nursery.cancel_scope.cancel()
            with trio.move_on_after(FLUSH_SECONDS, shield=True):
                await records.flush()
