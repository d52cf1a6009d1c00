"""Instants and ranges as they are typed on a command line."""

from __future__ import annotations

from typing import Any

from protocol.errors import InvalidParams
from protocol.time import parse_seconds


def range_of(text: str | None) -> dict[str, Any] | None:
    """Read FROM:TO, each in seconds ("1.5", "1/3") or frames ("37f"), as the wire has it.

    Raises InvalidParams for anything else.
    """
    if text is None:
        return None
    first, colon, last = text.partition(":")
    if not colon:
        detail = f"{text!r} is not a range: expected FROM:TO"
        raise InvalidParams(detail=detail, path="/range", message=f"--range: {detail}")
    return {"from": _instant(first, "/range/from"), "to": _instant(last, "/range/to")}


def _instant(text: str, path: str) -> dict[str, Any]:
    number = text.removesuffix("f")
    if number != text and number.isdecimal():
        return {"frame": int(number)}
    try:
        value: float | str = text if "/" in text else float(text)
        parse_seconds(value)
    except ValueError as error:
        detail = f"{text!r} is neither seconds nor a frame such as 37f"
        raise InvalidParams(detail=detail, path=path, message=f"--range: {detail}") from error
    return {"time": value}
