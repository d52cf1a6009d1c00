"""The journal of one project's unsaved edits: lines appended to a file, each with its own checksum.

The first line says which project it is, every further one holds a whole revision; the last sound one counts. A line
that a crash cut off, or that the disk garbled, is skipped. So are all lines of a journal whose head is not sound.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec

from protocol.model import Result
from protocol.typed import ready
from sidecar.services.files import fsync_folder
from sidecar.services.migrations.chain import UnknownVersion
from sidecar.services.migrations.journal import JOURNAL

SUFFIX = ".journal"
UNFINISHED = ".part"
COMPACT_BYTES = 1_048_576


class Head(Result):
    """Which project a journal belongs to. `fingerprint` is that of the file that the edits began from."""

    journal: int
    project_id: str
    path: str | None
    base_path: str | None
    fingerprint: str | None


class Entry(Result):
    """One revision; `label` is what the client called the edit."""

    revision: int
    saved_at: str
    label: str
    project: msgspec.Raw


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal as it was found: its head and its last sound entry."""

    file: Path
    head: Head
    entry: Entry


class JournalWriter:
    """Appends revisions to a journal file; once it has grown to several times what it must hold it begins anew.

    Raises OSError when the disk refuses; what was written before stays sound.
    """

    def __init__(self, file: Path, head: Head) -> None:
        self.file = file
        self._head = _line(msgspec.json.encode(head))
        self._size = 0

    def append(self, entry: Entry) -> None:
        """Write a revision and wait until the disk has it."""
        line = _line(msgspec.json.encode(entry))
        if not self._size or self._size > max(COMPACT_BYTES, 4 * len(line)):
            self._begin_anew(line)
            return
        with self.file.open("ab") as file:
            # Whatever a failed append left ends here: the new line is a line of its own.
            file.write(b"\n" + line)
            file.flush()
            os.fsync(file.fileno())
        self._size += len(line)

    def drop(self) -> None:
        """Remove the file, if there is one."""
        self.file.unlink(missing_ok=True)
        self._size = 0

    def _begin_anew(self, line: bytes) -> None:
        data = self._head + line
        temporary = self.file.with_suffix(UNFINISHED)
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.file)
        fsync_folder(self.file.parent)
        self._size = len(data)


def read_journal(file: Path) -> Journal | None:
    """Return what a journal holds; None when nothing in it is sound. Raises OSError when it cannot be read."""
    lines = file.read_bytes().split(b"\n")
    head = _head(_sound(lines[0]))
    if head is None:
        return None
    for line in reversed(lines[1:]):
        content = _sound(line)
        if content is not None:
            try:
                return Journal(file, head, msgspec.json.decode(content, type=ready(Entry)))
            except (ValueError, RecursionError):
                continue
    return None


def _head(content: bytes | None) -> Head | None:
    try:
        document: Any = msgspec.json.decode(content or b"")
        return msgspec.convert(JOURNAL.migrate(document, document["journal"]), ready(Head))
    except (ValueError, TypeError, KeyError, UnknownVersion):
        return None


def _line(content: bytes) -> bytes:
    return b"%08x %s\n" % (crc32(content), content)


def _sound(line: bytes) -> bytes | None:
    checksum, _, content = line.partition(b" ")
    return content if content and checksum == b"%08x" % crc32(content) else None
