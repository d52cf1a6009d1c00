"""The conditions of RFC 9110 §13 on entity tags. Ours are strong: one tag, one sequence of bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')

Outcome = Literal["go", "notModified", "failed"]


def judged(headers: Mapping[str, str], tag: str) -> Outcome:
    """Say what the conditions of a GET or HEAD mean for a resource with this tag (written without quotes)."""
    match = headers.get("if-match")
    if match is not None and not _matches(match, tag, weak=False):
        return "failed"
    none_match = headers.get("if-none-match")
    if none_match is not None and _matches(none_match, tag, weak=True):
        return "notModified"
    return "go"


def range_holds(headers: Mapping[str, str], tag: str) -> bool:
    """Say whether a Range is meant for these bytes: If-Range names them, or there is none.

    A date names nothing here: no answer carries one.
    """
    condition = headers.get("if-range")
    if condition is None:
        return True
    found = _TAG.fullmatch(condition.strip(" \t"))
    return found is not None and found[1] is None and found[2] == tag


def _matches(header: str, tag: str, *, weak: bool) -> bool:
    if header.strip(" \t") == "*":
        return True
    return any(found[2] == tag and (weak or found[1] is None) for found in _TAG.finditer(header))
