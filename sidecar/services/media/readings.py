"""What is read of files by workers: once for all who ask together, remembered as long as a file's content stays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import trio

from protocol.errors import DecoderCrashed
from sidecar.services.media.fingerprint import fingerprint
from sidecar.services.media.known import Knowledge, Known, stamp_of
from sidecar.services.media.messages import Answer, Depth, error_of
from sidecar.services.media.records import RANKS, Records, lasting
from sidecar.services.places import Places

if TYPE_CHECKING:
    from sidecar.services.media.workers import WorkerPool

LOOKING = 40
"""Files that are looked at at a time. On a disk that does not answer they hold up each other, and nothing else."""


class Readings:
    """Reads files as deep as is asked for, or remembers what was read, also that a file cannot be.

    Who asks for less than another does not wait for that one: decoding takes hours, a probe a hundredth of a second.
    """

    def __init__(self, pool: WorkerPool, work_pool: WorkerPool, records: Records) -> None:
        self.knowledge = Knowledge()
        self._pool = pool
        self._work_pool = work_pool
        self._records = records
        self._places = Places[tuple[Path, int]]()
        self._looking = trio.CapacityLimiter(LOOKING)

    async def content(self, path: Path) -> str:
        """Return the fingerprint of a file; raises what `fingerprint` raises."""
        return await trio.to_thread.run_sync(fingerprint, path, abandon_on_cancel=True, limiter=self._looking)

    async def read(
        self,
        path: Path,
        index: Depth,
        *,
        refresh: bool,
        timeout: float,  # noqa: ASYNC109 - it ends the worker, which a scope around the call does too
        shown: str,
    ) -> tuple[Known, bool]:
        """Return what is known of a file, and whether it was read just now."""
        known = self._known(path, await self.content(path))
        if not refresh and self._remembers(path, known, index, shown):
            return known, False
        with self._places.of((path, RANKS[index])) as place:
            waits = place.value == 0
            async with place:
                if waits:
                    known = self._known(path, await self.content(path))
                    if not refresh and self._remembers(path, known, index, shown):
                        return known, False
                if not refresh and (found := await self._recorded(path, known, index, shown)) is not None:
                    return found, False
                return await self._ask(path, known, index, timeout, shown, anew=refresh), True

    def learn(
        self, path: Path, known: Known, answer: Answer, index: Depth, seconds: float, *, anew: bool = False
    ) -> Known:
        """Remember an answer, unless others have read as deep meanwhile and it was not to be read `anew`.

        Of a file that changed meanwhile it is remembered with neither content.
        """
        known = self._known(path, known.fingerprint)
        found = known if known.holds(index) and not anew else known.told(answer, index)
        if stamp_of(path) == known.stamp:
            self.knowledge.remember(path, found)
            kept = answer if answer.failure is None else Answer(failure=lasting(answer.failure))
            self._records.keep(path, known.fingerprint, index, kept, seconds)
        return found

    def _known(self, path: Path, content: str) -> Known:
        """Return what is known of a content at a path."""
        known = self.knowledge.get(path)
        return Known(content) if known is None or known.fingerprint != content else known

    def _remembers(self, path: Path, known: Known, index: Depth, shown: str) -> bool:
        """Whether what is known will do; raises the failure that is remembered instead."""
        if known.holds(index):
            self.knowledge.use(path)
            self._records.hit()
            return True
        if (failure := known.refuses(index)) is not None:
            raise error_of(failure, shown)
        if (failed := self._records.failed(path, known.fingerprint, index)) is not None:
            raise failed
        return False

    async def _recorded(self, path: Path, known: Known, index: Depth, shown: str) -> Known | None:
        """Return what is known with what an earlier process read, if that will do; raises its failure instead."""
        answer = await self._records.find(path, known.fingerprint, index)
        if answer is None:
            return None
        known = self._known(path, known.fingerprint)
        if known.holds(index):
            return known  # others have read as deep meanwhile
        known = known.told(answer, index)
        self.knowledge.remember(path, known)
        if answer.failure is not None:
            raise error_of(answer.failure, shown)
        return known if known.holds(index) else None

    async def _ask(self, path: Path, known: Known, index: Depth, seconds: float, shown: str, *, anew: bool) -> Known:
        """Have a worker read the file."""
        pool = self._work_pool if index == "decoded" else self._pool
        began = trio.current_time()
        try:
            answer = await pool.ask(path, index, known.fingerprint, seconds=seconds, shown=shown)
        except DecoderCrashed as error:
            self._records.fail(path, known.fingerprint, index, error)
            raise
        found = self.learn(path, known, answer, index, trio.current_time() - began, anew=anew)
        if answer.failure is not None:
            raise error_of(answer.failure, shown)
        return found
