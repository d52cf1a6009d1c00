"""Writes ASS scripts for libass. No text of the project ever becomes a command in one.

Every line of text is an event of its own at a point of its own: so the distance of lines, their justification and
where cues stack are ours, and the same in every window of a project.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sidecar.ffmpeg.builder.command import SideFile
from sidecar.ffmpeg.builder.text.faces import LoadedFace
from sidecar.ffmpeg.builder.text.layout import Block, Line
from sidecar.ffmpeg.builder.text.look import Look, Paint

_ALIGNMENT = {"left": 1, "center": 2, "right": 3}
_ROUND = 0.5523
"""Control points of a quarter circle as a cubic Bézier, as a fraction of its radius."""

_UNITS = 8
"""Drawings are in eighths of a pixel (\\p4)."""

_NEAR_ZERO = 0.001
_JOINER = "\N{WORD JOINER}"

_HEADER = """\
[Script Info]
ScriptType: v4.00+
PlayResX: {width}
PlayResY: {height}
WrapStyle: 2
ScaledBorderAndShadow: yes
YCbCr Matrix: None

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
"""


@dataclass(frozen=True, slots=True)
class Timed:
    """A block shown from `start` up to `end`, in hundredths of a second of the script's own clock."""

    block: Block
    start: int
    end: int


def write_script(blocks: Sequence[Timed], width: int, height: int) -> SideFile:
    """Write a script for a project of width × height, fonts embedded. Its name is made from its content."""
    styles: dict[str, str] = {}
    events: list[str] = []
    faces: dict[str, LoadedFace] = {}
    for timed in blocks:
        for line in timed.block.lines:
            faces.update({run.face.name: run.face for run in line.runs})
        name = _style(timed.block, styles)
        span = f"{_clock(timed.start)},{_clock(timed.end)}"
        events += [f"Dialogue: 0,{span},{name},,0,0,0,,{text}" for text in _events(timed.block)]
    parts = [
        _HEADER.format(width=width, height=height).encode(),
        *(f"Style: {name},{body}\n".encode() for body, name in styles.items()),
        *_fonts(faces.values()),
        b"\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n",
        "\n".join(events).encode("utf-8", "replace"),
        b"\n",
    ]
    content = b"".join(parts)
    return SideFile(f"text-{hashlib.sha256(content).hexdigest()[:16]}.ass", content)


def escape(text: str) -> str:
    """Write a piece of a line so that libass draws it as it stands.

    libass knows backslash with N, n or h, and braces; an invisible joiner takes a backslash's meaning away, also from
    the brace of whatever follows the piece.
    """
    out = []
    for index, char in enumerate(text):
        if char in "{}":
            out.append("\\" + char)
        elif char == "\\" and (index + 1 == len(text) or text[index + 1] in "Nnh"):
            out.append("\\" + _JOINER)
        else:
            out.append(char)
    return "".join(out)


def _style(block: Block, styles: dict[str, str]) -> str:
    """Name the style of a block, adding it if it is new."""
    look = block.look
    first = next((line.runs[0].face.name for line in block.lines if line.runs), "none")
    native = look.shadow if look.shadow_blur == 0 else None
    body = ",".join(
        (
            first,
            _number(look.size),
            _color(look.color),
            _color(look.color),
            _color(look.outline or look.color),
            _color(native or look.color),
            "0",
            "-1" if look.italic else "0",
            "0,0,100,100",
            _number(look.spacing),
            "0,1",
            _number(look.outline_width),
            "0",
            "2,0,0,0,-1",
        )
    )
    return styles.setdefault(body, f"S{len(styles)}")


def _events(block: Block) -> list[str]:
    """Texts of a block's events from the lowest up: box, blurred shadow, letters."""
    look = block.look
    texts = [_box(block, look.background)] if look.background is not None else []
    lines = [(index, line) for index, line in enumerate(block.lines) if line.runs]
    if look.shadow is not None and look.shadow_blur > 0:
        tags = _blurred_shadow(look, look.shadow)
        texts += [_place(block, index, line, tags) + _letters(line) for index, line in lines]
    tags = ""
    if look.shadow is not None and look.shadow_blur == 0:
        tags = _offset(look)
    return texts + [_place(block, index, line, tags) + _letters(line) for index, line in lines]


def _blurred_shadow(look: Look, shadow: Paint) -> str:
    """Tags of text of which only the shadow shows: a blur would blur the letters' own outline too.

    Letters that are wholly transparent cast a hollow shadow, so theirs is one step from it.
    """
    return (
        f"\\1c{_bgr(shadow)}\\1a&HFE&\\3a&HFF&\\4c{_bgr(shadow)}\\4a&H{255 - shadow.alpha:02X}&"
        f"\\blur{_number(look.shadow_blur)}{_offset(look)}"
    )


def _offset(look: Look) -> str:
    """Tags of a shadow's offset; at (0, 0) libass draws none."""
    x = look.shadow_x if look.shadow_x or look.shadow_y else _NEAR_ZERO
    return f"\\xshad{_number(x)}\\yshad{_number(look.shadow_y)}"


def _place(block: Block, index: int, line: Line, tags: str) -> str:
    """Tags that put a line where it belongs, by its bottom edge."""
    look = block.look
    inner = block.width - 2 * look.padding
    x = block.left + look.padding + inner * {"left": 0.0, "center": 0.5, "right": 1.0}[look.justify]
    # The bottom of a line is that of its deepest face; the baseline has to stay that of the first.
    own = line.runs[0].face.descent(look.size)
    deepest = max(run.face.descent(look.size) for run in line.runs)
    y = block.top + look.padding + look.size + index * look.line + deepest - own
    # Weights are for tags alone: a style knows bold and not bold.
    return f"{{\\an{_ALIGNMENT[look.justify]}\\pos({_number(x)},{_number(y)})\\b{look.weight}{tags}}}"


def _letters(line: Line) -> str:
    """Escape the text of a line, with the face named before each run."""
    return "".join(f"{{\\fn{run.face.name}}}{escape(run.text)}" for run in line.runs)


def _box(block: Block, paint: Paint) -> str:
    """Draw a rectangle, its corners rounded, as wide as the block."""
    width, height = block.width, block.height
    radius = min(block.look.radius, width / 2, height / 2)
    bend = radius * (1 - _ROUND)
    corners = (
        ((width - radius, 0), (width - bend, 0), (width, bend), (width, radius)),
        ((width, height - radius), (width, height - bend), (width - bend, height), (width - radius, height)),
        ((radius, height), (bend, height), (0, height - bend), (0, height - radius)),
        ((0, radius), (0, bend), (bend, 0), (radius, 0)),
    )
    path = f"m {_points((corners[-1][-1],))}"
    for start, *curve in corners:
        path += f" l {_points((start,))}" + (f" b {_points(curve)}" if radius > 0 else "")
    place = f"\\an7\\pos({_number(block.left)},{_number(block.top)})\\bord0\\shad0"
    return f"{{{place}\\1c{_bgr(paint)}\\1a&H{255 - paint.alpha:02X}&\\p4}}{path}"


def _points(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{round(x * _UNITS)} {round(y * _UNITS)}" for x, y in points)


def _fonts(faces: Iterable[LoadedFace]) -> list[bytes]:
    parts = [b"\n[Fonts]\n"]
    for face in sorted(faces, key=lambda face: face.name):
        parts += [f"fontname: {face.name}.ttf\n".encode(), face.encoded, b"\n"]
    return parts


def _color(paint: Paint) -> str:
    return f"&H{255 - paint.alpha:02X}{paint.blue:02X}{paint.green:02X}{paint.red:02X}"


def _bgr(paint: Paint) -> str:
    return f"&H{paint.blue:02X}{paint.green:02X}{paint.red:02X}&"


def _clock(hundredths: int) -> str:
    seconds, rest = divmod(hundredths, 100)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02d}:{second:02d}.{rest:02d}"


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")
