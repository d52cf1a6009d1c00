"""Qt's dialogs of files."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtWidgets import QFileDialog, QMessageBox

Asked = Callable[[Callable[[Any], Any]], Any]


class QtChooser:
    """Dialogs over a window. Each call waits for a person, and is for any thread but Qt's own."""

    def __init__(self, asked: Asked) -> None:
        """`asked` has something done with the window in Qt's thread, and returns what it gives."""
        self._asked = asked

    def open(self, filters: Sequence[str], folder: str, *, multiple: bool) -> Sequence[str]:
        """Ask for files that are there."""
        ask = QFileDialog.getOpenFileNames if multiple else QFileDialog.getOpenFileName
        chosen = self._asked(lambda parent: ask(parent, "", folder, ";;".join(filters))[0])
        return chosen if multiple else [chosen]

    def save(self, suggested: str, folder: str, filters: Sequence[str]) -> str:
        """Ask for a name, and whether what has it may be overwritten."""
        where = os.path.join(folder, suggested)  # noqa: PTH118 - a text for a dialog
        return str(self._asked(lambda parent: QFileDialog.getSaveFileName(parent, "", where, ";;".join(filters))[0]))

    def overwrite(self, path: str) -> bool:
        """Ask whether a file that is there may be overwritten."""
        text = f"{os.path.basename(path)} is there already. Overwrite it?"  # noqa: PTH119 - a text for a dialog
        answer = self._asked(lambda parent: QMessageBox.question(parent, "", text))
        return bool(answer == QMessageBox.StandardButton.Yes)

    def folder(self, folder: str) -> str:
        """Ask for a folder."""
        return str(self._asked(lambda parent: QFileDialog.getExistingDirectory(parent, "", folder)))
