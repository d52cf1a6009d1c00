"""Looks of cues in ASS scripts that other programs are to draw."""

from __future__ import annotations

from sidecar.ffmpeg.builder.text.events import escape
from sidecar.ffmpeg.builder.text.look import Anchor, Look, Paint

_PLACES = {("left", "bottom"): 1, ("center", "bottom"): 2, ("right", "bottom"): 3}
_PLACES |= {("left", "center"): 4, ("center", "center"): 5, ("right", "center"): 6}
_PLACES |= {("left", "top"): 7, ("center", "top"): 8, ("right", "top"): 9}
_BOLD = 600
"""Weights from here on are bold: the format knows no other."""

_HEADER = """\
[Script Info]
ScriptType: v4.00+
PlayResX: {width}
PlayResY: {height}
WrapStyle: 0
ScaledBorderAndShadow: yes
YCbCr Matrix: TV.709

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
"""


def ass_header(size: tuple[int, int]) -> str:
    """Write all that stands before the styles; lengths are project pixels."""
    return _HEADER.format(width=size[0], height=size[1])


def ass_style(look: Look, anchor: Anchor, size: tuple[int, int]) -> str:
    """Write the members of a style line behind its name: what of a look the format can say."""
    boxed = look.background is not None
    edge = look.background or look.outline or look.color
    behind = look.background or look.shadow or look.color
    left = anchor.x if anchor.align_x == "left" else 0.0
    right = size[0] - anchor.x if anchor.align_x == "right" else 0.0
    side = (size[0] - look.max_width) / 2 if anchor.align_x == "center" and not anchor.fixed else 0.0
    down = {"top": anchor.y, "center": 0.0, "bottom": size[1] - anchor.y}[anchor.align_y]
    members = (
        _family(look.family),
        _number(look.size),
        _color(look.color),
        _color(look.highlight),
        _color(edge),
        _color(behind),
        "-1" if look.weight >= _BOLD else "0",
        "-1" if look.italic else "0",
        "0,0,100,100",
        _number(look.spacing),
        "0",
        "3" if boxed else "1",
        _number(look.padding if boxed else look.outline_width),
        _number(0.0 if look.shadow is None or boxed else max(look.shadow_x, look.shadow_y)),
        str(_PLACES[anchor.align_x, anchor.align_y]),
        _number(left or side),
        _number(right or side),
        _number(max(0.0, down)),
        "1",
    )
    return ",".join(members)


def ass_text(text: str, anchor: Anchor) -> str:
    """Write the text of a cue, with a tag for where it stands if that is a point. No text becomes a tag."""
    place = f"{{\\pos({_number(anchor.x)},{_number(anchor.y)})}}" if anchor.fixed else ""
    return place + "\\N".join(escape(line) for line in text.strip("\n").split("\n"))


def _color(paint: Paint) -> str:
    return f"&H{255 - paint.alpha:02X}{paint.blue:02X}{paint.green:02X}{paint.red:02X}"


def _family(name: str) -> str:
    """A comma would end the member, a backslash or a brace the tag."""
    return "".join(char for char in name if char.isprintable() and char not in ",\\{}")


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".") or "0"
