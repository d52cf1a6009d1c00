"""Breaks text into lines and places them: a block of lines, in project pixels."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from itertools import pairwise

from sidecar.ffmpeg.builder.text.clusters import clusters
from sidecar.ffmpeg.builder.text.fontset import FontSet, Run
from sidecar.ffmpeg.builder.text.look import Anchor, Look

BREAKS = re.compile("\r\n|[\n\r\v\f\u0085\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text in the order of its characters, its width without kerning, and its grapheme clusters."""

    runs: tuple[Run, ...]
    width: float
    letters: int


@dataclass(frozen=True, slots=True)
class Block:
    """Lines and the rectangle around them, padding included: left, top, width, height."""

    look: Look
    anchor: Anchor
    lines: tuple[Line, ...]
    left: float
    top: float
    width: float
    height: float

    @property
    def bottom(self) -> float:
        return self.top + self.height

    @property
    def letters(self) -> int:
        """Grapheme clusters of all lines."""
        return sum(line.letters for line in self.lines)

    def moved(self, top: float) -> Block:
        """Return the same block with its upper edge elsewhere."""
        return replace(self, top=top)

    def overlaps(self, other: Block) -> bool:
        """Tell whether the rectangles share an area."""
        apart_x = self.left >= other.left + other.width or other.left >= self.left + self.width
        return not apart_x and self.top < other.bottom and other.top < self.bottom


def lay_out(text: str, look: Look, anchor: Anchor, fonts: FontSet) -> Block:
    """Break a text at its line breaks and at the look's width, and place the block at its anchor."""
    measure = _Measure(look, fonts)
    lines = tuple(
        measure.line(line) for paragraph in BREAKS.split(text) for line in wrap(plain(paragraph), measure, look)
    )
    width = max(line.width for line in lines) + 2 * look.padding
    height = (len(lines) - 1) * look.line + look.size + 2 * look.padding
    left = anchor.x - width * {"left": 0.0, "center": 0.5, "right": 1.0}[anchor.align_x]
    top = anchor.y - height * {"top": 0.0, "center": 0.5, "bottom": 1.0}[anchor.align_y]
    return Block(look, anchor, lines, left, top, width, height)


class _Measure:
    """Widths in one look. Words are measured once."""

    def __init__(self, look: Look, fonts: FontSet) -> None:
        self._look = look
        self._fonts = fonts
        self._known: dict[str, Line] = {}

    def line(self, text: str) -> Line:
        known = self._known.get(text)
        if known is None:
            look = self._look
            runs = tuple(self._fonts.runs(text, look.family, look.weight, italic=look.italic))
            width = sum(run.face.width(run.text, look.size) + look.spacing * len(run.text) for run in runs)
            letters = sum(len(clusters(run.text)) for run in runs)
            known = self._known[text] = Line(runs, max(0.0, width), letters)
        return known

    def width(self, text: str) -> float:
        return self.line(text).width


def wrap(paragraph: str, measure: _Measure, look: Look) -> list[str]:
    """Break a paragraph into lines of at most the look's width, as libass does: greedily, then evened out.

    It breaks at spaces and between wide characters (Chinese, Japanese, Korean); inside a word only where the word
    alone is too wide.
    """
    if measure.width(paragraph) <= look.max_width:
        return [paragraph]
    lines: list[list[str]] = [[]]
    width = 0.0
    for word in _pieces(paragraph, measure, look.max_width):
        extent = measure.width(word.rstrip(" "))
        if lines[-1] and width + extent > look.max_width:
            lines.append([])
            width = 0.0
        lines[-1].append(word)
        width += measure.width(word)
    _even_out(lines, measure)
    return ["".join(line).rstrip(" ") for line in lines]


def _even_out(lines: list[list[str]], measure: _Measure) -> None:
    """Move last words down while that brings the widths of two neighbouring lines nearer to each other."""
    totals = [sum(measure.width(word) for word in line) for line in lines]

    def unseen(word: str) -> float:
        """Width of the spaces at the end of a line."""
        return measure.width(word) - measure.width(word.rstrip(" "))

    moved = True
    while moved:
        moved = False
        for number, (upper, lower) in enumerate(pairwise(lines)):
            if len(upper) < 2:
                continue
            above, below = totals[number] - unseen(upper[-1]), totals[number + 1] - unseen(lower[-1])
            word = measure.width(upper[-1])
            shorter = totals[number] - word - unseen(upper[-2])
            if abs(shorter - (below + word)) < abs(above - below):
                lower.insert(0, upper.pop())
                totals[number] -= word
                totals[number + 1] += word
                moved = True


def _pieces(paragraph: str, measure: _Measure, room: float) -> list[str]:
    """Cut a paragraph where a line may break. A piece keeps the spaces behind it."""
    pieces: list[str] = []
    for word in re.findall(r" *[^ ]+ *", paragraph):
        for piece in _between_wide(word):
            pieces += [piece] if measure.width(piece.rstrip(" ")) <= room else _cut(piece, measure, room)
    return pieces


def _between_wide(word: str) -> list[str]:
    pieces = [word[0]]
    for before, char in pairwise(word):
        if char != " " and _is_wide(before) and not unicodedata.category(char).startswith(("P", "M", "C")):
            pieces.append(char)
        else:
            pieces[-1] += char
    return pieces


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in ("W", "F")


def _cut(word: str, measure: _Measure, room: float) -> list[str]:
    """Cut a word that is too wide for a line into pieces that are not, one grapheme cluster at least."""
    pieces: list[list[str]] = [[]]
    width = 0.0
    for cluster in clusters(word):
        extent = measure.width(cluster)
        if pieces[-1] and cluster != " " and width + extent > room:
            pieces.append([])
            width = 0.0
        pieces[-1].append(cluster)
        width += extent
    return ["".join(piece) for piece in pieces]


def plain(paragraph: str) -> str:
    """Leave out control characters: tabs become spaces, the rest shows nothing."""
    spaced = paragraph.replace("\t", " ")
    return "".join(char for char in spaced if unicodedata.category(char) not in ("Cc", "Cs"))
