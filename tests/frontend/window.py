"""`python -m tests.frontend.window FOLDER FILE`: the shell's window over the echo, with a hand that drops and chooses FILE.

The first sidecar ends before the page is fetched. Ends when the page closes the window; what the page found lies in FOLDER, where the shell keeps what it remembers.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from threading import Event

from PySide6.QtCore import QMimeData, QObject, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit

from frontend.shell import Shell
from frontend.state import State
from frontend.supervise import Supervisor
from frontend.wire import Wire
from tests.harness.patience import PATIENCE

LOOK = 20
"""Milliseconds between two looks at the window."""


class Hand(QTimer):
    """Does what a person would when the title of the window, or a dialog, asks for it."""

    def __init__(self, shell: Shell, file: Path) -> None:
        super().__init__()
        self._native = shell._window._native
        self._file = file
        self._done: set[str] = set()
        self.timeout.connect(self._look)
        self.start(LOOK)

    def _look(self) -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, QFileDialog) and dialog.isVisible():
            field = dialog.findChild(QLineEdit, "fileNameEdit")
            assert field is not None
            field.setText(str(self._file))
            dialog.accept()
        title = self._native.windowTitle()
        if title == "drop" and self._once("drop"):
            drop(self._native.webview, self._file)
        if title == "• close" and self._once("close"):
            self._native.close()

    def _once(self, what: str) -> bool:
        first = what not in self._done
        self._done.add(what)
        return first


def drop(view: QObject, file: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    action, buttons, keys = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(view, QDragEnterEvent(QPoint(40, 50), action, data, buttons, keys))
    QApplication.sendEvent(view, QDropEvent(QPointF(40, 50), action, data, buttons, keys))


def main() -> None:
    folder, file = map(Path, sys.argv[1:])
    shell = Shell(State(folder / "studio.json"), None)
    failed = Event()

    def spawn(port: int) -> Wire:
        # The first one ends before its page is fetched, and no other serves it until that has failed.
        assert port == 0 or failed.wait(PATIENCE)
        return Wire([sys.executable, "-m", "tests.frontend.echo", str(port or "gone")])

    def loaded(well: bool) -> None:  # noqa: FBT001 - Qt's way to call it
        if not well:
            failed.set()

    def begin() -> None:
        hands.append(Hand(shell, file))
        shell._window._native.webview.page().loadFinished.connect(loaded)

    supervisor = Supervisor(spawn, shell)
    hands: list[Hand] = []
    shell._window._window.events.before_show += begin
    supervisor.start()
    shell.run()
    supervisor.stop()
    os._exit(0)


if __name__ == "__main__":
    main()
