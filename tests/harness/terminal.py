"""A terminal for commands that behave otherwise on one."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from tests.harness.patience import PATIENCE

HOME = "\x1b[H"
"""What a page begins with: the first place of the screen."""

STYLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


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


@dataclass
class Screen:
    """A program that draws on a terminal of so many columns and rows, and is typed at."""

    process: subprocess.Popen[bytes]
    leader: int
    shown: str = ""
    decoder: codecs.IncrementalDecoder = field(default_factory=codecs.getincrementaldecoder("utf-8"))

    def until(self, holds: Callable[[list[str]], object]) -> list[str]:
        """Wait for a page of which that holds, and return its lines, without styles. A page is whole when the next begins."""
        deadline = monotonic() + PATIENCE
        while True:
            *pages, under_way = self.shown.split(HOME)
            for page in pages[1:]:
                lines = STYLE.sub("", page).replace("\r", "").split("\n")
                if holds(lines):
                    return lines
            self.shown = HOME + under_way if pages else under_way
            assert monotonic() < deadline, self.shown
            self._read(0.5)

    def type(self, keys: bytes) -> None:
        os.write(self.leader, keys)

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.leader, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def settings(self) -> list[Any]:
        """Return how the terminal treats what is typed."""
        return termios.tcgetattr(self.leader)

    def ended(self) -> tuple[int, str]:
        """Wait for its end; return its code, and what it wrote after the last that was waited for."""
        deadline = monotonic() + PATIENCE
        while self.process.poll() is None or self._read(0):
            assert monotonic() < deadline, self.shown
            self._read(0.05)
        return self.process.wait(), self.shown

    def _read(self, seconds: float) -> bool:
        """Take in what is written within so many seconds; say whether there was anything."""
        there = bool(select.select([self.leader], [], [], seconds)[0])
        if there:
            self.shown += self.decoder.decode(os.read(self.leader, 65_536))
        return there


@contextmanager
def screen(command: Sequence[str], *, columns: int, rows: int, env: Mapping[str, str]) -> Iterator[Screen]:
    """Run a program on a terminal while the block lasts; one that has not ended by then is killed."""
    leader, follower = pty.openpty()
    own = {name: value for name, value in env.items() if name not in {"COLUMNS", "LINES", "NO_COLOR"}}
    fcntl.ioctl(leader, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    process = subprocess.Popen(
        command, stdin=follower, stdout=follower, stderr=follower, env={**own, "TERM": "xterm-256color"}
    )
    try:
        # The terminal itself stays open here: what was written to it can be read when the program has ended.
        yield Screen(process, leader)
    finally:
        process.kill()
        process.wait(PATIENCE)
        os.close(follower)
        os.close(leader)
