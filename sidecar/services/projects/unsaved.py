"""Unsaved edits on the disk: journals of open projects, and those that a crash left behind."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from sidecar.services.files import make_private
from sidecar.services.logger import Logger
from sidecar.services.projects.journal import SUFFIX, UNFINISHED, Head, Journal, JournalWriter, read_journal

FOLDER = "unsaved"


class Unsaved:
    """Journals in `<data>/unsaved`.

    Whoever makes one owns the data folder, so every journal that is there then was left by a dead process; those in
    data folders that were adopted are moved here.
    """

    def __init__(self, data: Path, adopted: Iterable[Path], logger: Logger) -> None:
        self._folder = data / FOLDER
        self._log = logger
        self._left: list[Journal] = []
        for folder in adopted:
            self._adopt(folder / FOLDER)
        for file in sorted(self._folder.glob(f"*{SUFFIX}")):
            self._take_in(file)
        for file in self._folder.glob(f"*{UNFINISHED}"):
            file.unlink(missing_ok=True)

    def writer(self, head: Head) -> JournalWriter:
        """Return a writer for a new journal; its file is made by the first append. Raises OSError."""
        make_private(self._folder)
        return JournalWriter(self._folder / f"{secrets.token_hex(8)}{SUFFIX}", head)

    def of_path(self, path: str) -> Journal | None:
        """Return the newest edits left of a project file."""
        return _newest(left for left in self._left if left.head.path == path)

    def of_id(self, project_id: str | None) -> Journal | None:
        """Return the newest edits left of a project without a file, by the id that was written in it."""
        return _newest(left for left in self._left if left.head.path is None and left.head.project_id == project_id)

    def drop(self, journal: Journal) -> None:
        """Forget edits that were left, and all older ones of the same project."""
        same = _key(journal.head)
        for left in [left for left in self._left if _key(left.head) == same]:
            self._left.remove(left)
            with suppress(OSError):
                left.file.unlink(missing_ok=True)

    def _adopt(self, folder: Path) -> None:
        for file in sorted(folder.glob(f"*{SUFFIX}")):
            try:
                make_private(self._folder)
                file.rename(self._folder / file.name)
            except OSError as error:
                self._log.warning("unsaved edits were not adopted", path=file, reason=str(error))
        with suppress(OSError):
            folder.rmdir()

    def _take_in(self, file: Path) -> None:
        try:
            journal = read_journal(file)
        except OSError as error:
            self._log.warning("unsaved edits cannot be read", path=file, reason=str(error))
            return
        if journal is not None:
            self._left.append(journal)
            return
        self._log.warning("unsaved edits are damaged", path=file)
        with suppress(OSError):
            file.rename(file.with_suffix(".broken"))


def _key(head: Head) -> tuple[str | None, str | None]:
    return head.path, head.project_id if head.path is None else None


def _newest(journals: Iterable[Journal]) -> Journal | None:
    return max(journals, key=lambda journal: journal.entry.saved_at, default=None)
