"""Titles and cues: style, position, animation."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from protocol.model import Model
from protocol.project.animated import Easing
from protocol.project.words import AlignX, AlignY, Fraction01, HexColor, Text
from protocol.time import Seconds

Pixels = Annotated[float, Meta(ge=0, le=16_384)]
Offset = Annotated[float, Meta(ge=-16_384, le=16_384)]


class Style(Model):
    """How text looks. A member left out (null) comes from the level below: default ← preset ← track ← cue.

    Lengths are project pixels; `max_width` is a fraction of the frame's width, `line_height` a factor.
    """

    preset: str | None = None
    font_family: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    font_size: Annotated[float, Meta(ge=1, le=4_096)] | None = None
    font_weight: Annotated[int, Meta(ge=100, le=900)] | None = None
    italic: bool | None = None
    color: HexColor | None = None
    opacity: Fraction01 | None = None
    outline_color: HexColor | None = None
    outline_width: Pixels | None = None
    shadow_color: HexColor | None = None
    shadow_x: Offset | None = None
    shadow_y: Offset | None = None
    shadow_blur: Pixels | None = None
    background_color: HexColor | None = None
    background_opacity: Fraction01 | None = None
    padding: Pixels | None = None
    border_radius: Pixels | None = None
    line_height: Annotated[float, Meta(ge=0.1, le=10)] | None = None
    letter_spacing: Offset | None = None
    max_width: Annotated[float, Meta(ge=0.01, le=1)] | None = None
    align: Literal["left", "center", "right"] | None = None


class Position(Model):
    """Aligned with margins in project pixels, or a point (x, y) as fractions of the frame; never both."""

    align_x: AlignX | None = None
    align_y: AlignY | None = None
    margin_x: Pixels | None = None
    margin_y: Pixels | None = None
    x: Fraction01 | None = None
    y: Fraction01 | None = None


class Animation(Model):
    """A movement of text; `duration` null runs to the end."""

    type: Literal[
        "fadeIn",
        "fadeOut",
        "slideIn",
        "slideOut",
        "scaleIn",
        "scaleOut",
        "typewriter",
        "wave",
        "bounce",
        "shake",
        "blink",
        "pulse",
    ]
    duration: Seconds | None = 0.5
    delay: Seconds = 0
    easing: Easing = "easeOut"
    direction: Literal["top", "bottom", "left", "right"] = "bottom"
    parameters: dict[str, float] = {}


class Word(Model):
    """A word of a cue with its own time, for karaoke."""

    start: Seconds
    end: Seconds
    text: Text
