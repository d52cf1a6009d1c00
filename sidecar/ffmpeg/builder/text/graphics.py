"""What the named graphics draw: texts and panels, and how each moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Literal

from protocol.project import Animation, GraphicSource, Position, Style
from protocol.project.graphics import GRAPHICS, field_values

_LONGEST = 24 * 3600


@dataclass(frozen=True, slots=True)
class Panel:
    """A rectangle, its edges in pixels of a frame of 1080 lines; None: the frame's own right or lower edge."""

    left: float = 0
    top: float = 0
    right: float | None = None
    bottom: float | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A text in a style, or a `panel` in the style's background colour; lengths are for a frame of 1080 lines.

    It is shown from `start` to `end` (seconds of the clip; None: as long as the clip). `roll`: it moves from below the
    frame to above it.
    """

    text: str
    style: Style
    position: Position | None = None
    animations: tuple[Animation, ...] = ()
    start: Fraction | None = None
    end: Fraction | None = None
    roll: bool = False
    panel: Panel | None = None


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a graphic, and the clip's piece that is drawn: seconds from, to, and its whole length."""

    values: dict[str, str | float]
    first: Fraction
    end: Fraction
    length: Fraction

    def text(self, name: str) -> str:
        value = self.values[name]
        return value if isinstance(value, str) else f"{value:g}"

    def number(self, name: str) -> float:
        return float(self.values[name])


def cards(source: GraphicSource, first: Fraction, end: Fraction, length: Fraction) -> list[Card]:
    """Return the cards of a graphic that any instant in [first, end) of a clip of this length shows, lowest first."""
    fields = Fields(field_values(GRAPHICS[source.name], source.fields), first, end, length)
    return [card for card in DRAWS[source.name](fields) if card.text or card.panel is not None]


def _lower_third(fields: Fields) -> list[Card]:
    color = fields.text("color")
    motion = _in_and_out("slide", 0.5, "left")
    later = _in_and_out("slide", 0.5, "left", delay=0.15)
    name = Style(font_size=58, font_weight=700, background_color=color, padding=18, align="left", max_width=0.6)
    title = Style(font_size=38, background_color="#FFFFFF", color="#202020", padding=12, align="left", max_width=0.6)
    return [
        Card(fields.text("title"), title, _corner(90, 130, "top"), later),
        Card(fields.text("name"), name, _corner(90, 192, "bottom"), motion),
    ]


def _corner(margin_x: float, from_bottom: float, side: Literal["top", "bottom"]) -> Position:
    """Text at the left, its upper or lower edge a distance from the frame's lower edge."""
    margin = from_bottom if side == "bottom" else 1080 - from_bottom - 62
    return Position(align_x="left", align_y=side, margin_x=margin_x, margin_y=margin)


def _title_card(fields: Fields) -> list[Card]:
    color = fields.text("color")
    subtitle = fields.text("subtitle")
    return [
        Card("", Style(background_color=fields.text("background")), panel=Panel()),
        Card(
            fields.text("title"),
            Style(font_size=120, font_weight=700, color=color, max_width=0.85),
            Position(x=0.5, y=0.45 if subtitle else 0.5),
        ),
        Card(subtitle, Style(font_size=52, font_weight=300, color=color, max_width=0.85), Position(x=0.5, y=0.63)),
    ]


def _end_credits(fields: Fields) -> list[Card]:
    color, heading = fields.text("color"), fields.text("heading")
    text = f"{heading}\n\n{fields.text('lines')}" if heading else fields.text("lines")
    style = Style(font_size=54, font_weight=400, color=color, line_height=1.35, max_width=0.8)
    return [Card(text, style, Position(align_y="top", margin_y=0), roll=True)]


def _countdown(fields: Fields) -> list[Card]:
    """One card a second that is left; each swells in."""
    style = Style(font_size=1080 * fields.number("size"), font_weight=900, color=fields.text("color"), max_width=1)
    found = []
    # the last second is 1, and it ends with the clip
    for left in range(max(1, ceil(fields.length - fields.end)), min(_LONGEST, ceil(fields.length - fields.first)) + 1):
        start, end = fields.length - left, fields.length - left + 1
        text = str(left) if left < 60 else f"{left // 60}:{left % 60:02d}"
        motion = (Animation(type="scaleIn", duration=0.25), Animation(type="fadeOut", duration=0.25))
        found.append(Card(text, style, Position(x=0.5, y=0.5), motion, max(start, Fraction(0)), end))
    return found


def _chapter(fields: Fields) -> list[Card]:
    color, fade = fields.text("color"), _in_and_out("fade", 0.6)
    left = Position(align_x="left", align_y="bottom", margin_x=144)
    number = Style(font_size=150, font_weight=900, color=color, align="left")
    title = Style(font_size=84, font_weight=500, align="left", max_width=0.75)
    return [
        Card(fields.text("number"), number, _with_margin(left, 575), fade),
        Card("", Style(background_color=color), None, fade, panel=Panel(144, 518, 384, 529)),
        Card(fields.text("title"), title, Position(align_x="left", align_y="top", margin_x=144, margin_y=560), fade),
    ]


def _with_margin(position: Position, margin: float) -> Position:
    return Position(align_x=position.align_x, align_y=position.align_y, margin_x=position.margin_x, margin_y=margin)


def _callout(fields: Fields) -> list[Card]:
    style = Style(
        font_size=48,
        font_weight=500,
        background_color=fields.text("color"),
        padding=22,
        border_radius=16,
        max_width=0.4,
    )
    motion = (Animation(type="scaleIn", duration=0.3), Animation(type="scaleOut", duration=0.3))
    return [Card(fields.text("text"), style, Position(x=fields.number("x"), y=fields.number("y")), motion)]


def _quote(fields: Fields) -> list[Card]:
    color = fields.text("color")
    words = Style(font_size=72, font_weight=300, italic=True, color=color, line_height=1.2, max_width=0.75)
    author = Style(font_size=42, font_weight=500, color=color, letter_spacing=2, max_width=0.75)
    text = fields.text("text")
    said = fields.text("author")
    return [
        Card(f"\N{LEFT DOUBLE QUOTATION MARK}{text}\N{RIGHT DOUBLE QUOTATION MARK}", words, Position(x=0.5, y=0.45)),
        Card(f"\N{EM DASH} {said}" if said else "", author, Position(align_y="bottom", margin_y=240)),
    ]


def _in_and_out(
    kind: Literal["slide", "fade"],
    duration: float,
    direction: Literal["left", "bottom"] = "bottom",
    *,
    delay: float = 0,
) -> tuple[Animation, ...]:
    if kind == "fade":
        return (
            Animation(type="fadeIn", duration=duration, delay=delay),
            Animation(type="fadeOut", duration=duration, delay=delay, easing="easeIn"),
        )
    return (
        Animation(type="slideIn", duration=duration, delay=delay, direction=direction),
        Animation(type="slideOut", duration=duration, delay=delay, direction=direction, easing="easeIn"),
    )


DRAWS: dict[str, Callable[[Fields], list[Card]]] = {
    "lower-third": _lower_third,
    "title-card": _title_card,
    "end-credits": _end_credits,
    "countdown": _countdown,
    "chapter": _chapter,
    "callout": _callout,
    "quote": _quote,
}
"""What draws each graphic of `protocol.project.graphics`."""
