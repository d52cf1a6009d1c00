"""`python -m tests.frontend.editing FOLDER CLIP PAGE`: an editor's first minutes, in the shell's window with a real sidecar.

A clip is dropped, put on the timeline, the sidecar is killed, the clip is split, and the project is saved as
FOLDER/film.json. Only what is on the screen is read, and only keys, clicks and drops are given.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit

from frontend.shell import Shell
from frontend.sidecar import start_command
from frontend.state import State
from frontend.supervise import Supervisor
from frontend.wire import Wire
from tests.frontend.window import drop
from tests.harness.program import environment

LOOK = 50
"""Milliseconds between two looks at the screen."""

TEXT = "document.body.innerText + [...document.images].map(i => i.naturalWidth && i.checkVisibility() ? ' [picture] ' : '').join('')"

WHERE = """(wanted => {
  for (const element of document.querySelectorAll("*")) {
    const own = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim() === wanted);
    if (own || element.getAttribute("aria-label") === wanted) {
      const {x, y, width, height} = element.getBoundingClientRect();
      if (width > 0) return `${x + width / 2} ${y + height / 2}`;
    }
  }
  return "";
})"""

KEYS = {"Enter": (Qt.Key.Key_Return, 36), "S": (Qt.Key.Key_S, 39)}
"""Keys, and where they are on a keyboard: the page goes by that."""

Step = tuple[str, Any]


class Person(QTimer):
    """Goes through steps, each as soon as it can be done; looks at the screen in between."""

    def __init__(self, view: Any, steps: Iterator[Step], done: Any, shots: Path) -> None:
        """`shots`: a folder for a picture of the window before each step."""
        super().__init__()
        self._shots = shots
        self._count = 0
        self._view = view
        self._steps = steps
        self._step: Step | None = None
        self._looking = False
        self._done = done
        self.timeout.connect(self._look)
        self.start(LOOK)

    def _look(self) -> None:
        dialog = QApplication.activeModalWidget()
        if self._step is None:
            self._step = next(self._steps, None)
            if self._step is None:
                self.stop()
                self._done()
                return
            print(*self._step, flush=True)
            self._view.grab().save(str(self._shots / f"{self._count:02}.png"))
            self._count += 1
        kind, what = self._step
        if kind == "choose":
            if isinstance(dialog, QFileDialog) and dialog.isVisible():
                field = dialog.findChild(QLineEdit, "fileNameEdit")
                assert field is not None
                self._step = None
                field.setText(what)
                dialog.accept()
        elif kind == "do":
            self._step = None
            what()
        elif not self._looking:
            self._looking = True
            script = TEXT if kind in {"see", "miss"} else f"{WHERE}({what!r})"
            self._view.page().runJavaScript(script, 0, self._seen)

    def _seen(self, found: str) -> None:
        self._looking = False
        if self._step is None:
            return
        kind, what = self._step
        if kind == "click":
            if found:
                x, y = map(float, found.split())
                QTest.mouseClick(self._view.focusProxy(), Qt.MouseButton.LeftButton, pos=QPoint(int(x), int(y)))
                self._step = None
        elif (what in found) == (kind == "see"):
            self._step = None


def steps(view: Any, clip: Path, film: Path, sidecars: list[Wire]) -> Iterator[Step]:
    def key(name: str, *, control: bool = False) -> None:
        code, place = KEYS[name]
        held = Qt.KeyboardModifier.ControlModifier if control else Qt.KeyboardModifier.NoModifier
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            QApplication.sendEvent(view.focusProxy(), QKeyEvent(kind, code, held, place, 0, 0))

    yield "see", "No media yet"
    yield "do", lambda: drop(view, clip)
    yield "see", "192 × 96"
    yield "click", clip.name
    yield "do", lambda: key("Enter")
    yield "miss", "The timeline is empty"
    yield "do", lambda: os.kill(sidecars[-1].pid, signal.SIGKILL)
    yield "see", "is lost"
    yield "miss", "is lost"
    yield "see", "Not saved"
    yield "click", "Position"
    yield "do", lambda: key("S")
    yield "do", lambda: key("S", control=True)
    yield "choose", str(film.with_suffix(""))
    yield "miss", "Not saved"


def main() -> None:
    folder, clip, page = map(Path, sys.argv[1:])
    film = folder / "film.json"
    shell = Shell(State(folder / "studio.json"), None)
    sidecars: list[Wire] = []

    def spawn(port: int) -> Wire:
        sidecars.append(Wire(start_command(page, port), environment(folder / "home")))
        return sidecars[-1]

    supervisor = Supervisor(spawn, shell)
    people: list[Person] = []

    def begin() -> None:
        native = shell._window._native
        native.webview.setFocus()
        people.append(Person(native.webview, steps(native.webview, clip, film, sidecars), native.close, folder))

    shell._window._window.events.before_show += begin
    supervisor.start()
    shell.run()
    supervisor.stop()
    os._exit(0)


if __name__ == "__main__":
    main()
