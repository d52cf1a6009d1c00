"""Recordings of a connection: every message both ways, a line of JSON each, with its time."""

from __future__ import annotations

import base64
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec

from protocol.errors import InvalidRequest, OutputUnwritable
from protocol.typed import ready

Direction = Literal["in", "out"]


class Entry(msgspec.Struct, frozen=True):
    """A message. `at` is RFC 3339 in UTC; `encoding` is base64 for bytes that are not UTF-8."""

    at: str
    direction: Direction
    message: str
    encoding: Literal["utf-8", "base64"] = "utf-8"

    @property
    def body(self) -> bytes:
        """The message as it was on the wire, without its framing."""
        return base64.b64decode(self.message) if self.encoding == "base64" else self.message.encode()


class Recorder:
    """Writes messages to a file as they pass. Each is written out at once: a crash loses none that was seen.

    Where one cannot be written the recording ends, and nothing else.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._encoder = msgspec.json.Encoder()
        self._ended = False

    def __call__(self, direction: Direction, body: bytes) -> None:
        """Write a message."""
        at = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        try:
            entry = Entry(at, direction, body.decode())
        except UnicodeDecodeError:
            entry = Entry(at, direction, base64.b64encode(body).decode(), "base64")
        self._write(memoryview(self._encoder.encode(entry) + b"\n"))

    def _write(self, line: memoryview) -> None:
        try:
            while line and not self._ended:
                line = line[self._file.write(line) :]
        except OSError as error:
            # A full disk: who is served must not pay for it.
            self._ended = True
            sys.stderr.write(f"the recording ends here: {error.strerror or error}\n")


@contextmanager
def record_to(path: Path) -> Iterator[Recorder]:
    """Open a recording; a file that is there is replaced. Raises OutputUnwritable.

    Only its user may read it: it holds the token of a sidecar that still runs, and what people work on.
    """
    try:
        file = open(path, "wb", buffering=0, opener=_private)  # noqa: SIM115 - a Path has no opener
    except OSError as error:
        raise OutputUnwritable(path=str(path), detail=error.strerror or str(error)) from error
    with file:
        yield Recorder(file)


def _private(path: str, flags: int) -> int:
    descriptor = os.open(path, flags, 0o600)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        Path(path).chmod(0o600)
    return descriptor


def read_recording(path: Path) -> list[Entry]:
    """Read a recording; a last line that was cut off is left out. Raises InvalidRequest for any other bad line."""
    lines = path.read_bytes().split(b"\n")
    return [_entry(line, number) for number, line in enumerate(lines[:-1], 1)]


def _entry(line: bytes, number: int) -> Entry:
    try:
        return msgspec.json.decode(line, type=ready(Entry))
    except ValueError as error:
        raise InvalidRequest(detail=f"line {number} of the recording: {error}") from error
