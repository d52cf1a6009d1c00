"""`studio --browser`: the same page in an ordinary browser, which speaks to the sidecar over a WebSocket."""

from __future__ import annotations

import os
import secrets
import signal
import sys
import tempfile
import webbrowser
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from urllib.parse import quote

from frontend.dialogs import as_text
from frontend.sidecar import start_command
from frontend.supervise import State, Supervisor
from frontend.wire import Wire

FAILED = 1

VARIABLE = "SIDECAR_HTTP_TOKEN"
"""Where a sidecar takes its token from."""


class _Address:
    """Says where the page is, each time that this is another address: a new sidecar may have another port."""

    def __init__(self, project: Path | None, folder: Path | None) -> None:
        """`folder`: one that nobody else may read, for a file that leads a browser there; None: open nothing."""
        self._query = "" if project is None else f"?project={quote(as_text(str(project)), safe='')}"
        self._folder = folder
        self._said = ""
        self.end: SimpleQueue[int] = SimpleQueue()

    def ready(self, initialized: dict[str, Any], _send: Callable[[bytes], None]) -> None:
        """Say it, and open it the first time."""
        http = initialized["http"]
        if http is None:
            sys.stderr.write("studio: there is no loopback network to serve a page from\n")
            self.end.put(FAILED)
            return
        # What follows # stays in the browser: it is in no request, no log and no Referer.
        address = f"{http['origin']}/{self._query}#token={http['token']}"
        if address != self._said:
            self._said = address
            sys.stdout.write(f"{address}\n")
            sys.stdout.flush()
        if self._folder is not None:
            webbrowser.open(leading(address, self._folder).as_uri())
            self._folder = None

    def message(self, _body: bytes) -> None:
        """Nothing was asked over this connection: the page has its own."""

    def lost(self, state: State, reason: str) -> None:
        """Say why; end where no other sidecar will come."""
        sys.stderr.write(f"studio: {reason}\n")
        if state == "failed":
            self.end.put(FAILED)


def leading(address: str, folder: Path) -> Path:
    """Write a page that leads to an address: the arguments of a browser are for every user of the machine to read."""
    path = folder / "studio.html"
    path.touch(mode=0o600)
    path.write_text(f'<!doctype html><meta http-equiv="refresh" content="0;url={escape(address)}">', encoding="utf-8")
    return path


def browse(static: Path, project: Path | None, roots: Sequence[Path], *, open_browser: bool) -> int:
    """Serve the page until it is interrupted, and return the exit code."""
    own = [Path.home(), Path.cwd(), *([] if project is None else [project.parent]), *roots]
    folders = sorted({str(folder.resolve()) for folder in own})
    with tempfile.TemporaryDirectory(prefix="studio-") as private:
        return _serve(static, folders, _Address(project, Path(private) if open_browser else None))


def _serve(static: Path, folders: list[str], address: _Address) -> int:
    # One token for all of them: after a crash the page goes on where it is.
    environment = {**os.environ, VARIABLE: secrets.token_urlsafe(32)}
    supervisor = Supervisor(
        lambda port: Wire(start_command(static, port), environment), address, roots={"read": folders, "write": folders}
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: address.end.put(0))
    supervisor.start()
    try:
        return address.end.get()
    finally:
        supervisor.stop()
