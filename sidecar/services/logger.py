"""What code writes log lines with: an event, fields by name, and the trace of the request that it works for.

A line that no request asked for has no trace. trio hands the trace on to the tasks that a request starts.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}

Write = Callable[[str, str, dict[str, Any]], None]
"""Takes the level, the event, and its fields; `exc_info` may be among them, an exception, or True for the one being handled."""

trace: ContextVar[str | None] = ContextVar("trace", default=None)
"""The trace id of the request that the task works for."""


class Logger:
    """Hands lines on, at most `write` and never an error. May be used from any thread."""

    __slots__ = ("_write",)

    def __init__(self, write: Write) -> None:
        self._write = write

    def debug(self, event: str, **fields: Any) -> None:
        """Say what only a developer asks."""
        self._write("debug", event, fields)

    def info(self, event: str, **fields: Any) -> None:
        """Say what happened."""
        self._write("info", event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """Say what went wrong and was got over."""
        self._write("warning", event, fields)

    def error(self, event: str, **fields: Any) -> None:
        """Say what went wrong; `exc_info` is the exception, or True for the one that is being handled."""
        self._write("error", event, fields)

    def exception(self, event: str, **fields: Any) -> None:
        """Say what went wrong, with the exception that is being handled."""
        self._write("error", event, {"exc_info": sys.exc_info()[1], **fields})
