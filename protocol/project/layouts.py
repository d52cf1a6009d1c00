"""The built-in layouts, beside the templates of a project's own (docs/project.md §2 and §4)."""

from __future__ import annotations

from protocol.project.layout import Cell, Template

INSET = 0.03
"""Distance of a picture-in-picture from the frame's edges, as a fraction of the width and of the height."""

SMALL = 0.3
"""Width and height of a picture-in-picture, as fractions of the frame's."""


def _grid(name: str, columns: int, rows: int) -> Template:
    """Equal cells, row by row."""
    cells = [
        Cell(x=column / columns, y=row / rows, width=1 / columns, height=1 / rows)
        for row in range(rows)
        for column in range(columns)
    ]
    return Template(id=name, cells=cells)


def _inset(name: str, x: float, y: float) -> Template:
    """The whole frame, and a small picture over it."""
    return Template(
        id=name,
        cells=[
            Cell(id="main", x=0, y=0, width=1, height=1),
            Cell(id="inset", x=x, y=y, width=SMALL, height=SMALL),
        ],
    )


def _one_beside(name: str, others: int, *, across: bool) -> Template:
    """A large cell of two thirds, and smaller ones stacked to its right, or set below it (`across`)."""
    large = {"width": 1.0, "height": 2 / 3} if across else {"width": 2 / 3, "height": 1.0}
    cells = [Cell(id="main", x=0, y=0, **large)]
    for index in range(others):
        if across:
            cells.append(Cell(x=index / others, y=2 / 3, width=1 / others, height=1 / 3))
        else:
            cells.append(Cell(x=2 / 3, y=index / others, width=1 / 3, height=1 / others))
    return Template(id=name, cells=cells)


_FAR = 1 - SMALL - INSET

BUILT_IN: dict[str, Template] = {
    template.id: template
    for template in (
        _grid("full", 1, 1),
        _grid("split-2-left-right", 2, 1),
        _grid("split-2-top-bottom", 1, 2),
        _grid("thirds", 3, 1),
        _grid("thirds-rows", 1, 3),
        _grid("quarters", 4, 1),
        _grid("grid-2x2", 2, 2),
        _grid("grid-2x3", 2, 3),
        _grid("grid-3x2", 3, 2),
        _grid("grid-3x3", 3, 3),
        _grid("grid-4x4", 4, 4),
        _inset("picture-in-picture-top-left", INSET, INSET),
        _inset("picture-in-picture-top-right", _FAR, INSET),
        _inset("picture-in-picture-bottom-left", INSET, _FAR),
        _inset("picture-in-picture-bottom-right", _FAR, _FAR),
        _one_beside("one-plus-two", 2, across=False),
        _one_beside("one-plus-three", 3, across=False),
        _one_beside("one-over-two", 2, across=True),
        _one_beside("one-over-three", 3, across=True),
        Template(
            id="split-diagonal",
            cells=[
                Cell(id="left", x=0, y=0, width=1, height=1, polygon=[(0, 0), (0.6, 0), (0.4, 1), (0, 1)]),
                Cell(id="right", x=0, y=0, width=1, height=1, polygon=[(0.6, 0), (1, 0), (1, 1), (0.4, 1)]),
            ],
        ),
    )
}
"""By name. The first of two numbers counts columns. Cells count from the left top, row by row."""
