"""Instants and ranges as they are typed on a command line."""

from __future__ import annotations

from typing import Any

from protocol.errors import InvalidParams
from protocol.time import parse_seconds


def range_of(text: str | None) -> dict[str, Any] | None:
    """Read FROM:TO of a project, each in seconds ("1.5", "1/3") or frames ("37f"), as the wire has it.

    Raises InvalidParams for anything else.
    """
    if text is None:
        return None
    first, last = _sides(text)
    return {"from": _instant(first, "/range/from"), "to": _instant(last, "/range/to")}


def seconds_range(text: str | None) -> dict[str, float | str] | None:
    """Read FROM:TO of a file, each in seconds ("1.5", "1/3"), as the wire has it; raises InvalidParams for others."""
    if text is None:
        return None
    first, last = _sides(text)
    return {"from": _seconds(first, "/range/from", "seconds"), "to": _seconds(last, "/range/to", "seconds")}


def instant_of(text: str, option: str) -> dict[str, Any]:
    """Read an instant, in seconds or frames, as the wire has it; raises InvalidParams, which names the option."""
    return _instant(text, f"/{option}", option)


def _sides(text: str) -> tuple[str, str]:
    first, colon, last = text.partition(":")
    if not colon:
        raise _invalid(f"{text!r} is not a range: expected FROM:TO", "/range")
    return first, last


def _instant(text: str, path: str, option: str = "range") -> dict[str, Any]:
    number = text.removesuffix("f")
    if number != text and number.isdecimal():
        return {"frame": int(number)}
    return {"time": _seconds(text, path, "seconds or a frame such as 37f", option)}


def _seconds(text: str, path: str, expected: str, option: str = "range") -> float | str:
    try:
        value: float | str = text if "/" in text else float(text)
        parse_seconds(value)
    except ValueError as error:
        raise _invalid(f"{text!r} is not {expected}", path, option) from error
    return value


def _invalid(detail: str, path: str, option: str = "range") -> InvalidParams:
    return InvalidParams(detail=detail, path=path, message=f"--{option}: {detail}")
