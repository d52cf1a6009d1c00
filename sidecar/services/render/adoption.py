"""Opens the journal of an instance, with the jobs of the dead moved into it. Blocks; never fails."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from sidecar.services.logger import Logger
from sidecar.services.render.journal import BEYOND, NAME, Batch, Found, Journal, JournalDamagedError, remove
from sidecar.services.render.line import STEP
from sidecar.services.render.record import ENDED, Content, Record, Row

PASSING = ("SQLITE_BUSY", "SQLITE_LOCKED")
"""Errors that say nothing against a file: another process has it."""

OF_DISKS = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY")
"""Errors that, where a file cannot even be opened, say nothing of what is in it."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A journal with what it and those of the dead held; `adopted` counts jobs of other instances that had not ended."""

    journal: Journal
    rows: list[Row]
    adopted: int


def open_journal(data: Path, adopted: Iterable[Path], log: Logger) -> Opened:
    """Open the journal of a data folder, with the jobs of the folders whose instances are dead moved into it.

    Never fails: a damaged file is set aside and what could be read of it goes on in a new one; where there is no
    file to be had, jobs are kept in memory only. Both are warnings in the log. A file that cannot be opened now, for
    another process writes it or the disk is full, stays as it is for the next start.
    """
    journal, rows = _open_sound(data / NAME, log)
    moved = 0
    # Where nothing is written, what is moved would be lost with this process.
    for folder in adopted if journal.path is not None else ():
        if (folder / NAME).exists():
            with suppress(sqlite3.Error, OSError):
                moved += _adopt(folder / NAME, journal, rows, log)
    return Opened(journal, rows, moved)


def has_journal(folders: Iterable[Path]) -> bool:
    """Whether any of these folders holds a journal."""
    return any((folder / NAME).exists() for folder in folders)


def _open_sound(path: Path, log: Logger) -> tuple[Journal, list[Row]]:
    try:
        journal = Journal(path)
    except (sqlite3.DatabaseError, JournalDamagedError, OSError) as error:
        if _says(error, (*PASSING, *OF_DISKS)):
            return _left(path, error, log)
        return _replace(path, None, Found(fault=str(error)), log)
    found = journal.read()
    if found.error is not None and _says(found.error, PASSING):
        journal.abandon()
        return _left(path, found.error, log)
    return (journal, found.rows) if found.fault is None else _replace(path, journal, found, log)


def _left(path: Path, error: Exception, log: Logger) -> tuple[Journal, list[Row]]:
    """Leave a journal to the next start, and keep jobs in memory."""
    log.warning("jobs are not journalled", path=path, reason=str(error))
    return Journal(None), []


def _says(error: Exception, names: tuple[str, ...]) -> bool:
    name: str = getattr(error, "sqlite_errorname", "")
    return name.startswith(names)


def _replace(path: Path, journal: Journal | None, found: Found, log: Logger) -> tuple[Journal, list[Row]]:
    """Set a damaged journal aside, and begin a new one with what could be read."""
    bodies: list[Content] = []
    if journal is not None:
        bodies = list(_bodies(journal, found.rows))
        journal.abandon()  # `close` may take a damaged file for an empty one
    aside = _set_aside(path)
    log.warning("the journal of jobs was set aside", path=path, reason=found.fault, kept=len(found.rows), aside=aside)
    kept = Batch(found.rows, bodies)
    try:
        return _holding(path, kept), found.rows
    except (sqlite3.DatabaseError, JournalDamagedError, OSError) as error:
        log.warning("jobs are not journalled", path=path, reason=str(error))
        return _holding(None, kept), found.rows


def _holding(path: Path | None, kept: Batch) -> Journal:
    """Begin a journal with what could be read of another."""
    fresh = Journal(path)
    try:
        fresh.write(kept)
    except BaseException:
        fresh.abandon()
        raise
    return fresh


def _set_aside(path: Path) -> Path | None:
    number = 1
    while (aside := path.with_name(f"{path.name}.{number}.broken")).exists():
        number += 1
    try:
        path.rename(aside)
    except OSError:
        return None
    for end in BEYOND[1:]:
        with suppress(OSError):
            Path(f"{path}{end}").rename(f"{aside}{end}")
    return aside


def _bodies(journal: Journal, rows: Iterable[Row]) -> Iterator[Content]:
    """The projects of jobs that have not ended, as far as they are sound."""
    for key in {row.record.asked.content for row in rows if row.record.state not in ENDED}:
        with suppress(sqlite3.Error):
            body = journal.content(key)
            if body is not None:
                yield Content(key, body)


def _adopt(path: Path, journal: Journal, rows: list[Row], log: Logger) -> int:
    """Move the jobs of a dead instance to the end of `rows`; return how many of them had not ended."""
    other, found = _open_sound(path, log)
    if other.path is None and not found:
        return 0  # it stays for a start that can open it
    known = {row.record.job_id: row.record for row in rows}
    serial = max((row.serial for row in rows), default=0)
    behind = max((row.record.place for row in rows), default=0) + STEP
    first = min((row.record.place for row in found), default=0)
    taken: list[Row] = []
    with closing(other):
        for row in found:
            mine = known.get(row.record.job_id)
            if mine is not None and mine.created_at == row.record.created_at:
                continue  # moved by an earlier start that ended before it could remove the file
            serial += 1
            record = msgspec.structs.replace(row.record, place=behind + row.record.place - first)
            taken.append(Row(serial, _renamed(record, known.__contains__)))
        journal.write(Batch(taken, list(_bodies(other, taken))))
    rows += taken
    remove(path)
    return sum(row.record.state not in ENDED for row in taken)


def _renamed(record: Record, is_taken: Callable[[str], bool]) -> Record:
    """Give a record whose id another job has one of its own."""
    name, number = record.job_id, 1
    while is_taken(name):
        number += 1
        name = f"{record.job_id[:120]}-{number}"
    return msgspec.structs.replace(record, job_id=name) if name != record.job_id else record
