"""The Range header of RFC 9110 §14: one range is served, several are answered with the whole."""

from __future__ import annotations

import re
from typing import Literal

_RANGE = re.compile(r"([0-9]{1,19})-([0-9]{0,19})|-([0-9]{1,19})")
_LIST = 100
"""Ranges of one header; more are nobody's honest wish."""

Span = tuple[int, int]
"""First byte, and the one after the last."""


def requested(header: str, size: int) -> Span | Literal["whole", "unsatisfiable"]:
    """Return what of `size` bytes a Range header asks for.

    What is no list of byte ranges is ignored, as the RFC allows: the whole is the answer. So it is to several ranges
    of which at least one can be had, and of nothing at all.
    """
    unit, equals, specs = header.partition("=")
    if not equals or unit.strip().lower() != "bytes":
        return "whole"
    parts = [part.strip(" \t") for part in specs.split(",") if part.strip(" \t")]
    if not parts or len(parts) > _LIST:
        return "whole"
    spans: list[Span | None] = []
    for part in parts:
        match = _RANGE.fullmatch(part)
        if match is None:
            return "whole"
        first, last, suffix = match.groups()
        if first is not None and last and int(last) < int(first):
            return "whole"
        spans.append(_span(first, last, suffix, size))
    satisfiable = [span for span in spans if span is not None]
    if not satisfiable:
        return "unsatisfiable"
    return satisfiable[0] if len(spans) == 1 and size > 0 else "whole"


def _span(first: str | None, last: str | None, suffix: str | None, size: int) -> Span | None:
    """Return the bytes of one range, cut to what is there; None when nothing of it is."""
    if first is None:
        count = int(suffix or "0")
        return (max(0, size - count), size) if count else None
    if int(first) >= size:
        return None
    return int(first), min(size, int(last) + 1) if last else size
