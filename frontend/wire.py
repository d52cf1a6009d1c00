"""The sidecar as a child process: bytes to its standard input, bytes from its standard output.

Threads and no event loop: the main thread is the window's.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Mapping, Sequence
from queue import SimpleQueue
from threading import Thread
from typing import IO, cast

CHUNK = 256 * 1024
"""Bytes read at once."""

SAID = 4_096
"""Bytes of standard error that are kept, the last ones."""

GRACE = 5.0
"""Seconds that a sidecar gets to end once its standard input is closed."""


class Wire:
    """A running sidecar. `send` never waits; `receive` is for one thread."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        """Start it; raises OSError where that cannot be done.

        It gets a session of its own: Ctrl-C in a terminal is the shell's, which ends it in order.
        """
        self._process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=None if env is None else dict(env),
            start_new_session=True,
        )
        self._waiting: SimpleQueue[bytes | None] = SimpleQueue()
        self._gone = False
        self._said = b""
        self._threads = [
            Thread(target=self._write, name="to the sidecar", daemon=True),
            Thread(target=self._listen, name="sidecar's stderr", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def send(self, data: bytes) -> None:
        """Write these bytes after all that were sent before; what is sent to one that has ended is lost."""
        if not self._gone:
            self._waiting.put(data)

    def receive(self) -> bytes:
        """Wait for bytes; none once it has closed its output, which it does as it ends."""
        return os.read(cast("IO[bytes]", self._process.stdout).fileno(), CHUNK)

    def leave(self) -> None:
        """Close its standard input behind what was sent: it answers what it has read, and ends."""
        self._waiting.put(None)

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def ended(self, grace: float = GRACE) -> int:
        """Wait for its end, which must be near, and return its code; after `grace` seconds it is killed."""
        self.leave()
        try:
            code = self._process.wait(grace)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        for thread in self._threads:
            thread.join(grace)
        cast("IO[bytes]", self._process.stdout).close()
        return code

    def said(self) -> str:
        """Return the last line of its standard error that is no log line: what prevented its start."""
        lines = self._said.decode(errors="replace").splitlines()
        return next((line for line in reversed(lines) if line.strip() and not line.startswith("{")), "")

    def _write(self) -> None:
        with cast("IO[bytes]", self._process.stdin) as pipe:
            while (data := self._waiting.get()) is not None:
                view = memoryview(data)
                while view:
                    try:
                        view = view[os.write(pipe.fileno(), view) :]
                    except OSError:
                        # Whoever reads it hears that it is gone; what is sent meanwhile is not kept.
                        self._gone = True
                        return

    def _listen(self) -> None:
        with cast("IO[bytes]", self._process.stderr) as pipe, contextlib.suppress(OSError):
            while data := os.read(pipe.fileno(), CHUNK):
                self._said = (self._said + data)[-SAID:]
