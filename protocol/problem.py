"""A finding of validation."""

from __future__ import annotations

from typing import Any, Literal

from protocol.model import Result

Severity = Literal["error", "warning"]


class Problem(Result):
    """Something wrong, or worth knowing, at one place of a project.

    `code` is an error kind (`invalidProject`, `notSupported`, `limitExceeded`, ...) or the name of a warning;
    `pointer` is a JSON Pointer into the project as it was sent; `ids` name the things concerned. Of the pure
    validation, `context.rule` is the rule that was broken (`protocol.project.check.codes`), and where a member is
    concerned that is not written, `pointer` is its owner's and `context.absent` its own.
    """

    severity: Severity
    code: str
    pointer: str
    ids: list[str]
    message: str
    suggestion: str | None
    context: dict[str, Any]
