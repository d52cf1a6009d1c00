"""A terminal for commands that behave otherwise on one."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

from tests.harness.patience import PATIENCE


def on_terminal(code: str) -> str:
    """Run code with a terminal as its stdout and stderr, and return what it shows."""
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.DEVNULL,
        stdout=follower,
        stderr=follower,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"},
    ) as process:
        os.close(follower)
        shown = b""
        while True:
            try:
                data = os.read(leader, 65_536)
            except OSError:
                break
            if not data:
                break
            shown += data
        assert process.wait(PATIENCE) == 0
    os.close(leader)
    return shown.decode()
