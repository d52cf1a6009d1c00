"""layouts.list: the built-in layouts."""

from __future__ import annotations

from protocol.commands.command import Command, Empty, Example
from protocol.model import Result
from protocol.project.layout import Cell


class LayoutInfo(Result):
    """A layout by the name that a clip's `layout.template` takes, with its cells in the order of their numbers."""

    name: str
    title: str
    description: str
    cells: list[Cell]


class LayoutList(Result):
    """Every built-in layout; those of a project stand in the project."""

    layouts: list[LayoutInfo]


COMMANDS = (
    Command(
        "layouts.list",
        Empty,
        LayoutList,
        "List the built-in layouts, which projects use without holding them.",
        Example({}),
        load="inline",
    ),
)
