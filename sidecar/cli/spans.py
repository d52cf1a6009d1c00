"""Ranges of a file as they are typed on a command line: in seconds."""

from __future__ import annotations

from protocol.errors import InvalidParams
from protocol.time import parse_seconds


def seconds_range(text: str | None) -> dict[str, float | str] | None:
    """Read FROM:TO, each in seconds ("1.5", "1/3"), as the wire has it; raises InvalidParams for anything else."""
    if text is None:
        return None
    first, colon, last = text.partition(":")
    if not colon:
        raise InvalidParams(detail=f"{text!r} is not a range: expected FROM:TO", path="/range")
    return {"from": _seconds(first), "to": _seconds(last)}


def _seconds(text: str) -> float | str:
    try:
        value: float | str = text if "/" in text else float(text)
        parse_seconds(value)
    except ValueError as error:
        raise InvalidParams(detail=f"{text!r} is not a time in seconds", path="/range") from error
    return value
