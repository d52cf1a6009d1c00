"""Rules of named styles and graphics: names, fields and their values (docs/project.md §7)."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from protocol.project import GraphicSource, Style
from protocol.project.check.sink import Sink, brief, escaped, shown
from protocol.project.graphics import GRAPHICS, Graphic, GraphicField
from protocol.project.styles import PRESETS

_COLOR = re.compile(r"#[0-9A-Fa-f]{6}([0-9A-Fa-f]{2})?")
_TEXT_BYTES = 10_240


def check_style(style: Style, pointer: str, sink: Sink) -> None:
    """Note a style that there is not; `pointer` is that of the style."""
    if style.preset is not None and style.preset not in PRESETS:
        message, nearest = _unknown("style", style.preset, PRESETS, sink)
        sink.add("unknownWord", f"{pointer}/preset", message, value=brief(style.preset), nearest=nearest)


def check_graphic(source: GraphicSource, pointer: str, sink: Sink) -> None:
    """Note what is wrong with a graphic; `pointer` is its source's."""
    graphic = GRAPHICS.get(source.name)
    if graphic is None:
        message, nearest = _unknown("graphic", source.name, GRAPHICS, sink)
        sink.add("unknownWord", f"{pointer}/name", message, value=brief(source.name), nearest=nearest)
        return
    fields = {field.name: field for field in graphic.fields}
    for name, value in source.fields.items():
        at = f"{pointer}/fields/{escaped(name)}"
        if name in fields:
            _value(graphic, fields[name], value, at, sink)
        else:
            message, nearest = _unknown(f"field of the graphic {graphic.name}", name, fields, sink)
            sink.add("unknownMember", at, message, value=brief(name), nearest=nearest)


def _unknown(what: str, name: str, known: Collection[str], sink: Sink) -> tuple[str, str | None]:
    """Return the message for a name that there is not, and the name that was probably meant."""
    return f"There is no {what} called {shown(name)}", sink.nearest(name, known)


def _value(graphic: Graphic, field: GraphicField, value: Any, pointer: str, sink: Sink) -> None:
    """Note a value that the field cannot have."""
    what = f"The field {field.name} of the graphic {graphic.name}"
    if field.kind == "number":
        if isinstance(value, bool) or not isinstance(value, int | float):
            sink.add("type", pointer, f"{what} is a number", value=brief(value))
        elif not field.low <= value <= field.high:
            nearest = min(max(value, field.low), field.high)
            message = f"{what} lies in {field.low:g}–{field.high:g}, {shown(value)} does not"
            sink.add("outOfRange", pointer, message, value=brief(value), nearest=nearest)
    elif not isinstance(value, str):
        sink.add("type", pointer, f"{what} is text", value=brief(value))
    elif field.kind == "color" and not _COLOR.fullmatch(value):
        sink.add("format", pointer, f"{what} is a colour, #RRGGBB or #RRGGBBAA", value=brief(value))
    elif len(value.encode("utf-8", "surrogatepass")) > _TEXT_BYTES:
        sink.add("length", pointer, f"{what} has more than {_TEXT_BYTES} bytes")
