"""The built-in layouts, beside the templates of a project's own (docs/project.md §2 and §4)."""

from __future__ import annotations

from dataclasses import dataclass

from protocol.project.layout import Cell, Template

INSET = 0.03
"""Distance of a picture-in-picture from the frame's edges, as a fraction of the width and of the height."""

SMALL = 0.3
"""Width and height of a picture-in-picture, as fractions of the frame's."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A built-in layout; its name is that of the template."""

    title: str
    description: str
    template: Template


def _grid(name: str, title: str, description: str, columns: int, rows: int) -> Layout:
    """Equal cells, row by row."""
    cells = [
        Cell(x=column / columns, y=row / rows, width=1 / columns, height=1 / rows)
        for row in range(rows)
        for column in range(columns)
    ]
    return Layout(title, description, Template(id=name, cells=cells))


def _inset(corner: str, x: float, y: float) -> Layout:
    """The whole frame, and a small picture over it."""
    cells = [
        Cell(id="main", x=0, y=0, width=1, height=1),
        Cell(id="inset", x=x, y=y, width=SMALL, height=SMALL),
    ]
    place = corner.replace("-", " ")
    template = Template(id=f"picture-in-picture-{corner}", cells=cells)
    return Layout(f"Picture in picture, {place}", f"The whole frame and a small picture at the {place}", template)


def _beside(name: str, title: str, others: int) -> Layout:
    """A cell of two thirds at the left, and smaller ones stacked at its right."""
    cells = [Cell(id="main", x=0, y=0, width=2 / 3, height=1)]
    cells += [Cell(x=2 / 3, y=index / others, width=1 / 3, height=1 / others) for index in range(others)]
    return Layout(title, "A large cell at the left, small ones at its right", Template(id=name, cells=cells))


def _over(name: str, title: str, others: int) -> Layout:
    """A cell of two thirds at the top, and smaller ones side by side below it."""
    cells = [Cell(id="main", x=0, y=0, width=1, height=2 / 3)]
    cells += [Cell(x=index / others, y=2 / 3, width=1 / others, height=1 / 3) for index in range(others)]
    return Layout(title, "A large cell at the top, small ones below it", Template(id=name, cells=cells))


def _diagonal() -> Layout:
    """Two halves that meet in a slanted line."""
    left = [(0.0, 0.0), (0.6, 0.0), (0.4, 1.0), (0.0, 1.0)]
    right = [(0.6, 0.0), (1.0, 0.0), (1.0, 1.0), (0.4, 1.0)]
    cells = [
        Cell(id="left", x=0, y=0, width=1, height=1, polygon=left),
        Cell(id="right", x=0, y=0, width=1, height=1, polygon=right),
    ]
    return Layout(
        "Diagonal split", "Two halves that meet in a slanted line", Template(id="split-diagonal", cells=cells)
    )


_FAR = 1 - SMALL - INSET

LAYOUTS: tuple[Layout, ...] = (
    _grid("full", "Full frame", "One cell", 1, 1),
    _grid("split-2-left-right", "Split, left and right", "Two cells side by side", 2, 1),
    _grid("split-2-top-bottom", "Split, top and bottom", "Two cells one above the other", 1, 2),
    _diagonal(),
    _grid("thirds", "Thirds", "Three cells side by side", 3, 1),
    _grid("thirds-rows", "Thirds in rows", "Three cells one above the other", 1, 3),
    _grid("quarters", "Quarters", "Four cells side by side", 4, 1),
    _grid("grid-2x2", "Grid of 2 × 2", "Four cells in two columns and two rows", 2, 2),
    _grid("grid-2x3", "Grid of 2 × 3", "Six cells in two columns and three rows", 2, 3),
    _grid("grid-3x2", "Grid of 3 × 2", "Six cells in three columns and two rows", 3, 2),
    _grid("grid-3x3", "Grid of 3 × 3", "Nine cells in three columns and three rows", 3, 3),
    _grid("grid-4x4", "Grid of 4 × 4", "Sixteen cells in four columns and four rows", 4, 4),
    _inset("top-left", INSET, INSET),
    _inset("top-right", _FAR, INSET),
    _inset("bottom-left", INSET, _FAR),
    _inset("bottom-right", _FAR, _FAR),
    _beside("one-plus-two", "One and two", 2),
    _beside("one-plus-three", "One and three", 3),
    _over("one-over-two", "One over two", 2),
    _over("one-over-three", "One over three", 3),
)
"""Cells count from the left top, row by row; in a grid's name columns come first."""

BUILT_IN: dict[str, Template] = {layout.template.id: layout.template for layout in LAYOUTS}
"""Their templates by name."""
