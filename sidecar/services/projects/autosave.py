"""Writes unsaved revisions to their journals, soon after they are made and never in their way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import trio

from sidecar.services.logger import Logger
from sidecar.services.projects.journal import Entry, Head
from sidecar.services.projects.session import Session
from sidecar.services.projects.unsaved import Unsaved


class Autosave:
    """`delay` gives the seconds that an edit may wait; at 0 it is in the journal before it is answered."""

    def __init__(self, unsaved: Unsaved, delay: Callable[[], float], logger: Logger) -> None:
        self._unsaved = unsaved
        self._delay = delay
        self._edited = trio.Event()
        self._log = logger

    async def edited(self, session: Session) -> None:
        """Take note of a new revision; the caller holds the session's lock."""
        if self._delay() == 0:
            await self.now(session)
        else:
            self._edited.set()

    async def run(self, sessions: Callable[[], list[Session]]) -> None:
        """Write what waits, until cancelled; then write what still waits, so that an orderly end loses nothing."""
        try:
            while True:
                await self._edited.wait()
                self._edited = trio.Event()
                # Half the time: the other half is for the writing.
                await trio.sleep(self._delay() / 2)
                await self._write_all(sessions())
        finally:
            with trio.CancelScope(shield=True):
                await self._write_all(sessions())

    async def now(self, session: Session) -> None:
        """Write a session's revision at once, also when the request is cancelled; the caller holds its lock."""
        with trio.CancelScope(shield=True):
            await self._write(session)

    async def drop(self, session: Session) -> None:
        """Remove a session's journal: nothing in it is unsaved any more. The caller holds its lock."""
        if session.journal is not None:
            with trio.CancelScope(shield=True):
                await trio.to_thread.run_sync(session.journal.drop)
        session.journal = session.journalled = None

    async def _write_all(self, sessions: list[Session]) -> None:
        for session in sessions:
            async with session.lock:
                await self._write(session)

    async def _write(self, session: Session) -> None:
        if not session.waiting:
            return
        try:
            await trio.to_thread.run_sync(_append, session, self._unsaved)
        except OSError as error:
            # The edit is made and answered all the same: a journal that cannot be written is no reason to lose it.
            self._log.warning("unsaved edits are not journalled", project_id=session.project_id, reason=str(error))


def _append(session: Session, unsaved: Unsaved) -> None:
    if session.journal is None:
        session.journal = unsaved.writer(
            Head(
                journal=1,
                project_id=session.own_id or session.project_id,
                path=None if session.path is None else str(session.path),
                base_path=None if session.base is None else str(session.base),
                fingerprint=session.fingerprint,
            )
        )
    saved_at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    project = msgspec.Raw(msgspec.json.encode(session.content.project))
    session.journal.append(Entry(revision=session.revision, saved_at=saved_at, label=session.label, project=project))
    session.journalled = session.revision
