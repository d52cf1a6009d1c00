"""The journal of jobs: one SQLite file in the data folder, a row a job. Everything here blocks.

What a transaction has written survives the end of the process, however it ends (WAL, synchronous=NORMAL); after a
power cut the last ones may be missing. Projects lie apart, by the hash of their text, for as long as a job that has
not ended needs them.

The journal is also where other processes of the user (`sidecar jobs`) read of jobs, and leave wishes that the owner
grants: they may open it, the owner alone changes jobs.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from zlib import crc32

import msgspec

from protocol.typed import ready
from sidecar.services.files import make_private
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
CREATE TABLE wishes (number INTEGER PRIMARY KEY, method TEXT NOT NULL, params BLOB NOT NULL, answer BLOB);
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


@dataclass(frozen=True, slots=True)
class Wish:
    """A call of another process: a method of the wire and its params as JSON."""

    number: int
    method: str
    params: bytes


@dataclass(slots=True)
class Found:
    """What a journal held. `fault` says what of it could not be read, `error` with what reading ended, if it did."""

    rows: list[Row] = field(default_factory=list)
    fault: str | None = None
    error: sqlite3.Error | None = None


class Journal:
    """An open journal; None as path keeps it in memory. Raises sqlite3.Error when the disk refuses.

    Its methods may be called from any thread.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._lock = Lock()
        self._seen: int | None = None
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
        self._database.execute("DELETE FROM wishes")  # those who made them have long given up

    def read(self) -> Found:
        """Return every row that is sound, in the order of their making."""
        found = Found()
        with self._lock:
            try:
                (verdict,) = self._database.execute("PRAGMA quick_check(1)").fetchone()
                found.fault = None if verdict == "ok" else str(verdict)
                read_rows(self._database, found)
            except sqlite3.DatabaseError as error:
                found.fault, found.error = str(error), error
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

    def wishes(self) -> list[Wish]:
        """Return what other processes have asked for since the last look. Returns at once; cheap when there is nothing."""
        if not self._lock.acquire(blocking=False):
            return []  # it is being written: next time
        try:
            (version,) = self._database.execute("PRAGMA data_version").fetchone()
            if version == self._seen:
                return []
            rows = self._database.execute("SELECT number, method, params FROM wishes WHERE answer IS NULL").fetchall()
            self._seen = version
        except sqlite3.Error:
            return []
        else:
            return [Wish(*row) for row in rows]
        finally:
            self._lock.release()

    def answer(self, number: int, body: bytes) -> None:
        """Answer a wish."""
        with self._lock:
            self._database.execute("UPDATE wishes SET answer = ? WHERE number = ?", (body, number))

    def close(self) -> None:
        """Close the file; one that holds no job is removed."""
        with self._lock:
            with suppress(sqlite3.Error):
                empty = self._database.execute("SELECT 1 FROM jobs LIMIT 1").fetchone() is None
                self.abandon()
                if empty and self.path is not None:
                    remove(self.path)
                return
            self.abandon()

    def abandon(self) -> None:
        """Close the file as it is."""
        self._database.close()


def remove(path: Path) -> None:
    """Remove a journal that nobody has open."""
    for end in BEYOND:
        with suppress(OSError):
            Path(f"{path}{end}").unlink(missing_ok=True)


def read_rows(database: sqlite3.Connection, found: Found) -> None:
    """Read what is sound of a journal's rows; raises sqlite3.Error where no more can be read."""
    for serial, record, crc in database.execute("SELECT serial, record, crc FROM jobs ORDER BY serial"):
        row = _row(serial, record, crc)
        if row is None:
            found.fault = f"job {serial} is damaged"
        else:
            found.rows.append(row)


def _values(row: Row) -> tuple[int, str, str, str | None, bytes, int]:
    record = row.record
    body = msgspec.json.encode(record)
    content = None if record.state in ENDED else record.asked.content
    return row.serial, record.job_id, record.state, content, body, crc32(body)


def _row(serial: int, body: bytes, crc: int) -> Row | None:
    try:
        return Row(serial, msgspec.json.decode(body, type=ready(Record))) if crc32(body) == crc else None
    except (ValueError, TypeError, RecursionError):
        return None
