"""The window: pywebview's, of Qt on every system, with the port, drops of files, full screen and the guard at its close."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from queue import SimpleQueue
from threading import Event
from typing import Any, Protocol, cast

import webview
from PySide6.QtCore import QEvent, QMetaObject, QObject, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QDropEvent, QGuiApplication
from PySide6.QtWebEngineCore import QWebEnginePage, QWebEngineScript, QWebEngineSettings

from frontend.port import SCRIPT, Page, Port
from frontend.state import State
from frontend.supervise import Crashes

SMALLEST = (960, 600)
FIRST = (1_440, 900)
"""Width and height in pixels of the screen, the second where nothing is remembered."""

BACKGROUND = "#16181d"
"""Of the window before the page is there."""

EMPTY = f"<!doctype html><style>html{{background:{BACKGROUND};color:#ddd;font:16px sans-serif;padding:3em}}</style>"
"""What is shown until then."""

_PLACE = "window"
"""What the window's place is remembered under."""


class Owner(Page, Protocol):
    """Who the window belongs to. Called in Qt's thread."""

    def dropped(self, paths: Sequence[str], at: tuple[float, float]) -> None:
        """Take files that were dropped, at a point of the page."""

    def closing(self) -> bool:
        """Say whether the window may close now; if not, the page has been asked."""


class _Hands(QObject):
    """Lets other threads have things done in Qt's own, in the order in which they ask."""

    def __init__(self) -> None:
        super().__init__()
        self._asked: SimpleQueue[Callable[[], object]] = SimpleQueue()

    def ask(self, work: Callable[[], object]) -> None:
        self._asked.put(work)
        # Not by a signal: see Port.flush.
        QMetaObject.invokeMethod(self, "work", Qt.ConnectionType.QueuedConnection)

    @Slot()
    def work(self) -> None:
        self._asked.get()()


class _NoBridge(QObject):
    """Stands where pywebview's own bridge would, which calls whatever attribute a page names."""

    def __init__(self, window: webview.Window, parent: QObject) -> None:
        super().__init__(parent)
        self.window = window


class _Drops(QObject):
    """Sees what is dropped on the page, which is not told the paths by the browser's own event."""

    def __init__(self, owner: Owner, parent: QObject) -> None:
        super().__init__(parent)
        self._owner = owner

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if isinstance(event, QDropEvent) and event.type() == QEvent.Type.Drop:
            paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
            if paths:
                at = event.position()
                self._owner.dropped(paths, (at.x(), at.y()))
        return False


class StudioWindow:
    """One window with one page."""

    def __init__(self, owner: Owner, state: State) -> None:
        self._owner = owner
        self._state = state
        place = state.get(_PLACE) or {}
        window = webview.create_window(
            "Studio",
            html=EMPTY,
            width=place.get("width", FIRST[0]),
            height=place.get("height", FIRST[1]),
            x=place.get("x"),
            y=place.get("y"),
            maximized=place.get("maximized", False),
            min_size=SMALLEST,
            background_color=BACKGROUND,
            text_select=True,
            zoomable=True,
            draggable=True,
        )
        # None is for windows that a handler of theirs refuses.
        self._window = cast("webview.Window", window)
        self._window.events.before_show += self._made
        self._window.events.closing += self._closing
        self._hands: _Hands
        self._port: Port
        self._origin = ""
        self._well = self._ever_well = False
        self._before = Qt.WindowState.WindowNoState
        self._there = Event()
        self._crashes = Crashes()

    def run(self) -> None:
        """Show it until it is closed. Main thread only."""
        try:
            webview.start(gui="qt")
        finally:
            self._there.set()

    def show(self, origin: str) -> None:
        """Show the page of this origin, unless that is what is shown: one that did not load is loaded again."""
        if origin != self._origin or not self._well:
            self._origin = origin
            self.later(lambda: self._load(origin))

    def explain(self, title: str, reason: str) -> None:
        """Say why there is no page to show."""
        text = f"<h1>{escape(title)}</h1><p>{escape(reason)}</p>"
        self._well = False
        self.later(lambda: self._native.webview.setHtml(EMPTY + text))

    def post(self, entry: Any) -> None:
        """Send something to the page; see Port. Where there is no window yet there is no page."""
        if self._there.is_set():
            self._port.post(entry)

    def later(self, work: Callable[[], object]) -> None:
        """Have something done in Qt's thread, from any other one, once there is a window."""
        self._there.wait()
        self._hands.ask(work)

    def asked(self, ask: Callable[[Any], Any]) -> Any:
        """Have something done in Qt's thread with the window, and wait for what it gives."""
        given: SimpleQueue[Any] = SimpleQueue()
        self.later(lambda: given.put(ask(self._native)))
        return given.get()

    @property
    def shown(self) -> bool:
        """Whether it has shown a page."""
        return self._ever_well

    def title(self, text: str, *, dirty: bool) -> None:
        """Set the title; a dot before it says that edits are not saved."""
        self.later(lambda: self._native.setWindowTitle(f"{'• ' if dirty else ''}{text}"))

    def close(self) -> None:
        """Close it; the owner is asked as when a person does."""
        self.later(lambda: self._native.close())  # noqa: PLW0108 - there may be no window yet

    def reveal(self, folder: Path) -> None:
        """Show a folder in the system's own browser of files."""
        self.later(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))))

    @property
    def _native(self) -> Any:
        return self._window.native

    def _made(self) -> None:
        """Prepare what pywebview has made, before it is shown and before any page is in it."""
        _fit(self._native)
        view = self._native.webview
        page = view.page()
        self._hands = _Hands()
        self._port = Port(cast("Page", self._owner), page.url, self._native)
        self._native.channel.registerObject("port", self._port)
        self._native.js_bridge = _NoBridge(self._window, self._native)
        page.scripts().insert(_script())
        view.installEventFilter(_Drops(self._owner, self._native))
        settings = page.settings()
        settings.setAttribute(QWebEngineSettings.WebAttribute.FullScreenSupportEnabled, True)
        settings.setAttribute(QWebEngineSettings.WebAttribute.PlaybackRequiresUserGesture, False)
        settings.setAttribute(QWebEngineSettings.WebAttribute.LocalContentCanAccessFileUrls, False)
        # The page opens no windows: pywebview would hand whatever address it names to the system's browser.
        settings.setAttribute(QWebEngineSettings.WebAttribute.JavascriptCanOpenWindows, False)
        page.nav_handler = None
        # Nor does it get camera or microphone, which pywebview grants unasked.
        page.featurePermissionRequested.disconnect(page.onFeaturePermissionRequested)
        page.featurePermissionRequested.connect(self._feature)
        page.loadFinished.disconnect(self._native.on_load_finished)
        page.loadFinished.connect(self._loaded)
        page.fullScreenRequested.connect(self._full_screen)
        page.navigationRequested.connect(self._navigation)
        page.renderProcessTerminated.connect(self._page_ended)
        self._there.set()

    def _loaded(self, well: bool) -> None:  # noqa: FBT001 - Qt's way to call it
        # What pywebview puts into a document it would put there again when the document's way to another is refused,
        # and with it a channel that nobody listens to.
        if well:
            self._native.on_load_finished()
            if _origin(self._native.webview.url()) == self._origin:
                self._well = self._ever_well = True

    def _feature(self, origin: QUrl, feature: Any) -> None:
        page = self._native.webview.page()
        page.setFeaturePermission(origin, feature, QWebEnginePage.PermissionPolicy.PermissionDeniedByUser)

    def _load(self, origin: str) -> None:
        self._well = False
        self._port.serve(origin)
        self._native.webview.setUrl(QUrl(f"{origin}/"))

    def _navigation(self, request: Any) -> None:
        """Refuse to go anywhere else: another page would have the port."""
        url = request.url()
        here = _origin(url) == self._origin
        if request.isMainFrame() and not here and url.scheme() not in {"about", "data"}:
            request.reject()

    def _page_ended(self, *_: object) -> None:
        """Load the page again when its process has crashed; not for ever."""
        if self._crashes.another(time.monotonic()) is None:
            self._native.webview.setHtml(EMPTY + "<h1>The page has crashed too often</h1>")
        else:
            self._load(self._origin)

    def _full_screen(self, request: Any) -> None:
        request.accept()
        if request.toggleOn():
            self._before = self._native.windowState()
            self._native.showFullScreen()
        else:
            self._native.setWindowState(self._before)

    def _closing(self) -> bool:
        if not self._owner.closing():
            return False
        native = self._native
        normal = native.windowState() == Qt.WindowState.WindowNoState
        place = native.normalGeometry()
        # The corner of its frame is what a window is moved by.
        corner = native.pos() if normal else place.topLeft()
        kept = {"x": corner.x(), "y": corner.y(), "width": place.width(), "height": place.height()}
        self._state.set(_PLACE, {**kept, "maximized": native.isMaximized()})
        return True


def _origin(url: Any) -> str:
    return f"{url.scheme()}://{url.authority()}"


def _fit(native: Any) -> None:
    """Have a window lie on a screen that is there, and be no larger."""
    place = native.geometry()
    screen = QGuiApplication.screenAt(place.center()) or QGuiApplication.primaryScreen()
    room = screen.availableGeometry()
    size = place.size().boundedTo(room.size()).expandedTo(native.minimumSize())
    native.resize(size)
    native.move(
        max(min(place.left(), room.right() + 1 - size.width()), room.left()),
        max(min(place.top(), room.bottom() + 1 - size.height()), room.top()),
    )


def _script() -> QWebEngineScript:
    script = QWebEngineScript()
    script.setName("port")
    script.setInjectionPoint(QWebEngineScript.InjectionPoint.DocumentCreation)
    script.setWorldId(QWebEngineScript.ScriptWorldId.MainWorld)
    script.setRunsOnSubFrames(False)
    script.setSourceCode(SCRIPT.read_text(encoding="utf-8"))
    return script
