"""Named graphics: what a source of kind `graphic` may name, and the fields that each has (docs/project.md §7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FieldKind = Literal["text", "color", "number"]


@dataclass(frozen=True, slots=True)
class GraphicField:
    """A value that a graphic asks for; `low` and `high` bound a number."""

    name: str
    kind: FieldKind
    default: str | float
    description: str
    low: float = 0.0
    high: float = 0.0


@dataclass(frozen=True, slots=True)
class Graphic:
    """A named graphic; `moves` says whether it moves by itself."""

    name: str
    title: str
    description: str
    fields: tuple[GraphicField, ...]
    moves: bool


def _text(name: str, default: str, description: str) -> GraphicField:
    return GraphicField(name, "text", default, description)


def _color(name: str, default: str, description: str) -> GraphicField:
    return GraphicField(name, "color", default, description)


def _number(name: str, default: float, low: float, high: float, description: str) -> GraphicField:
    return GraphicField(name, "number", default, description, low, high)


_ALL = (
    Graphic(
        "lower-third",
        "Lower third",
        "A name on a coloured box and a line below it, at the lower left; slides in and out.",
        (
            _text("name", "Name", "Who is seen."),
            _text("title", "", "What they do; empty: no second line."),
            _color("color", "#1565C0", "Colour of the box."),
        ),
        moves=True,
    ),
    Graphic(
        "title-card",
        "Title card",
        "A title and a subtitle in the middle of a coloured frame.",
        (
            _text("title", "Title", "The large line."),
            _text("subtitle", "", "The small line; empty: none."),
            _color("color", "#FFFFFF", "Colour of the letters."),
            _color("background", "#101418", "Colour of the frame; with alpha the picture below shows through."),
        ),
        moves=False,
    ),
    Graphic(
        "end-credits",
        "End credits",
        "Lines that roll from below the frame to above it over the length of the clip.",
        (
            _text("heading", "", "A heading above the lines; empty: none."),
            _text("lines", "Credits", "The lines, each on its own."),
            _color("color", "#FFFFFF", "Colour of the letters."),
        ),
        moves=True,
    ),
    Graphic(
        "countdown",
        "Countdown",
        "The seconds that are left of the clip, one number after the other.",
        (
            _color("color", "#FFFFFF", "Colour of the numbers."),
            _number("size", 0.4, 0.05, 1.0, "Height of the numbers, as a fraction of the frame's."),
        ),
        moves=True,
    ),
    Graphic(
        "chapter",
        "Chapter",
        "A number, a rule and the name of a chapter, at the left; fades in and out.",
        (
            _text("number", "1", "Number of the chapter; empty: none."),
            _text("title", "Chapter", "Its name."),
            _color("color", "#FFC107", "Colour of the number and the rule."),
        ),
        moves=True,
    ),
    Graphic(
        "callout",
        "Callout",
        "A note on a box at a point of the frame; grows in and shrinks out.",
        (
            _text("text", "Look here", "The note."),
            _number("x", 0.5, 0.0, 1.0, "Middle of the box from the left, as a fraction of the width."),
            _number("y", 0.3, 0.0, 1.0, "Middle of the box from the top, as a fraction of the height."),
            _color("color", "#D32F2F", "Colour of the box."),
        ),
        moves=True,
    ),
    Graphic(
        "quote",
        "Quote",
        "Words in italics and who said them, in the middle of the frame.",
        (
            _text("text", "Words", "What was said."),
            _text("author", "", "Who said it; empty: nobody."),
            _color("color", "#FFFFFF", "Colour of the letters."),
        ),
        moves=False,
    ),
)

GRAPHICS = {graphic.name: graphic for graphic in _ALL}
"""Graphic by name."""


def field_values(graphic: Graphic, given: dict[str, object]) -> dict[str, str | float]:
    """Return the value of every field: as given, or by default. The given ones must have been checked."""
    values: dict[str, str | float] = {}
    for field in graphic.fields:
        value = given.get(field.name, field.default)
        if not isinstance(value, str | int | float):
            raise TypeError(f"the field {field.name} of {graphic.name} has no checked value")
        values[field.name] = value
    return values
