"""Standard error that never blocks: a bounded queue, one writing thread, and a count of what was dropped.

A shell that never reads our stderr fills the pipe after 64 KB, and the next blocking write would stop the process.
Making the descriptor non-blocking is no way out: the flag is shared with everyone who holds the other end. So a
daemon thread does the blocking writes, and when it stands still lines are counted instead of kept.
"""

from __future__ import annotations

import os
import select
import threading
from collections import deque
from time import monotonic

LIMIT_BYTES = 262_144


class BoundedStderr:
    """A line writer over a file descriptor. `write` returns at once, from any thread.

    At most `limit` bytes wait; a line beyond is dropped, and once there is room again one line says how many were.
    """

    def __init__(self, fd: int = 2, *, limit: int = LIMIT_BYTES) -> None:
        self._fd = fd
        self._limit = limit
        self._lines: deque[bytes] = deque()
        self._waiting = 0
        self._unreported = 0
        self._closed = False
        self._idle = True
        self._changed = threading.Condition()
        self.dropped = 0
        """Lines dropped since the start."""
        self._thread = threading.Thread(target=self._run, name="stderr", daemon=True)
        self._thread.start()

    def write(self, line: bytes) -> None:
        """Queue a line (with its newline), or count it as dropped."""
        with self._changed:
            if self._closed or self._waiting + len(line) > self._limit:
                self.dropped += 1
                self._unreported += 1
                return
            if self._unreported:
                self._push(b'{"event":"stderr dropped lines","dropped":%d}\n' % self._unreported)
                self._unreported = 0
            self._push(line)
            self._changed.notify_all()

    def close(self, *, within: float = 0.2) -> None:
        """Give what waits `within` seconds to be written, then let go of it; the descriptor stays open."""
        deadline = monotonic() + within
        with self._changed:
            while (self._lines or not self._idle) and (left := deadline - monotonic()) > 0:
                self._changed.wait(left)
            self._closed = True
            self._changed.notify_all()

    def _push(self, line: bytes) -> None:
        self._lines.append(line)
        self._waiting += len(line)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._idle = True
                self._changed.notify_all()
                while not self._lines and not self._closed:
                    self._changed.wait()
                if self._closed:
                    return
                line = self._lines.popleft()
                self._idle = False
            self._write_all(line)
            with self._changed:
                self._waiting -= len(line)

    def _write_all(self, line: bytes) -> None:
        view = memoryview(line)
        while view:
            try:
                view = view[os.write(self._fd, view) :]
            except BlockingIOError:
                # The descriptor may be non-blocking, so that C libraries never wait either.
                select.select([], [self._fd], [])
            except OSError:
                # Nobody reads any more, or the descriptor is gone: the log file is the record.
                return
