"""Runs pages in the Qt web view of a desktop shell, pywebview's, where it is installed: without a screen.

The view has to be a program's main thread: `python -m tests.harness.web_view PAGE`, with the script as its input. The page
comes by HTTP, as that of a shell does: one that is a file may not load anything from elsewhere there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.harness.patience import PATIENCE

INSTALLED = all(map(find_spec, ("webview", "qtpy", "PySide6")))
"""Whether the packages of the extra `shell` are there."""

ENVIRONMENT = {
    "QT_QPA_PLATFORM": "offscreen",
    "QTWEBENGINE_DISABLE_SANDBOX": "1",
    "QTWEBENGINE_CHROMIUM_FLAGS": "--no-sandbox --disable-gpu --mute-audio --autoplay-policy=no-user-gesture-required",
}
LOOK = 0.05


def run_script(page: Path, script: str) -> Any:
    """Open a page, run a script in it and return what its promise gives, which must not be null."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.harness.web_view", str(page)],
        input=script.encode(),
        capture_output=True,
        env={**os.environ, **ENVIRONMENT},
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return json.loads(done.stdout.splitlines()[-1])


@contextmanager
def served(page: Path) -> Iterator[str]:
    """Serve a page's folder on the loopback, and return where the page is."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(page.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/{page.name}"
        finally:
            server.shutdown()
            thread.join()


def main() -> None:
    """Show the page, and write what the script gives to stdout as JSON."""
    script = sys.stdin.read()
    with served(Path(sys.argv[1])) as url:
        print(json.dumps(shown(url, script)), flush=True)


def shown(url: str, script: str) -> Any:
    """Show a page until the script in it has given something."""
    import webview

    told: list[Any] = []
    window = webview.create_window("-", url=url)
    assert window is not None

    def drive() -> None:
        try:
            window.evaluate_js(f"{script}.then(given => {{ window.given = given; }}); 0")
            until = time.monotonic() + PATIENCE
            while not told and time.monotonic() < until:
                given = window.evaluate_js("window.given === undefined ? null : window.given")
                if given is None:
                    time.sleep(LOOK)
                else:
                    told.append(given)
        finally:
            window.destroy()

    webview.start(drive, gui="qt")
    assert told, "the page says nothing"
    return told[0]


if __name__ == "__main__":
    main()
