"""A waveform drawn with the dots of braille: each column two pixels wide, each row four high."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, pairwise

from protocol.commands.waveform import WaveformChannel

Part = tuple[str, str]
"""A text and its style."""

ROWS = 8
DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""The bits of a character's dots: of the left column from top to bottom, then of the right one."""

BLANK = 0x2800


def drawn(channel: WaveformChannel, width: int, full: int, rows: int = ROWS) -> Iterator[list[Part]]:
    """Draw peaks `width` characters wide; `full` is full scale. Where the mean level reaches is drawn stronger."""
    low, high = _spread(channel.min, 2 * width, min), _spread(channel.max, 2 * width, max)
    mean = _spread(channel.rms, 2 * width, max)
    columns = list(zip(low, high, mean, strict=True))
    for row in range(rows):
        cells = [_cell(columns[at : at + 2], row, 4 * rows, full) for at in range(0, len(columns), 2)]
        yield [("".join(text for text, _ in some), style) for style, some in _runs(cells)]


def _runs(cells: list[Part]) -> Iterator[tuple[str, list[Part]]]:
    for style, some in groupby(cells, key=lambda cell: cell[1]):
        yield style, list(some)


def _cell(columns: Sequence[tuple[int, int, int]], row: int, height: int, full: int) -> Part:
    bits, strong = 0, False
    for dots, (least, most, level) in zip(DOTS, columns, strict=True):
        top, bottom = _place(most, height, full), _place(least, height, full)
        for dot, bit in enumerate(dots):
            place = 4 * row + dot
            if top <= place <= bottom:
                bits |= bit
                strong = strong or _place(level, height, full) <= place <= _place(-level, height, full)
    return chr(BLANK + bits), "green" if strong else "cyan"


def _place(value: int, height: int, full: int) -> int:
    """Return the line of dots that a value lies on, counted from the top."""
    return min(height - 1, max(0, round((height - 1) * (1 - value / full) / 2)))


def _spread(values: Sequence[int], count: int, choose: Callable[[Sequence[int]], int]) -> list[int]:
    """Make exactly `count` values of those there are: the extremes of those that fall together."""
    total = len(values)
    if total == 0:
        return [0] * count
    edges = [total * place // count for place in range(count + 1)]
    return [choose(values[first : max(first + 1, end)]) for first, end in pairwise(edges)]
