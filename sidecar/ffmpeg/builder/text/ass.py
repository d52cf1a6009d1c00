"""Writes ASS scripts for libass, fonts embedded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, gcd

from sidecar.ffmpeg.builder.command import SideFile
from sidecar.ffmpeg.builder.text.events import Sheet, event_texts
from sidecar.ffmpeg.builder.text.faces import LoadedFace
from sidecar.ffmpeg.builder.text.layout import Block
from sidecar.ffmpeg.builder.text.look import Paint
from sidecar.ffmpeg.builder.text.motion import REST, Pose

MAX_BLUR = 100.0
"""Widest blur that libass takes, in units of the script's layout."""

_HEADER = """\
[Script Info]
ScriptType: v4.00+
PlayResX: {width}
PlayResY: {height}
LayoutResX: {layout_width}
LayoutResY: {layout_height}
WrapStyle: 2
ScaledBorderAndShadow: yes
YCbCr Matrix: None

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
"""


@dataclass(frozen=True, slots=True)
class Timed:
    """A block in a pose, shown from `start` up to `end`, in hundredths of a second of the script's own clock."""

    block: Block
    start: int
    end: int
    pose: Pose = REST


def write_script(blocks: Sequence[Timed], width: int, height: int, blur: float) -> SideFile:
    """Write a script for a project of width × height, fonts embedded. Its name is made from its content.

    `blur` is the widest that any window of what is drawn asks for: it decides how blurs are written, and a picture must
    not depend on the window.
    """
    styles: dict[str, str] = {}
    events: list[str] = []
    faces: dict[str, LoadedFace] = {}
    layout = _layout((width, height), blur)
    # libass draws letters as wide as they would be in the layout's shape.
    narrow = (layout[0] * height) / (layout[1] * width)
    sheet = Sheet((width, height), layout[1] / height, narrow)
    known: dict[int, str] = {}
    for timed in blocks:
        name = known.get(id(timed.block))
        if name is None:
            faces.update({run.face.name: run.face for line in timed.block.lines for run in line.runs})
            name = known[id(timed.block)] = _style(timed.block, styles)
        span = f"{_clock(timed.start)},{_clock(timed.end)}"
        texts = event_texts(timed.block, timed.pose, sheet)
        events += [f"Dialogue: 0,{span},{name},,0,0,0,,{text}" for text in texts]
    parts = [
        _HEADER.format(width=width, height=height, layout_width=layout[0], layout_height=layout[1]).encode(),
        *(f"Style: {name},{body}\n".encode() for body, name in styles.items()),
        *_fonts(faces.values()),
        b"\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n",
        "\n".join(events).encode("utf-8", "replace"),
        b"\n",
    ]
    content = b"".join(parts)
    return SideFile(f"text-{hashlib.sha256(content).hexdigest()[:16]}.ass", content)


def _layout(size: tuple[int, int], blur: float) -> tuple[int, int]:
    """Return the size that libass is told blurs are meant for: smaller where one is wider than it takes.

    Of the frame's own shape wherever whole numbers allow.
    """
    width, height = size
    times = ceil(min(blur, width + height) / MAX_BLUR)
    if times <= 1:
        return size
    common = gcd(width, height)
    if common >= times:
        return width // common * (common // times), height // common * (common // times)
    return max(1, width // times), max(1, height // times)


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


def _fonts(faces: Iterable[LoadedFace]) -> list[bytes]:
    parts = [b"\n[Fonts]\n"]
    for face in sorted(faces, key=lambda face: face.name):
        parts += [f"fontname: {face.name}.ttf\n".encode(), face.encoded, b"\n"]
    return parts


def _color(paint: Paint) -> str:
    return f"&H{255 - paint.alpha:02X}{paint.blue:02X}{paint.green:02X}{paint.red:02X}"


def _clock(hundredths: int) -> str:
    seconds, rest = divmod(hundredths, 100)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02d}:{second:02d}.{rest:02d}"


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")
