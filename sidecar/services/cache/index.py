"""The index: what the cache holds, how much that is, and when each entry was used last.

It says no more than the heads beside the files, plus the last uses: a rebuilt one is as good. A row is there before
its file and stays until after it, so that a process killed in between leaves the index counting too much, never too
little.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sidecar.services.cache.kinds import Kind
from sidecar.services.cache.layout import Address

VERSION = 1
BUSY_SECONDS = 5.0
MANY = 500

SCHEMA = """
CREATE TABLE entries (
    kind TEXT NOT NULL, key TEXT NOT NULL, bytes INTEGER NOT NULL, space INTEGER NOT NULL, seconds REAL NOT NULL,
    used REAL NOT NULL, PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE INDEX by_use ON entries (used);
CREATE INDEX by_kind_and_use ON entries (kind, used);
CREATE TABLE owners (
    owner TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (owner, kind, key)
) WITHOUT ROWID;
CREATE INDEX by_entry ON owners (kind, key);
CREATE TABLE totals (
    kind TEXT PRIMARY KEY, entries INTEGER NOT NULL, bytes INTEGER NOT NULL, space INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TRIGGER added AFTER INSERT ON entries BEGIN
    INSERT INTO totals VALUES (new.kind, 1, new.bytes, new.space) ON CONFLICT (kind) DO UPDATE SET
        entries = entries + 1, bytes = bytes + new.bytes, space = space + new.space;
END;
CREATE TRIGGER changed AFTER UPDATE OF bytes, space ON entries BEGIN
    UPDATE totals SET bytes = bytes + new.bytes - old.bytes, space = space + new.space - old.space
        WHERE kind = new.kind;
END;
CREATE TRIGGER removed AFTER DELETE ON entries BEGIN
    UPDATE totals SET entries = entries - 1, bytes = bytes - old.bytes, space = space - old.space
        WHERE kind = old.kind;
    DELETE FROM owners WHERE kind = old.kind AND key = old.key;
END;
"""


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as the index has it: `bytes` of file and head, `space` they take on the disk, seconds to make it."""

    kind: Kind
    key: str
    bytes: int
    space: int
    seconds: float
    used: float
    owners: tuple[str, ...] = ()

    @property
    def address(self) -> Address:
        return self.kind, self.key


@dataclass(frozen=True, slots=True)
class Total:
    """Sums over the entries of a kind, or of all."""

    entries: int = 0
    bytes: int = 0
    space: int = 0


COLUMNS = "kind, key, bytes, space, seconds, used"


class Index:
    """An open index file. Its methods may be called from any thread; they raise sqlite3.Error."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._mutex = threading.Lock()
        self._connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._file = path.stat()
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the file; what others do with it at the time fails with sqlite3.ProgrammingError."""
        with self._mutex:
            self._connection.close()

    def is_sound(self) -> bool:
        """Whether the file is an index of this version without damage that SQLite sees."""
        version = self._rows("PRAGMA user_version")[0][0]
        return version == VERSION and self._rows("PRAGMA quick_check(1)") == [("ok",)]

    def is_current(self) -> bool:
        """Whether the file is still the one at its path."""
        try:
            now = self.path.stat()
        except FileNotFoundError:
            return False
        return (now.st_dev, now.st_ino) == (self._file.st_dev, self._file.st_ino)

    def create(self) -> None:
        """Make the tables of an empty file."""
        with self._mutex:
            self._connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")

    def has(self, kind: Kind, key: str) -> bool:
        return bool(self._rows("SELECT 1 FROM entries WHERE kind = ? AND key = ?", kind, key))

    def known(self, kind: Kind, keys: Sequence[str]) -> frozenset[str]:
        """Return those of the keys that are there."""
        return frozenset(key for (key,) in self._of("key", kind, keys))

    def space(self, kind: Kind, keys: Sequence[str]) -> int:
        """Return what those of the keys that are there take on the disk."""
        return sum(space for (space,) in self._of("space", kind, keys))

    def costs(self, kind: Kind, keys: Sequence[str]) -> Mapping[str, tuple[int, float]]:
        """Return the bytes, heads included, and the seconds of those of the keys that are there."""
        return {key: (size, seconds) for key, size, seconds in self._of("key, bytes, seconds", kind, keys)}

    def row(self, kind: Kind, key: str) -> Row | None:
        """Return an entry, with its owners."""
        found = self._rows(f"SELECT {COLUMNS} FROM entries WHERE kind = ? AND key = ?", kind, key)  # noqa: S608
        if not found:
            return None
        owners = self._rows("SELECT owner FROM owners WHERE kind = ? AND key = ? ORDER BY owner", kind, key)
        return replace(Row(*found[0]), owners=tuple(owner for (owner,) in owners))

    def shards(self) -> set[tuple[Kind, str]]:
        """Return kinds and beginnings of keys (2 digits) of all entries."""
        return set(self._rows("SELECT DISTINCT kind, substr(key, 1, 2) FROM entries"))

    def shard(self, kind: Kind, shard: str) -> Mapping[str, Row]:
        """Return the entries of a kind whose keys begin so, without their owners."""
        query = f"SELECT {COLUMNS} FROM entries WHERE kind = ? AND key >= ? AND key < ?"  # noqa: S608
        rows = [Row(*row) for row in self._rows(query, kind, shard, f"{shard}g")]
        return {row.key: row for row in rows}

    def oldest(self, kind: Kind | None, count: int, after: tuple[float, str, str]) -> list[Row]:
        """Return the next `count` entries in order of their last use, of one kind or of all, after (used, kind, key)."""
        where = "" if kind is None else "kind = ? AND "
        query = (
            f"SELECT {COLUMNS} FROM entries WHERE {where}used >= ? AND (used, kind, key) > (?, ?, ?) "  # noqa: S608
            "ORDER BY used, kind, key LIMIT ?"
        )
        values: tuple[Any, ...] = () if kind is None else (kind,)
        return [Row(*row) for row in self._rows(query, *values, after[0], *after, count)]

    def select(self, kinds: Sequence[Kind], owner: str | None, older: float | None) -> list[Address]:
        """Return entries of these kinds, of one project if given, last used before a time if given."""
        marks = ",".join("?" * len(kinds))
        query, values = f"SELECT kind, key FROM entries WHERE kind IN ({marks})", list[Any](kinds)  # noqa: S608
        if owner is not None:
            query += " AND (kind, key) IN (SELECT kind, key FROM owners WHERE owner = ?)"
            values.append(owner)
        if older is not None:
            query += " AND used < ?"
            values.append(older)
        return [(kind, key) for kind, key in self._rows(query, *values)]

    def totals(self) -> Mapping[Kind, Total]:
        """Return the sums of each kind that was ever there."""
        return {kind: Total(*sums) for kind, *sums in self._rows("SELECT kind, entries, bytes, space FROM totals")}

    def put(self, rows: Iterable[Row]) -> None:
        """Add entries, or replace them with their owners."""
        with self._transaction() as connection:
            for row in rows:
                values = (row.kind, row.key, row.bytes, row.space, row.seconds, row.used)
                connection.execute("DELETE FROM entries WHERE kind = ? AND key = ?", row.address)
                connection.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", values)
                owners = [(owner, *row.address) for owner in row.owners]
                connection.executemany("INSERT OR IGNORE INTO owners VALUES (?, ?, ?)", owners)

    def remove(self, addresses: Iterable[Address]) -> None:
        """Forget entries."""
        with self._transaction() as connection:
            connection.executemany("DELETE FROM entries WHERE kind = ? AND key = ?", addresses)

    def touch(self, uses: Mapping[Address, float]) -> None:
        """Note when entries were used (Unix time)."""
        values = [(used, *address, used) for address, used in uses.items()]
        with self._transaction() as connection:
            connection.executemany("UPDATE entries SET used = ? WHERE kind = ? AND key = ? AND used < ?", values)

    def _of(self, columns: str, kind: Kind, keys: Sequence[str]) -> Iterator[Sequence[Any]]:
        for start in range(0, len(keys), MANY):
            some = keys[start : start + MANY]
            marks = ",".join("?" * len(some))
            query = f"SELECT {columns} FROM entries WHERE kind = ? AND key IN ({marks})"  # noqa: S608 - our own words
            yield from self._rows(query, kind, *some)

    def _rows(self, query: str, *values: Any) -> list[Any]:
        with self._mutex:
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._mutex:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
