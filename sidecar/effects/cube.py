"""Colour look-up tables as .cube files: read strictly, written anew, so that nothing of a stranger's file is passed on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import isfinite

MOST_BYTES = 16 * 2**20
LARGEST = {1: 65_536, 3: 65}
"""Most entries along an axis, by the number of axes."""

_KEPT = 4
"""Tables that are kept in memory."""


@dataclass(frozen=True, slots=True)
class Cube:
    """A table of `axes` (1: a curve for each channel, 3: one entry for each colour), red changing first."""

    axes: int
    size: int
    low: tuple[float, float, float]
    high: tuple[float, float, float]
    entries: tuple[tuple[float, float, float], ...]

    def written(self) -> bytes:
        """Write the table as a file."""
        lines = [f"LUT_{self.axes}D_SIZE {self.size}", _row("DOMAIN_MIN ", self.low), _row("DOMAIN_MAX ", self.high)]
        return "\n".join([*lines, *(_row("", entry) for entry in self.entries), ""]).encode()


@lru_cache(_KEPT)
def read_cube(content: bytes) -> Cube:
    """Read a .cube file of Adobe's form; raises ValueError that says what is wrong and in which line."""
    if len(content) > MOST_BYTES:
        raise ValueError(f"more than {MOST_BYTES} bytes")
    axes, size = 0, 0
    low, high = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    entries: list[tuple[float, float, float]] = []
    for number, raw in enumerate(content.decode("utf-8", errors="replace").splitlines(), start=1):
        line = raw.split("#", 1)[0].split()
        if not line or line[0] == "TITLE":
            continue
        if line[0] in ("LUT_1D_SIZE", "LUT_3D_SIZE"):
            axes, size = int(line[0][4]), _size(line, number)
        elif line[0] == "DOMAIN_MIN":
            low = _numbers(line[1:], number)
        elif line[0] == "DOMAIN_MAX":
            high = _numbers(line[1:], number)
        else:
            entries.append(_numbers(line, number))
    if not axes:
        raise ValueError("it does not say its size (LUT_3D_SIZE)")
    if not 2 <= size <= LARGEST[axes]:
        raise ValueError(f"a size of {size} is not in 2-{LARGEST[axes]}")
    if len(entries) != size**axes:
        raise ValueError(f"{len(entries)} entries in place of {size**axes}")
    if any(top <= bottom for bottom, top in zip(low, high, strict=True)):
        raise ValueError("its domain is empty")
    return Cube(axes, size, low, high, tuple(entries))


@lru_cache(_KEPT)
def rewritten(content: bytes) -> tuple[int, bytes]:
    """Return the number of axes of a table, and the table written anew. Raises what `read_cube` raises."""
    table = read_cube(content)
    return table.axes, table.written()


def _size(line: list[str], number: int) -> int:
    try:
        return int(line[1])
    except (IndexError, ValueError) as error:
        raise ValueError(f"line {number}: no size") from error


def _numbers(words: list[str], number: int) -> tuple[float, float, float]:
    try:
        red, green, blue = (float(word) for word in words)
    except ValueError as error:
        raise ValueError(f"line {number}: not three numbers") from error
    if not (isfinite(red) and isfinite(green) and isfinite(blue)):
        raise ValueError(f"line {number}: not a finite number")
    return red, green, blue


def _row(name: str, values: tuple[float, float, float]) -> str:
    return name + " ".join(f"{value:.9f}" for value in values)
