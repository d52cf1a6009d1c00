"""Numbers of monitoring as people read them, and drawn in blocks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from sidecar.cli.words import clock, size

EIGHTHS = "▁▂▃▄▅▆▇█"
PARTS = "▏▎▍▌▋▊▉█"
NONE = "-"
"""What stands for a number that was not measured."""


def figure(value: float | None, unit: str) -> str:
    """A number in the unit of a series; percent are those of alerts, of 100."""
    if value is None:
        return NONE
    match unit:
        case "ratio":
            return share(value)
        case "percent":
            return f"{value:.3g}%"
        case "bytes":
            return size(value)
        case "seconds":
            return duration(value)
        case "ms":
            return duration(value / 1_000)
        case "perSecond":
            return f"{value:.3g}/s"
        case "celsius":
            return f"{value:.0f} °C"
        case "watts":
            return f"{value:.0f} W"
        case _:
            return f"{value:.0f}" if value == int(value) else f"{value:.3g}"


def share(value: float | None) -> str:
    """A ratio as percent: with a decimal below ten, and "0%" for nothing alone."""
    if value is None:
        return NONE
    return f"{value:.0%}" if value == 0 or value >= 0.0995 else f"{value:.1%}"


def duration(seconds: float | None) -> str:
    """A time in the unit in which it has one to three digits before its point."""
    if seconds is None:
        return NONE
    if seconds < 0.9995:
        return f"{seconds * 1_000:.{0 if seconds == 0 or seconds >= 0.00995 else 1}f} ms"
    return f"{seconds:.{2 if seconds < 9.995 else 1}f} s" if seconds < 99.95 else clock(seconds)


def bar(fraction: float | None, width: int) -> str:
    """A bar of so many columns, to an eighth of one; what is not full is blank."""
    eighths = round(min(1.0, max(0.0, fraction or 0.0)) * width * 8)
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + (PARTS[rest - 1] if rest else "")).ljust(width)


def spark(values: Iterable[float | None], most: float) -> str:
    """A character a value, from 0 to `most`; blank where none was measured."""
    return "".join(" " if value is None else EIGHTHS[_level(value, most, len(EIGHTHS) - 1)] for value in values)


def chart(values: Sequence[float | None], most: float, rows: int) -> list[str]:
    """Lines from the top down, a column a value, from 0 to `most`; what was measured has at least a trace."""
    levels = [None if value is None else max(1, _level(value, most, rows * 8)) for value in values]
    return [
        "".join(" " if level is None else _block(level - row * 8) for level in levels)
        for row in range(rows - 1, -1, -1)
    ]


def thinned(values: Sequence[float | None], columns: int) -> list[float | None]:
    """At most so many values: the most of each as many neighbours; None where none of them was measured."""
    if len(values) <= columns:
        return list(values)
    edges = [len(values) * column // columns for column in range(columns + 1)]
    return [max((value for value in values[a:b] if value is not None), default=None) for a, b in pairwise(edges)]


def _level(value: float, most: float, levels: int) -> int:
    return 0 if most <= 0 else round(min(1.0, max(0.0, value / most)) * levels)


def _block(eighths: int) -> str:
    return " " if eighths <= 0 else EIGHTHS[min(8, eighths) - 1]
