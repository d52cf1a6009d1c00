"""Figures as people read them."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from protocol.problem import Problem

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def size(number: float) -> str:
    """Bytes in the largest unit that keeps them at 1 or more."""
    unit = 0
    while number >= 1024 and unit < len(_UNITS) - 1:
        number /= 1024
        unit += 1
    return f"{number:.0f} {_UNITS[unit]}" if unit == 0 else f"{number:.1f} {_UNITS[unit]}"


def clock(seconds: float) -> str:
    """A duration as m:ss, or h:mm:ss from an hour on."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def exact(time: str) -> str:
    """An exact time as seconds with at most three decimals."""
    return f"{float(Fraction(time)):.3f}".rstrip("0").rstrip(".") + " s"


def problem_rows(problems: Iterable[Problem]) -> list[tuple[str, str, str, str]]:
    """Problems as rows: severity, code, where, and what with what to do."""
    return [
        (p.severity, p.code, p.pointer or "/", f"{p.message}. {p.suggestion}" if p.suggestion else p.message)
        for p in problems
    ]


PROBLEM_HEADINGS = ("severity", "code", "where", "what")
