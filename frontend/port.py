"""The port of a window: texts from the page in order, batches of texts to it, over Qt's web channel.

pywebview's own bridge is not used. It starts a thread for each call, so that calls overtake each other; it reads what
comes back by `eval`, which the page's policy forbids; and it calls whatever attribute of whatever object the page
names, private ones too.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import msgspec
from PySide6.QtCore import Q_ARG, QMetaObject, QObject, Qt, QUrl, Signal, Slot

SCRIPT = Path(__file__).with_name("port.js")


class Page(Protocol):
    """Who takes what the page says; called in Qt's thread."""

    def renew(self) -> None:
        """Another document is there; the one before says and hears nothing any more."""

    def send(self, text: str) -> None:
        """Take a message for the sidecar."""

    def call(self, number: int, method: str, params: str) -> None:
        """Take a call to the shell, to be answered under its number."""

    def heard(self, event: str) -> None:
        """Take note that the page has taken an event of the shell."""


class Port(QObject):
    """What the page reaches as `port`. `post` may be called from any thread; all else is Qt's."""

    batch = Signal(str, str)
    """A document's name and a JSON array for it: texts of messages, and objects of the shell itself."""

    def __init__(self, page: Page, where: Callable[[], QUrl], parent: QObject) -> None:
        """`where` says what the window shows: no other page than the sidecar's is listened to."""
        super().__init__(parent)
        self._page = page
        self._where = where
        self._origin = ""
        self._document = ""
        self._lock = Lock()
        self._entries: list[Any] = []

    def serve(self, origin: str) -> None:
        """Listen to documents of this origin (`scheme://host:port`) and no other."""
        self._origin = origin

    def post(self, entry: Any) -> None:
        """Send a text, or an object of the shell's own, to the document that is there; without one it is dropped."""
        with self._lock:
            self._entries.append(entry)
            first = len(self._entries) == 1
        if first:
            # What many threads post until Qt comes to it leaves as one batch.
            QMetaObject.invokeMethod(self, "flush", Qt.ConnectionType.QueuedConnection)

    @Slot(str)
    def hello(self, document: str) -> None:
        """Begin with another document."""
        url = self._where()
        if f"{url.scheme()}://{url.authority()}" != self._origin:
            return
        # First: what is posted for the one before until it is forgotten is dropped with the rest.
        self._page.renew()
        with self._lock:
            self._entries.clear()
            self._document = document

    @Slot(str, str)
    def send(self, document: str, text: str) -> None:
        """Take a message for the sidecar."""
        if document == self._document:
            self._page.send(text)

    @Slot(str, int, str, str)
    def call(self, document: str, number: int, method: str, params: str) -> None:
        """Take a call to the shell."""
        if document == self._document:
            self._page.call(number, method, params)

    @Slot(str, str)
    def heard(self, document: str, event: str) -> None:
        """Take note of what the page has heard."""
        if document == self._document:
            self._page.heard(event)

    @Slot()
    def flush(self) -> None:
        """Send what waits."""
        with self._lock:
            entries, self._entries = self._entries, []
        if entries and self._document:
            # Not by `emit`: PySide 6.12 gives away a reference to True with each, and Python 3.11 ends after some hundred.
            batch = msgspec.json.encode(entries).decode()
            to_page = Qt.ConnectionType.DirectConnection
            QMetaObject.invokeMethod(self, "batch", to_page, Q_ARG(str, self._document), Q_ARG(str, batch))
