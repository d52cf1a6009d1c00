"""The log: JSON lines with trace ids in rotating files are the record; stderr and the topic `log` get copies.

Every line is an object with `at` (RFC 3339, UTC), `level`, `event` and, inside a request, `traceId`.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import trio

from protocol.errors import msgspec_camel
from protocol.events import LogLine
from sidecar.services.events import EventHub
from sidecar.services.logfile import RotatingFile
from sidecar.services.logger import LEVELS, Logger, trace
from sidecar.services.settings import SettingsStore
from sidecar.services.stderr import BoundedStderr

if TYPE_CHECKING:
    from protocol.commands.system import Trace

FILE_NAME = "sidecar.jsonl"
FILE_BYTES = 8 * 2**20
MAX_LINE = 65_536

Listener = Callable[[LogLine], None]


@dataclass(slots=True)
class _State:
    """What can be changed while loggers are in use."""

    level: int
    listener: Listener | None = None


class Log:
    """The sidecar's log. `logger` may be used from any thread and never waits for a reader.

    `listener` gets every line as it is written, on the thread that wrote it. A disk that is full costs log lines,
    counted in `file.lost`, and nothing else.
    """

    def __init__(
        self, folder: Path, *, level: str = "info", files: int = 5, stderr: BoundedStderr | None = None
    ) -> None:
        self.file = RotatingFile(folder / FILE_NAME, limit=FILE_BYTES, files=files)
        self._stderr = stderr
        self._state = _State(LEVELS[level])
        self.logger = Logger(self._write)

    def set_level(self, level: str) -> None:
        """Write lines of this level and above from now on."""
        self._state.level = LEVELS[level]

    def listen(self, listener: Listener | None) -> None:
        """Hand every written line to `listener` too; None: to nobody."""
        self._state.listener = listener

    def trace(self, trace_id: str, limit: int = 200) -> Trace:
        """Return the last `limit` lines of a trace, oldest first, home folders written as ~. Reads the files."""
        from protocol.commands.system import Trace  # noqa: PLC0415 - start-up time

        wanted = msgspec.json.encode(trace_id)
        lines = (_parsed(raw) for raw in self.file.lines() if wanted in raw)
        found = [line for line in lines if line.get("traceId") == trace_id]
        home = str(Path.home())
        return Trace(lines=[_redacted(line, home) for line in found[-limit:]], truncated=len(found) > limit)

    def close(self) -> None:
        """Close the file and let stderr go."""
        self.file.close()
        if self._stderr is not None:
            self._stderr.close()

    def _write(self, level: str, event: str, fields: dict[str, Any]) -> None:
        if LEVELS[level] < self._state.level:
            return
        line = _line(level, event, fields)
        raw = _encoded(line)
        self.file.write(raw)
        if self._stderr is not None:
            self._stderr.write(raw)
        if self._state.listener is not None:
            self._state.listener(line)


@contextmanager
def open_log(folder: Path, settings: SettingsStore, events: EventHub, stderr: BoundedStderr | None) -> Iterator[Log]:
    """Open the log of an instance; its lines are events, its level follows the settings."""
    current = settings.current
    log = Log(folder, level=current.log_level, files=current.log_files, stderr=stderr)
    log.listen(publisher(events))
    settings.watch(lambda new: log.set_level(new.log_level))
    if settings.broken is not None:
        log.logger.warning("the settings file was set aside", detail=str(settings.broken))
    try:
        yield log
    finally:
        log.listen(None)
        log.close()


def publisher(events: EventHub) -> Listener:
    """Return a listener that publishes lines as the topic `log`, from whatever thread; call it inside trio."""
    token = trio.lowlevel.current_trio_token()

    def publish(line: LogLine) -> None:
        if trio.lowlevel.in_trio_run():
            events.publish("log", line)
            return
        # A line from another thread after the loop has ended is in the file; there is nobody left to tell.
        with suppress(trio.RunFinishedError):
            token.run_sync_soon(events.publish, "log", line)

    return publish


def _line(level: str, event: str, given: dict[str, Any]) -> LogLine:
    trace_id, error = given.pop("trace_id", None) or trace.get(), given.pop("exc_info", None)
    fields = {msgspec_camel(key): _plain(value) for key, value in given.items()}
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        fields["error"] = repr(error)
        fields["traceback"] = "".join(traceback.format_exception(error))[-MAX_LINE // 2 :]
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return LogLine(
        at=at, level=level, message=event, trace_id=None if trace_id is None else str(trace_id), fields=fields
    )


def _encoded(line: LogLine) -> bytes:
    head = {"at": line.at, "level": line.level, "event": line.message}
    if line.trace_id is not None:
        head["traceId"] = line.trace_id
    raw = msgspec.json.encode({**line.fields, **head})
    if len(raw) > MAX_LINE:
        raw = msgspec.json.encode({**head, "event": line.message[:1_000], "cut": len(raw)})
    return raw + b"\n"


def _plain(value: Any) -> Any:
    """Return a value that JSON can hold; a log line never fails because of what it should say."""
    try:
        return msgspec.json.decode(msgspec.json.encode(value, enc_hook=_text))
    except RecursionError:
        return "nested too deep"
    except Exception as error:  # noqa: BLE001 - the __repr__ of anything may raise anything
        return f"{type(value).__name__}, which cannot be written: {type(error).__name__}"


def _text(value: Any) -> str:
    return str(value) if isinstance(value, os.PathLike) else repr(value)


def _parsed(raw: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(raw, type=dict[str, Any])
    except ValueError:
        # The last line of a process that was killed while it wrote.
        return {}


def _redacted(value: Any, home: str) -> Any:
    if isinstance(value, str):
        return value.replace(home, "~") if len(home) > 1 else value
    if isinstance(value, list):
        return [_redacted(each, home) for each in value]
    if isinstance(value, dict):
        return {_redacted(key, home): _redacted(each, home) for key, each in value.items()}
    return value
