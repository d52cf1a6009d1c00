"""Writes jobs to the journal behind the queue: one thread at a time, whatever waits in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import trio

from protocol.errors import DiskFull, OutputUnwritable, SidecarError
from sidecar.services.logger import Logger
from sidecar.services.render.job import RenderJob
from sidecar.services.render.record import Content

if TYPE_CHECKING:
    import sqlite3

    from sidecar.services.render.journal import Batch, Journal

AT_ONCE = 500
"""Jobs in a transaction: more would keep the loop for longer than a frame while their rows are gathered."""

RETRY_SECONDS = 5.0


@dataclass(slots=True)
class Ticket:
    """Tells when a change is durable, or why it is not."""

    settled: trio.Event = field(default_factory=trio.Event)
    error: SidecarError | None = None

    async def wait(self) -> None:
        """Wait for the change; raises DiskFull or OutputUnwritable when it could not be written."""
        await self.settled.wait()
        if self.error is not None:
            raise self.error


@dataclass(slots=True)
class _Change:
    job: RenderJob
    content: Content | None = None
    removed: bool = False
    ticket: Ticket = field(default_factory=Ticket)


class JournalWriter:
    """The one that writes the journal. `put` and `drop` never wait; several changes of a job become one.

    A change that the disk refuses is tried again, every few seconds, until it is written or forgotten.
    """

    def __init__(self, log: Logger) -> None:
        self._log = log
        self._waiting: dict[int, _Change] = {}
        self._woken = trio.Event()
        self._journal: Journal | None = None
        self._refused = False
        self._writing = False

    def put(self, job: RenderJob, content: Content | None = None) -> Ticket:
        """Have the job's state written, as it is when its turn comes; `content` only when the job is new."""
        change = self._change(job)
        change.content = content or change.content
        return change.ticket

    def drop(self, job: RenderJob) -> Ticket:
        """Have the job removed."""
        change = self._change(job)
        change.removed = True
        return change.ticket

    def forget(self, job: RenderJob) -> None:
        """Try no more to write a job."""
        self._waiting.pop(job.serial, None)

    @property
    def busy(self) -> bool:
        """Whether anything is still to be written."""
        return self._writing or bool(self._waiting)

    async def content(self, key: str) -> bytes | None:
        """Return the text of a project that a job needs; None when it is lost."""
        journal = self._journal
        return None if journal is None else await trio.to_thread.run_sync(journal.content, key)

    async def run(self, journal: Journal) -> None:
        """Write until cancelled; then write what still waits, and close the journal."""
        self._journal = journal
        try:
            while True:
                await self._woken.wait()
                self._woken = trio.Event()
                while self._waiting and await self._write(journal):
                    pass
                if self._waiting:
                    with trio.move_on_after(RETRY_SECONDS):
                        await self._woken.wait()
                    self._woken.set()
        finally:
            with trio.CancelScope(shield=True):
                while self._waiting and await self._write(journal):
                    pass
                await trio.to_thread.run_sync(journal.close)

    def _change(self, job: RenderJob) -> _Change:
        change = self._waiting.setdefault(job.serial, _Change(job))
        self._woken.set()
        return change

    async def _write(self, journal: Journal) -> bool:
        """Write some of what waits; say whether the disk took it."""
        from sqlite3 import Error  # noqa: PLC0415 - start-up time

        error: SidecarError | None = None
        taken = [self._waiting.pop(serial) for serial in list(self._waiting)[:AT_ONCE]]
        self._writing = True
        try:
            with trio.CancelScope(shield=True):
                await trio.to_thread.run_sync(journal.write, _batch(taken))
        except (Error, OSError) as fault:
            error = _typed(fault, str(journal.path))
            if not self._refused:
                self._log.warning("jobs cannot be journalled now", reason=str(fault))
            self._refused = True
            for change in taken:
                # What was changed again meanwhile comes later anyway, with all that this one had.
                later = self._waiting.get(change.job.serial)
                if later is None:
                    self._waiting[change.job.serial] = _Change(change.job, change.content, change.removed)
                else:
                    later.content = later.content or change.content
        else:
            self._refused = False
        finally:
            self._writing = False
        for change in taken:
            change.ticket.error = error
            change.ticket.settled.set()
        return error is None


def _batch(changes: list[_Change]) -> Batch:
    from sidecar.services.render.journal import Batch  # noqa: PLC0415 - start-up time

    kept = [change for change in changes if not change.removed]
    return Batch(
        rows=[change.job.row() for change in kept],
        contents=[change.content for change in kept if change.content is not None],
        removed=[change.job.serial for change in changes if change.removed],
    )


def _typed(fault: sqlite3.Error | OSError, path: str) -> SidecarError:
    full = getattr(fault, "sqlite_errorname", "") == "SQLITE_FULL"
    return DiskFull(path=path) if full else OutputUnwritable(path=path, detail=str(fault))
