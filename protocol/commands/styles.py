"""What text can be named to look like: styles, and graphics that are made of text."""

from __future__ import annotations

from typing import Literal

from protocol.commands.command import Command, Empty, Example
from protocol.model import Result
from protocol.project import Style


class StyleInfo(Result):
    """A style by the name that `preset` takes; `highlight` is the colour of the word that is being sung or spoken.

    Lengths in `style` are for a frame of 1080 lines; they scale with the height of the project. Titles and
    descriptions are English.
    """

    name: str
    title: str
    description: str
    style: Style
    highlight: str


class StyleList(Result):
    """Every style, from the plainest on."""

    styles: list[StyleInfo]


class TitleField(Result):
    """A field of a graphic; `minimum` and `maximum` are those of a number, null otherwise."""

    name: str
    kind: Literal["text", "color", "number"]
    default: str | float
    description: str
    minimum: float | None
    maximum: float | None


class TitleInfo(Result):
    """A graphic by the `name` that a source of kind `graphic` takes; `moves`: it is not the same on every frame."""

    name: str
    title: str
    description: str
    fields: list[TitleField]
    moves: bool


class TitleList(Result):
    """Every graphic."""

    titles: list[TitleInfo]


COMMANDS = (
    Command("styles.list", Empty, StyleList, "List the named styles of text.", Example({}), load="inline"),
    Command("titles.list", Empty, TitleList, "List the named graphics and their fields.", Example({}), load="inline"),
)
