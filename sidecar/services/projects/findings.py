"""Problems that only the world can tell: each a function that says one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from protocol.errors import SidecarError
from protocol.problem import Problem, Severity


def finding(
    pointer: str,
    message: str,
    *,
    rule: str,
    code: str = "invalidProject",
    severity: Severity = "error",
    ids: Sequence[str | None] = (),
    suggestion: str | None = None,
    **context: Any,
) -> Problem:
    """Return a problem; `rule` and what else is in the context is what a translation is made from."""
    return Problem(
        severity=severity,
        code=code,
        pointer=pointer,
        ids=[each for each in ids if each is not None],
        message=message,
        suggestion=suggestion,
        context={"rule": rule, **context},
    )


def of_error(error: SidecarError, pointer: str, ids: Sequence[str], *, severity: Severity = "error") -> Problem:
    """Return a typed error as a problem: the kind is the code."""
    return Problem(
        severity=severity,
        code=error.kind,
        pointer=pointer,
        ids=list(ids),
        message=error.message,
        suggestion=error.suggestion,
        context={"rule": error.kind, **error.context()},
    )
