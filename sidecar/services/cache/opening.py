"""Opens the index of a cache, and makes a new one from the files when it is lost or damaged.

A new index gets a new name: SQLite removes the journal of a file by its name, so that a process which still has the
damaged one open would take the new one's along.
"""

from __future__ import annotations

import secrets
import sqlite3
import time
from contextlib import suppress
from pathlib import Path

from sidecar.services.cache.index import Index
from sidecar.services.cache.layout import Layout
from sidecar.services.cache.settle import found_entries
from sidecar.services.files import fsync_file, make_private

SUFFIX = ".sqlite"


def open_index(layout: Layout) -> Index | None:
    """Open the newest index; None when there is none, or it is damaged or of another version.

    Raises sqlite3.OperationalError when another process keeps it busy.
    """
    for path in sorted(layout.index.glob(f"*{SUFFIX}"), reverse=True)[:1]:
        index = _opened(path)
        if index is not None:
            return index
    return None


def rebuild_index(layout: Layout) -> Index:
    """Make a new index of what lies in the folders, in place of all others; the lock is held exclusively.

    Raises OSError or sqlite3.Error when the disk takes no new index.
    """
    make_private(layout.index)
    for path in sorted(layout.index.iterdir()):
        with suppress(OSError):
            path.unlink()
    path = layout.index / f"{time.time_ns():020d}-{secrets.token_hex(4)}{SUFFIX}"
    making = path.with_suffix(".making")
    index = Index(making)
    try:
        index.create(found_entries(layout))
    finally:
        index.close()
    # Closed, it is one file without a journal: nobody sees an index that does not count everything.
    fsync_file(making)
    making.replace(path)
    return Index(path)


def _opened(path: Path) -> Index | None:
    try:
        index = Index(path)
    except sqlite3.OperationalError as error:
        if is_busy(error):
            raise
        return None
    except sqlite3.DatabaseError:
        return None
    try:
        sound = index.is_sound()
    except sqlite3.DatabaseError as error:
        index.close()
        if is_busy(error):
            raise
        return None
    if not sound:
        index.close()
        return None
    return index


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another process has the index locked."""
    return _code(error) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def is_full(error: sqlite3.Error) -> bool:
    """Whether the disk, not the index, is at fault."""
    return _code(error) in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}


def _code(error: sqlite3.Error) -> int | None:
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF
