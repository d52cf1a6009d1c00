"""How a piece of text looks once defaults, track and cue are put together, and where it is anchored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from msgspec import structs

from protocol.project import Position, Style
from protocol.project.styles import HIGHLIGHT, PRESETS, REFERENCE_HEIGHT
from sidecar.ffmpeg.builder.text.faces import DEFAULT_FAMILY

AlignX = Literal["left", "center", "right"]
AlignY = Literal["top", "center", "bottom"]

SIZE = 0.05
MARGIN = 0.05
_OUTLINE = 0.06
_SHADOW = 0.06
_PADDING = 0.25
_LENGTHS = (
    "font_size",
    "outline_width",
    "shadow_x",
    "shadow_y",
    "shadow_blur",
    "padding",
    "border_radius",
    "letter_spacing",
)


@dataclass(frozen=True, slots=True)
class Paint:
    """A colour of straight alpha; all four 0–255."""

    red: int
    green: int
    blue: int
    alpha: int


@dataclass(frozen=True, slots=True)
class Look:
    """A style with nothing left open. Lengths in project pixels; `line` is the distance of baselines.

    `outline`, `shadow` and `background` are None where there is none; `max_width` is that of the text alone;
    `highlight` is the colour of the word that is being sung or spoken.
    """

    family: str
    size: float
    weight: int
    italic: bool
    color: Paint
    outline: Paint | None
    outline_width: float
    shadow: Paint | None
    shadow_x: float
    shadow_y: float
    shadow_blur: float
    background: Paint | None
    padding: float
    radius: float
    line: float
    spacing: float
    max_width: float
    justify: AlignX
    highlight: Paint


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where the block stands, in project pixels: (x, y) is the point named by `align_x` and `align_y` of it.

    `fixed`: a point of the project's choice, which no other text may push away.
    """

    x: float
    y: float
    align_x: AlignX
    align_y: AlignY
    fixed: bool


def merge(*styles: Style) -> Style:
    """Lay styles over each other: a member comes from the last one that has it."""
    merged: dict[str, object] = {}
    for style in styles:
        merged.update({name: value for name, value in structs.asdict(style).items() if value is not None})
    return Style(**merged)  # type: ignore[arg-type]  # the members of Style by their own names


def scaled_style(style: Style, factor: float) -> Style:
    """Multiply every length of a style."""
    lengths = {name: getattr(style, name) for name in _LENGTHS}
    return structs.replace(style, **{name: v * factor for name, v in lengths.items() if v is not None})


def scaled_position(position: Position | None, factor: float) -> Position | None:
    """Multiply the margins of a position."""
    if position is None:
        return None
    margins = {name: getattr(position, name) for name in ("margin_x", "margin_y")}
    return structs.replace(position, **{name: v * factor for name, v in margins.items() if v is not None})


def look_of(style: Style, position: Position | None, width: int, height: int) -> tuple[Look, Anchor]:
    """Fill in the preset and the defaults for a frame of width × height: 5 % of it high, bottom centre, margin 5 %.

    Naming one member of the outline, the shadow or the background makes the whole of it, the rest by default: black,
    6 % of the font size wide or away, and for a background a padding of 25 %.
    """
    preset = PRESETS[style.preset] if style.preset is not None else None
    if preset is not None:
        style = merge(scaled_style(preset.style, height / REFERENCE_HEIGHT), style)
    size = _or(style.font_size, SIZE * height)
    align = style.align or "center"
    anchor = _anchor(position or Position(), align, width, height)
    opacity = _or(style.opacity, 1.0)
    outlined = style.outline_color is not None or style.outline_width is not None
    shadowed = any(v is not None for v in (style.shadow_color, style.shadow_x, style.shadow_y, style.shadow_blur))
    boxed = any(v is not None for v in (style.background_color, style.background_opacity, style.border_radius))
    outline_width = _or(style.outline_width, _OUTLINE * size) if outlined else 0.0
    padding = _or(style.padding, _PADDING * size if boxed else 0.0)
    room = width * _or(style.max_width, 1 - 2 * MARGIN)
    if anchor.align_x == "center" and position is not None and position.margin_x is not None:
        room = min(room, width - 2 * position.margin_x)
    look = Look(
        family=style.font_family or DEFAULT_FAMILY,
        size=size,
        weight=style.font_weight or 400,
        italic=bool(style.italic),
        color=_paint(style.color or "#FFFFFF", opacity),
        outline=_paint(style.outline_color or "#000000", opacity) if outline_width > 0 else None,
        outline_width=outline_width,
        shadow=_paint(style.shadow_color or "#000000", opacity) if shadowed else None,
        shadow_x=_or(style.shadow_x, _SHADOW * size),
        shadow_y=_or(style.shadow_y, _SHADOW * size),
        shadow_blur=_or(style.shadow_blur, 0.0),
        background=_paint(style.background_color or "#000000", _or(style.background_opacity, 1.0)) if boxed else None,
        padding=padding,
        radius=_or(style.border_radius, 0.0),
        line=size * _or(style.line_height, 1.0),
        spacing=_or(style.letter_spacing, 0.0),
        max_width=max(1.0, room - 2 * padding),
        justify=align if style.align is not None else anchor.align_x,
        highlight=_paint(HIGHLIGHT if preset is None else preset.highlight, opacity),
    )
    return look, anchor


def _anchor(position: Position, align: AlignX, width: int, height: int) -> Anchor:
    """Turn a position into a point. Text at (x, y) has its middle there, or the edge that it is aligned to."""
    if position.x is not None or position.y is not None:
        return Anchor(_or(position.x, 0.5) * width, _or(position.y, 0.5) * height, align, "center", fixed=True)
    align_x = position.align_x or align
    align_y = position.align_y or "bottom"
    margin_x = _or(position.margin_x, MARGIN * width)
    margin_y = _or(position.margin_y, MARGIN * height)
    x = {"left": margin_x, "center": width / 2, "right": width - margin_x}[align_x]
    y = {"top": margin_y, "center": height / 2, "bottom": height - margin_y}[align_y]
    return Anchor(x, y, align_x, align_y, fixed=False)


def _paint(color: str, opacity: float) -> Paint:
    parts = [int(color[start : start + 2], 16) for start in range(1, len(color), 2)]
    alpha = parts[3] if len(parts) > 3 else 255
    return Paint(parts[0], parts[1], parts[2], round(alpha * opacity))


def _or(value: float | None, default: float) -> float:
    return default if value is None else float(value)
