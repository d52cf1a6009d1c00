"""The journal of jobs: one SQLite file in the data folder, a row a job. Everything here blocks.

What a transaction has written survives the end of the process, however it ends (WAL, synchronous=NORMAL); after a
power cut the last ones may be missing. Projects lie apart, by the hash of their text, for as long as a job that has
not ended needs them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from zlib import crc32

import msgspec

from sidecar.services.files import make_private
from sidecar.services.logs import Logger
from sidecar.services.render.record import ENDED, Content, Record, Row

NAME = "jobs.sqlite"
VERSION = 1
BEYOND = ("", "-wal", "-shm")
"""The journal is a file and two that SQLite keeps beside it."""

_SCHEMA = """
CREATE TABLE jobs (
    serial INTEGER PRIMARY KEY, job_id TEXT NOT NULL UNIQUE, state TEXT NOT NULL, content TEXT,
    record BLOB NOT NULL, crc INTEGER NOT NULL
);
CREATE INDEX jobs_content ON jobs(content);
CREATE TABLE contents (key TEXT PRIMARY KEY, body BLOB NOT NULL);
"""
_UPSERT = """
INSERT INTO jobs (serial, job_id, state, content, record, crc) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (serial) DO UPDATE SET
    job_id = excluded.job_id, state = excluded.state, content = excluded.content, record = excluded.record,
    crc = excluded.crc
"""
_UNUSED = "DELETE FROM contents WHERE key = ? AND NOT EXISTS (SELECT 1 FROM jobs WHERE content = ?)"


class JournalDamagedError(Exception):
    """The file is no journal that this version reads."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes that are made together or not at all."""

    rows: Sequence[Row] = ()
    contents: Sequence[Content] = ()
    removed: Sequence[int] = ()


@dataclass(slots=True)
class Found:
    """What a journal held. `fault` says what of it could not be read."""

    rows: list[Row] = field(default_factory=list)
    fault: str | None = None


class Journal:
    """An open journal; None as path keeps it in memory. Raises sqlite3.Error when the disk refuses.

    Its methods may be called from any thread.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._lock = Lock()
        if path is not None:
            make_private(path.parent)
        self._database = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False, timeout=5)
        try:
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._prepare()
        except BaseException:
            self._database.close()
            raise

    def _prepare(self) -> None:
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        if version == 0:
            self._database.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
        elif version != VERSION:
            raise JournalDamagedError(f"it is of version {version}")

    def read(self) -> Found:
        """Return every row that is sound, in the order of their making."""
        found = Found()
        with self._lock:
            try:
                (verdict,) = self._database.execute("PRAGMA quick_check(1)").fetchone()
                found.fault = None if verdict == "ok" else str(verdict)
                for serial, record, crc in self._database.execute(
                    "SELECT serial, record, crc FROM jobs ORDER BY serial"
                ):
                    row = _row(serial, record, crc)
                    if row is None:
                        found.fault = f"job {serial} is damaged"
                    else:
                        found.rows.append(row)
            except sqlite3.DatabaseError as error:
                found.fault = str(error)
        return found

    def write(self, batch: Batch) -> None:
        """Make changes durable: the end of the process no longer undoes them."""
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                self._change(batch)
                self._database.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._database.execute("ROLLBACK")
                raise

    def _change(self, batch: Batch) -> None:
        run = self._database.executemany
        run("INSERT OR IGNORE INTO contents VALUES (?, ?)", ((each.key, each.body) for each in batch.contents))
        ended = [row.serial for row in batch.rows if row.record.state in ENDED]
        freed = self._contents_of([*ended, *batch.removed]) if ended or batch.removed else ()
        run(_UPSERT, map(_values, batch.rows))
        run("DELETE FROM jobs WHERE serial = ?", ((serial,) for serial in batch.removed))
        run(_UNUSED, ((key, key) for key in freed))

    def _contents_of(self, serials: Iterable[int]) -> set[str]:
        ask = "SELECT content FROM jobs WHERE serial = ? AND content IS NOT NULL"
        return {key for serial in serials for (key,) in self._database.execute(ask, (serial,))}

    def content(self, key: str) -> bytes | None:
        """Return the text of a project; None when it is gone or is no longer what was kept."""
        with self._lock:
            row = self._database.execute("SELECT body FROM contents WHERE key = ?", (key,)).fetchone()
        return row[0] if row is not None and Content(key, row[0]).sound else None

    def close(self) -> None:
        """Close the file; one that holds no job is removed."""
        with self._lock:
            with suppress(sqlite3.Error):
                empty = self._database.execute("SELECT 1 FROM jobs LIMIT 1").fetchone() is None
                self._database.close()
                if empty and self.path is not None:
                    remove(self.path)
                return
            self._database.close()


@dataclass(frozen=True, slots=True)
class Opened:
    """A journal with what it and those of the dead held; `adopted` counts jobs of other instances that had not ended."""

    journal: Journal
    rows: list[Row]
    adopted: int


def open_journal(data: Path, adopted: Iterable[Path], log: Logger) -> Opened:
    """Open the journal of a data folder, with the jobs of the folders whose instances are dead moved into it.

    Never fails: a damaged file is set aside and what could be read of it goes on in a new one; where there is no
    file to be had, jobs are kept in memory only. Both are warnings in the log.
    """
    journal, rows = _open_sound(data / NAME, log)
    moved = 0
    for folder in adopted:
        if (folder / NAME).exists():
            with suppress(sqlite3.Error, OSError):
                moved += _adopt(folder / NAME, journal, rows, log)
    return Opened(journal, rows, moved)


def has_journal(folders: Iterable[Path]) -> bool:
    """Whether any of these folders holds a journal."""
    return any((folder / NAME).exists() for folder in folders)


def remove(path: Path) -> None:
    """Remove a journal that nobody has open."""
    for end in BEYOND:
        with suppress(OSError):
            Path(f"{path}{end}").unlink(missing_ok=True)


def _open_sound(path: Path, log: Logger) -> tuple[Journal, list[Row]]:
    try:
        journal = Journal(path)
    except (sqlite3.DatabaseError, JournalDamagedError, OSError) as error:
        return _replace(path, None, Found(fault=str(error)), log)
    found = journal.read()
    return (journal, found.rows) if found.fault is None else _replace(path, journal, found, log)


def _replace(path: Path, journal: Journal | None, found: Found, log: Logger) -> tuple[Journal, list[Row]]:
    """Set a damaged journal aside, and begin a new one with what could be read."""
    bodies: list[Content] = []
    if journal is not None:
        bodies = list(_bodies(journal, found.rows))
        journal._database.close()  # noqa: SLF001 - not by `close`, which may take a damaged file for an empty one
    aside = _set_aside(path)
    log.warning("the journal of jobs was set aside", path=path, reason=found.fault, kept=len(found.rows), aside=aside)
    try:
        fresh = Journal(path)
    except (sqlite3.DatabaseError, JournalDamagedError, OSError) as error:
        log.warning("jobs are not journalled", path=path, reason=str(error))
        fresh = Journal(None)
    fresh.write(Batch(found.rows, bodies))
    return fresh, found.rows


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
    known = {row.record.job_id: row.record for row in rows}
    serial = max((row.serial for row in rows), default=0)
    taken: list[Row] = []
    with closing(other):
        for row in found:
            mine = known.get(row.record.job_id)
            if mine is not None and mine.created_at == row.record.created_at:
                continue  # moved by an earlier start that ended before it could remove the file
            serial += 1
            taken.append(Row(serial, _renamed(row.record, known.__contains__)))
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


def _values(row: Row) -> tuple[int, str, str, str | None, bytes, int]:
    record = row.record
    body = msgspec.json.encode(record)
    content = None if record.state in ENDED else record.asked.content
    return row.serial, record.job_id, record.state, content, body, crc32(body)


def _row(serial: int, body: bytes, crc: int) -> Row | None:
    try:
        return Row(serial, msgspec.json.decode(body, type=Record)) if crc32(body) == crc else None
    except (ValueError, TypeError, RecursionError):
        return None
