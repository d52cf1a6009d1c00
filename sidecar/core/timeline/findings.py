"""Problems that the engine finds."""

from __future__ import annotations

from typing import Any

from protocol.problem import Problem, Severity


def not_supported(
    pointer: str, what: str, *, suggestion: str | None = None, ids: tuple[str | None, ...] = ()
) -> Problem:
    """Say that something of the format is not built."""
    return finding(
        "notSupported", pointer, f"{what} is not supported yet", suggestion=suggestion, ids=ids, what=what, nearest=None
    )


def finding(
    code: str,
    pointer: str,
    message: str,
    *,
    severity: Severity = "error",
    suggestion: str | None = None,
    ids: tuple[str | None, ...] = (),
    **context: Any,
) -> Problem:
    """Make a problem."""
    return Problem(
        severity=severity,
        code=code,
        pointer=pointer,
        ids=[known for known in ids if known is not None],
        message=message,
        suggestion=suggestion,
        context=context,
    )
