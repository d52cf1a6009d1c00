"""The cell of a layout that a clip fills (docs/project.md §4, steps 7, 10 and 14)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor

from protocol.project import Cell, Clip, Template
from protocol.project.layouts import BUILT_IN

_EDGE = 1e-9
"""How far from 0 or 1 a cell's edge may lie and still be the frame's own."""


@dataclass(frozen=True, slots=True)
class ItemCell:
    """A template and the one of its cells that a clip fills."""

    template: Template
    cell: Cell

    def rectangle(self, canvas: tuple[int, int], scale: tuple[float, float]) -> tuple[int, int, int, int]:
        """Return left, top, right, bottom on a canvas: edges on the nearest pixels, at least one pixel wide and high.

        `scale` are canvas pixels a project pixel. Half the gap, a fraction of the frame's height, is taken from every
        edge that is not the frame's own.
        """
        cell = self.cell
        half = self.template.gap * canvas[1] / scale[1] / 2
        left, right = _edges(cell.x, cell.width, half * scale[0], canvas[0])
        top, bottom = _edges(cell.y, cell.height, half * scale[1], canvas[1])
        return left, top, right, bottom


def _edges(start: float, length: float, inset: float, canvas: int) -> tuple[int, int]:
    end = min(1.0, start + length)
    low = start * canvas + (inset if start > _EDGE else 0)
    high = end * canvas - (inset if end < 1 - _EDGE else 0)
    first = min(floor(low + 0.5), canvas - 1)
    return first, max(first + 1, floor(high + 0.5))


def templates_of(own: Mapping[str, Template]) -> dict[str, Template]:
    """All templates by name: those of a project's own stand before the built-in ones of the same name."""
    return {**BUILT_IN, **own}


def cell_of(clip: Clip, templates: Mapping[str, Template]) -> ItemCell | None:
    """Find a clip's cell by its number or id; None where it fills the frame, or a cell that there is not."""
    layout = clip.layout
    template = None if layout is None else templates.get(layout.template)
    if layout is None or template is None:
        return None
    for number, cell in enumerate(template.cells):
        if layout.cell == (number if isinstance(layout.cell, int) else cell.id):
            return ItemCell(template, cell)
    return None
