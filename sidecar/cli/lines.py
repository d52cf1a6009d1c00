"""Lines of a screen: texts in styles, cut and padded to columns, in sections that share a height."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from rich.cells import cell_len, chop_cells

from sidecar.cli.output import CONTROLS

Part = tuple[str, str]
"""A text and its style."""

Line = list[Part]
GAP = 2
"""Columns between two cells, and between two halves of a screen."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what is said beside it, and rows, the most important first: `least` of them before others get more."""

    heading: str
    note: Line
    rows: list[Line]
    least: int = 2


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: `grows` takes what the others leave, numbers stand at its right."""

    heading: str
    grows: bool = False
    right: bool = False


def clean(text: str) -> str:
    """Return a text without what a terminal acts upon: names of files and jobs come from strangers."""
    return text.translate(CONTROLS)


def fit(text: str, width: int) -> str:
    """Return a text of exactly so many columns; what is cut off leaves an ellipsis."""
    taken = cell_len(text)
    if taken > width:
        text = (chop_cells(text, width - 1)[0] if width > 1 else "") + "…"[:width]
        taken = cell_len(text)
    return text + " " * (width - taken)


def fit_end(text: str, width: int) -> str:
    """As `fit`, of a text whose end matters, such as a path."""
    taken = cell_len(text)
    if taken <= width:
        return text + " " * (width - taken)
    while text and cell_len(text) > width - 1:
        text = text[1:]
    return fit("…" + text, width)


def cut(line: Line, width: int) -> Line:
    """Return a line of exactly so many columns."""
    parts: Line = []
    for text, style in line:
        taken = min(cell_len(text), width)
        if taken:
            parts.append((fit(text, taken), style))
            width -= taken
    return [*parts, (" " * width, "")] if width else parts


def ends(left: Line, right: Line, width: int) -> Line:
    """Return a line with something at either end; what is at the right is whole."""
    taken = sum(cell_len(text) for text, _ in right)
    return cut([*cut(left, max(0, width - taken)), *right], width)


def grid(columns: Sequence[Column], rows: Sequence[Sequence[Part]], width: int) -> list[Line]:
    """Return a table, its headings first: columns as wide as what is in them, those that grow share the rest."""
    if not rows:
        return []
    headings: list[Part] = [(column.heading, "dim") for column in columns]
    cells = [headings, *([(clean(text), style) for text, style in row] for row in rows)]
    widths = [max(cell_len(row[number][0]) for row in cells) for number in range(len(columns))]
    growing = [number for number, column in enumerate(columns) if column.grows]
    left = width - sum(widths[number] for number in range(len(columns)) if number not in growing)
    left -= GAP * (len(columns) - 1)
    for number in growing:
        widths[number] = max(8, min(widths[number], left // len(growing)))
    return [cut(_row(columns, row, widths), width) for row in cells]


def _row(columns: Sequence[Column], row: Sequence[Part], widths: Sequence[int]) -> Line:
    line: Line = []
    for column, (text, style), width in zip(columns, row, widths, strict=True):
        pad = max(0, width - cell_len(text))
        shown = " " * pad + text if column.right else fit_end(text, width) if column.grows else fit(text, width)
        line += [(shown, style), (" " * GAP, "")]
    return line[:-1]


def stack(sections: Sequence[Section], width: int, height: int | None) -> list[Line]:
    """Put sections one below the other, in so many lines; the last are left out where there is no room for them.

    `height` None: all of it. Where there is room a blank line is between two.
    """
    shares = [len(section.rows) for section in sections]
    spaced = height is None or sum(shares) + 2 * len(sections) - 1 <= height
    if height is not None and not spaced:
        sections, shares = _fitting(sections, height)
    lines: list[Line] = []
    for section, share in zip(sections, shares, strict=True):
        lines += [cut([], width)] if spaced and lines else []
        lines.append(cut([(section.heading, "title"), ("  ", ""), *section.note], width))
        lines += [cut(row, width) for row in section.rows[:share]]
    return lines


def _fitting(sections: Sequence[Section], height: int) -> tuple[Sequence[Section], list[int]]:
    """Return the first sections that all have their heading and two rows, and how many rows each has."""
    for count in range(min(len(sections), height), 0, -1):
        shares = _shares(sections[:count], height - count)
        # The headings of a table alone are no use.
        if count == 1 or all(
            share >= min(2, len(section.rows)) for section, share in zip(sections, shares, strict=False)
        ):
            return sections[:count], shares
    return (), []


def _shares(sections: Sequence[Section], left: int) -> list[int]:
    """Share lines out: first so many as each has at least, then one after the other."""
    shares = []
    for section in sections:
        shares.append(min(left, section.least, len(section.rows)))
        left -= shares[-1]
    shared = True
    while shared and left:
        shared = False
        for number, section in enumerate(sections):
            if left and shares[number] < len(section.rows):
                shares[number] += 1
                left -= 1
                shared = True
    return shares


def beside(left: Sequence[Line], right: Sequence[Line], width: int, share: float) -> Iterator[Line]:
    """Put lines beside others, the left ones in that share of the columns."""
    columns = int((width - GAP) * share)
    none: Line = []
    for one, other in zip_longest(left, right, fillvalue=none):
        yield [*cut(one, columns), (" " * GAP, ""), *cut(other, width - GAP - columns)]
