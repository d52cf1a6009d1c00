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

from sidecar.services.cache.head import UNLABELLED, Labels
from sidecar.services.cache.kinds import Kind
from sidecar.services.cache.layout import Address
from sidecar.services.cache.owned import Owned
from sidecar.services.cache.schema import FILLED, ORDERS, TABLES, VERSION
from sidecar.services.cache.selection import Selection

BUSY_SECONDS = 5.0
MANY = 500
JOURNAL_PAGES = 4_000
"""Pages of 4 KiB after which SQLite waits for the disk: clearing ten thousand entries touches a few thousand."""


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as the index has it: `bytes` of file and head, `space` they take on the disk, seconds to make it."""

    kind: Kind
    key: str
    bytes: int
    space: int
    seconds: float
    used: float
    labels: Labels = UNLABELLED

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
            self._connection.execute(f"PRAGMA wal_autocheckpoint = {JOURNAL_PAGES}")
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

    def create(self, shards: Iterable[Iterable[Row]]) -> None:
        """Make the tables of an empty file that nobody else sees, and fill them."""
        with self._mutex:
            connection = self._connection
            connection.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {TABLES} BEGIN IMMEDIATE;")
            for rows in shards:
                _insert(connection, rows)
            connection.execute("COMMIT")
            connection.executescript(f"{FILLED} {ORDERS} PRAGMA user_version = {VERSION}; PRAGMA journal_mode = WAL;")

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
        """Return an entry, with its labels."""
        return next(iter(self.rows([(kind, key)])), None)

    def rows(self, addresses: Iterable[Address]) -> list[Row]:
        """Return those of the entries that are there, with their labels."""
        keys: dict[Kind, list[str]] = {}
        for kind, key in addresses:
            keys.setdefault(kind, []).append(key)
        rows: list[Row] = []
        for kind, some in keys.items():
            labels: dict[str, dict[str, list[str]]] = {}
            for role, name, key in self._of("role, name, key", kind, some, table="labels"):
                labels.setdefault(key, {}).setdefault(role, []).append(name)
            for values in self._of(COLUMNS, kind, some):
                row = Row(*values)
                rows.append(replace(row, labels=_labels(labels.get(row.key, {}))))
        return rows

    def shards(self) -> set[tuple[Kind, str]]:
        """Return kinds and beginnings of keys (2 digits) of all entries."""
        return set(self._rows("SELECT DISTINCT kind, substr(key, 1, 2) FROM entries"))

    def keys(self, kind: Kind, shard: str) -> list[str]:
        """Return the keys of a kind that begin so."""
        query = "SELECT key FROM entries WHERE kind = ? AND key >= ? AND key < ?"
        return [key for (key,) in self._rows(query, kind, shard, f"{shard}g")]

    def shard(self, kind: Kind, shard: str) -> Mapping[str, tuple[int, int, float]]:
        """Return bytes, space and last use of the entries of a kind whose keys begin so."""
        query = "SELECT key, bytes, space, used FROM entries WHERE kind = ? AND key >= ? AND key < ?"
        return {key: (size, space, used) for key, size, space, used in self._rows(query, kind, shard, f"{shard}g")}

    def oldest(self, kind: Kind | None, count: int, after: tuple[float, str, str]) -> list[Row]:
        """Return the next `count` entries in order of their last use, of one kind or of all, after (used, kind, key)."""
        where = "" if kind is None else "kind = ? AND "
        query = (
            f"SELECT {COLUMNS} FROM entries WHERE {where}used >= ? AND (used, kind, key) > (?, ?, ?) "  # noqa: S608
            "ORDER BY used, kind, key LIMIT ?"
        )
        values: tuple[Any, ...] = () if kind is None else (kind,)
        return [Row(*row) for row in self._rows(query, *values, after[0], *after, count)]

    def select(self, what: Selection) -> list[Address]:
        """Return the entries that are meant."""
        where, values = _where(what)
        query = f"SELECT kind, key FROM entries WHERE {where}"  # noqa: S608 - our own words
        return [(kind, key) for kind, key in self._rows(query, *values)]

    def sums(self, what: Selection) -> Mapping[Kind, Total]:
        """Return the sums of the entries that are meant, by kinds that have any."""
        where, values = _where(what)
        query = f"SELECT kind, count(*), sum(bytes), sum(space) FROM entries WHERE {where} GROUP BY kind"  # noqa: S608
        return {kind: Total(*sums) for kind, *sums in self._rows(query, *values)}

    def owned(self, owner: str | None = None) -> Mapping[str, Owned]:
        """Return what there is for each project, or for one."""
        where = "" if owner is None else "AND name = ? "
        query = (
            "SELECT name, count(*), sum(space), sum(kind = 'segments'), max(used) "  # noqa: S608 - our own words
            f"FROM labels JOIN entries USING (kind, key) WHERE role = 'owner' {where}GROUP BY name"
        )
        return {name: Owned(*sums) for name, *sums in self._rows(query, *(() if owner is None else (owner,)))}

    def totals(self) -> Mapping[Kind, Total]:
        """Return the sums of each kind that was ever there."""
        return {kind: Total(*sums) for kind, *sums in self._rows("SELECT kind, entries, bytes, space FROM totals")}

    def put(self, rows: Iterable[Row]) -> None:
        """Add entries, or replace them with their labels."""
        rows = list(rows)
        with self._transaction() as connection:
            connection.executemany("DELETE FROM entries WHERE kind = ? AND key = ?", [row.address for row in rows])
            _insert(connection, rows)

    def remove(self, addresses: Iterable[Address]) -> None:
        """Forget entries."""
        with self._transaction() as connection:
            connection.executemany("DELETE FROM entries WHERE kind = ? AND key = ?", addresses)

    def touch(self, uses: Mapping[Address, float]) -> None:
        """Note when entries were used (Unix time)."""
        values = [(used, *address, used) for address, used in uses.items()]
        with self._transaction() as connection:
            connection.executemany("UPDATE entries SET used = ? WHERE kind = ? AND key = ? AND used < ?", values)

    def _of(self, columns: str, kind: Kind, keys: Sequence[str], *, table: str = "entries") -> Iterator[Sequence[Any]]:
        for start in range(0, len(keys), MANY):
            some = keys[start : start + MANY]
            marks = ",".join("?" * len(some))
            query = f"SELECT {columns} FROM {table} WHERE kind = ? AND key IN ({marks})"  # noqa: S608 - our own words
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


def _where(what: Selection) -> tuple[str, list[Any]]:
    marks = ",".join("?" * len(what.kinds))
    where, values = f"kind IN ({marks})", list[Any](what.kinds)
    for role, name in (("owner", what.owner), ("source", what.source)):
        if name is not None:
            where += " AND (kind, key) IN (SELECT kind, key FROM labels WHERE role = ? AND name = ?)"
            values += [role, name]
    if what.older is not None:
        where += " AND used < ?"
        values.append(what.older)
    return where, values


def _insert(connection: sqlite3.Connection, rows: Iterable[Row]) -> None:
    """Add entries that are not there."""
    rows = list(rows)
    values = [(row.kind, row.key, row.bytes, row.space, row.seconds, row.used) for row in rows]
    connection.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", values)
    labels = [
        (role, name, *row.address)
        for row in rows
        for role, names in (("owner", row.labels.owners), ("source", row.labels.sources))
        for name in names
    ]
    if labels:
        connection.executemany("INSERT OR IGNORE INTO labels VALUES (?, ?, ?, ?)", labels)


def _labels(names: Mapping[str, list[str]]) -> Labels:
    return Labels(tuple(sorted(names.get("owner", ()))), tuple(sorted(names.get("source", ()))))
