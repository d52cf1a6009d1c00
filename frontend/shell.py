"""The shell put together: a sidecar that is kept running, a window with its page, and the bridge between them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from frontend.bridge import Bridge
from frontend.capabilities import Capabilities
from frontend.chooser import QtChooser
from frontend.dialogs import Dialogs, as_text
from frontend.host import Host
from frontend.recents import allow_known
from frontend.state import State
from frontend.supervise import State as SidecarState
from frontend.window import StudioWindow


class Shell:
    """Owns the window, and hears of the sidecar and of the page."""

    def __init__(self, state: State, argument: Path | None) -> None:
        self._capabilities = Capabilities()
        self._bridge = Bridge(self._capabilities, self._post)
        self._window = StudioWindow(self, state)
        dialogs = Dialogs(QtChooser(self._window.asked), self._capabilities)
        self._host = Host(self, dialogs, state, self._capabilities, argument)
        allow_known(self._capabilities, state, argument)
        self._documents = 0
        self._answering = Lock()
        self._dirty = self._confirmed = self._asked = self._heard = False

    def run(self) -> None:
        """Show the window until it is closed. Main thread only."""
        self._window.run()

    # What the supervisor tells, in its own thread.

    def ready(self, initialized: dict[str, Any], send: Callable[[bytes], None]) -> None:
        """Show the page that this sidecar serves, or tell the one that is shown."""
        self._bridge.ready(initialized, send)
        http = initialized["http"]
        if http is None:
            self._window.explain("There is no page", "The sidecar has no loopback network to serve it from.")
            return
        self._window.show(http["origin"])
        self._tell("ready", None)

    def message(self, body: bytes) -> None:
        """Hand a message of the sidecar on."""
        self._bridge.message(body)

    def lost(self, state: SidecarState, reason: str) -> None:
        """Answer what waits, and tell the page."""
        over = state == "failed"
        sys.stderr.write(f"studio: {reason}\n")
        self._bridge.lost(reason, over=over)
        self._tell(state, reason)
        if over and not self._window.shown:
            self._window.explain("The sidecar does not start", reason)

    # What the page says, in Qt's thread.

    def renew(self) -> None:
        """Begin with another document, which has no edits that are not saved until it says so."""
        with self._answering:
            self._documents += 1
        self._dirty = self._asked = self._heard = False
        self._bridge.renew()

    def send(self, text: str) -> None:
        """Hand a message to the sidecar."""
        self._bridge.send(text)

    def call(self, number: int, method: str, params: str) -> None:
        """Answer a call to the shell."""
        document = self._documents

        def answer(answered: Mapping[str, Any]) -> None:
            with self._answering:
                # Another document numbers its own calls from 1 on.
                if document == self._documents:
                    self._post({"call": number, **answered})

        self._host.call(method, params, answer)

    def heard(self, event: str) -> None:
        """Take note that the page is alive, and asks whoever closes it."""
        self._heard = self._heard or event == "close.asked"

    def dropped(self, paths: Sequence[str], at: tuple[float, float]) -> None:
        """Let the page read what was dropped on it, and tell it where."""
        for path in paths:
            self._capabilities.allow(path)
        x, y = at
        self._event("drop", {"paths": list(map(as_text, paths)), "x": x, "y": y})

    def closing(self) -> bool:
        """Have the page ask where edits would be lost. One that did not even take the question asks nobody."""
        if not self._dirty or self._confirmed or (self._asked and not self._heard):
            return True
        self._asked, self._heard = True, False
        self._event("close.asked", {})
        return False

    # What the page has done to its window.

    def title(self, text: str, *, dirty: bool) -> None:
        """Show a title, and whether there are edits to be saved."""
        self._dirty = dirty
        self._window.title(text, dirty=dirty)

    def close(self) -> None:
        """Close the window: the page has asked whoever it had to."""
        self._confirmed = True
        self._window.close()

    def reveal(self, folder: Path) -> None:
        """Show a folder."""
        self._window.reveal(folder)

    def _tell(self, state: SidecarState, reason: str | None) -> None:
        self._event("sidecar", {"state": state, "reason": reason})

    def _event(self, event: str, payload: Mapping[str, Any]) -> None:
        self._post({"event": event, "payload": payload})

    def _post(self, entry: Any) -> None:
        self._window.post(entry)
