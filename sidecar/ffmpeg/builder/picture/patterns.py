"""Test pictures, drawn for the size of the canvas: every edge lies between two pixels, at ⌊f·length + ½⌋."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from math import isqrt

Color = tuple[int, int, int]
Row = bytes
"""Palette numbers of a line of pixels."""

WHITE, BLACK = (255, 255, 255), (0, 0, 0)
GREY, YELLOW, CYAN, GREEN, MAGENTA, RED, BLUE = (
    (191, 191, 191), (191, 191, 0), (0, 191, 191), (0, 191, 0), (191, 0, 191), (191, 0, 0), (0, 0, 191),
)  # fmt: skip
"""Bars of 75 %."""

MINUS_I, PLUS_Q = (0, 33, 76), (50, 0, 106)
"""The patches beside white at the foot of SMPTE EG 1."""

NEAR_BLACK = ((5, 5, 5), (10, 10, 10))
"""2 % and 4 % above black."""

FULL = (WHITE, (255, 255, 0), (0, 255, 255), (0, 255, 0), (255, 0, 255), (255, 0, 0), (0, 0, 255), BLACK)
STEPS = tuple((level, level, level) for level in (round(255 * step / 10) for step in range(11)))
GROUND = (64, 64, 64)

PALETTE: tuple[Color, ...] = tuple(
    dict.fromkeys((
        BLACK, WHITE, GREY, YELLOW, CYAN, GREEN, MAGENTA, RED, BLUE, MINUS_I, PLUS_Q, *NEAR_BLACK, *FULL, *STEPS, GROUND,
    ))
)  # fmt: skip
_NUMBERS = {color: bytes([number]) for number, color in enumerate(PALETTE)}

SQUARES = 9
"""Squares of grid and checker from top to bottom."""

LINES = 270
"""A line is one of as many parts of the height wide."""

Band = tuple[Color, float]
"""A colour, and the fraction of the width or height where it ends."""


def pattern_picture(pattern: str, size: tuple[int, int]) -> bytes:
    """Draw `bars`, `test`, `grid` or `checker` as a PNG of this size (width, height)."""
    return _png(_DRAWN[pattern](*size), size)


def edge(part: float, length: int) -> int:
    """Return the pixel before which an edge at a fraction of a length lies."""
    return int(part * length + 0.5)


def _row(bands: Sequence[Band], width: int) -> Row:
    ends = [edge(end, width) for _, end in bands]
    starts = [0, *ends]
    return b"".join(
        _NUMBERS[color] * (end - start) for (color, _), start, end in zip(bands, starts, ends, strict=False)
    )


def _equal(colors: Sequence[Color]) -> list[Band]:
    return [(color, (place + 1) / len(colors)) for place, color in enumerate(colors)]


def _bars(width: int, height: int) -> Iterator[Row]:
    """Seven bars of 75 %, their reverse, and the patches that screens are set by (after SMPTE EG 1)."""
    bars = [GREY, YELLOW, CYAN, GREEN, MAGENTA, RED, BLUE]
    reverse = [BLUE, BLACK, MAGENTA, BLACK, CYAN, BLACK, GREY]
    unit, bar = 5 / 28, 1 / 7
    foot = [
        (MINUS_I, unit),
        (WHITE, 2 * unit),
        (PLUS_Q, 3 * unit),
        (BLACK, 5 * bar),
        (NEAR_BLACK[0], 5 * bar + bar / 3),
        (BLACK, 5 * bar + 2 * bar / 3),
        (NEAR_BLACK[1], 6 * bar),
        (BLACK, 1.0),
    ]
    rows = [_row(bands, width) for bands in (_equal(bars), _equal(reverse), foot)]
    ends = [edge(part, height) for part in (2 / 3, 3 / 4, 1)]
    for line in range(height):
        yield rows[sum(line >= end for end in ends)]


def _columns(width: int, height: int) -> int:
    """Squares across."""
    return max(1, round(SQUARES * width / height))


def _checker(width: int, height: int) -> Iterator[Row]:
    """White and black squares, white at the left top."""
    columns = _columns(width, height)
    rows = [_row(_equal([(WHITE, BLACK)[(place + odd) % 2] for place in range(columns)]), width) for odd in (0, 1)]
    ends = [edge((place + 1) / SQUARES, height) for place in range(SQUARES)]
    for line in range(height):
        yield rows[sum(line >= end for end in ends) % 2]


def _line_width(height: int) -> int:
    return max(1, round(height / LINES))


def _lines(count: int, length: int, thick: int) -> list[bool]:
    """Which pixels along a side belong to lines around `count` parts of it; the outer two lie inside."""
    drawn = [False] * length
    for place in range(count + 1):
        first = min(length - thick, max(0, edge(place / count, length) - thick // 2))
        drawn[max(0, first) : first + thick] = [True] * min(thick, length)
    return drawn


def _grid(width: int, height: int, ground: Color = BLACK) -> Iterator[Row]:
    """White lines around squares."""
    thick = _line_width(height)
    upright = _lines(_columns(width, height), width, thick)
    between = b"".join(_NUMBERS[WHITE if line else ground] for line in upright)
    for level in _lines(SQUARES, height, thick):
        yield _NUMBERS[WHITE] * width if level else between


def _test(width: int, height: int) -> Iterator[Row]:
    """A grid with a circle, colours of 100 %, and eleven steps of grey."""
    left, right = edge(1 / 6, width), edge(5 / 6, width)
    colors, steps = _row(_equal(FULL), right - left), _row(_equal(STEPS), right - left)
    top, middle, bottom = (edge(part, height) for part in (1 / 3, 1 / 2, 2 / 3))
    outer, thick = edge(0.45, min(width, height)), _line_width(height)
    for line, row in enumerate(_grid(width, height, GROUND)):
        drawn = bytearray(row)
        for first, end in _ring(line, (width, height), outer, outer - thick):
            drawn[first:end] = _NUMBERS[WHITE] * (end - first)
        if top <= line < bottom:
            drawn[left:right] = colors if line < middle else steps
        yield bytes(drawn)


def _ring(line: int, size: tuple[int, int], outer: int, inner: int) -> Iterator[tuple[int, int]]:
    """Spans of a line in which pixels have their centres between two circles around the middle, in half pixels."""
    width, height = size
    down = 2 * line + 1 - height
    spans = []
    for radius in (outer, inner):
        square = 4 * radius * radius - down * down
        reach = isqrt(square) if square >= 0 else -1
        first = (width - reach) // 2
        spans.append((first, width - first) if reach >= 0 else (width // 2, width // 2))
    (first, end), (gap, resumed) = spans
    yield max(0, first), max(0, gap)
    yield min(width, resumed), min(width, end)


_DRAWN: dict[str, Callable[[int, int], Iterator[Row]]] = {
    "bars": _bars,
    "test": _test,
    "grid": _grid,
    "checker": _checker,
}


def _png(rows: Iterator[Row], size: tuple[int, int]) -> bytes:
    """Write a picture of palette numbers; zlib's quickest level, for a file that one process reads."""
    packer = zlib.compressobj(1)
    packed = b"".join(packer.compress(b"\0" + row) for row in rows) + packer.flush()
    header = struct.pack(">IIBBBBB", *size, 8, 3, 0, 0, 0)
    palette = b"".join(bytes(color) for color in PALETTE)
    chunks = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
