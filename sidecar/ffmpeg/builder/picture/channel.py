"""What the colour controls make of one channel: as an expression that FFmpeg reckons out, and as a table of 8 bits.

FFmpeg's table filters reckon out 65,536 entries a plane, which takes milliseconds; the table is for pictures of 8 bits
whose look does not change. Both reckon in doubles, in the same order, from numbers as they are written in the
expression: they agree to the level.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import pow as power

from protocol.project import Color
from sidecar.ffmpeg.builder.graph import Stream, node

BALANCE = 0.3
"""Gain that temperature and tint add to or take from a channel at ±1."""

TONE = 0.25
"""Most that a tone range moves a value, on the scale of 0–1."""

MOST = 255

_BELLS: tuple[tuple[str, str, Callable[[float, float], float]], ...] = (
    ("blacks", "pow(1-ld(1),4)", lambda amount, v: amount * power(1 - v, 4)),
    ("whites", "pow(ld(1),4)", lambda amount, v: amount * power(v, 4)),
    ("shadows", "6.75*ld(1)*pow(1-ld(1),2)", lambda amount, v: amount * 6.75 * v * power(1 - v, 2)),
    ("highlights", "6.75*(1-ld(1))*pow(ld(1),2)", lambda amount, v: amount * 6.75 * (1 - v) * power(v, 2)),
)
"""Tone ranges, each weighted towards its end: (1 - v)⁴, v⁴, and the same bell in the lower and the upper half."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A gain, then an offset; what changes nothing is left out."""

    gain: float
    offset: float

    def text(self, value: str) -> str:
        scaled = value if self.gain == 1 else f"{value}*{self.gain:.9f}"
        return scaled if abs(self.offset) < 1e-9 else f"{scaled}+{self.offset:.9f}"

    def at(self, value: float) -> float:
        scaled = value if self.gain == 1 else value * _written(self.gain)
        return scaled if abs(self.offset) < 1e-9 else scaled + _written(self.offset)


@dataclass(frozen=True, slots=True)
class _Curve:
    """Tone ranges by their places in `_BELLS`, each behind a line; then a line, and a gamma."""

    tones: tuple[tuple[_Line, float, int], ...]
    last: _Line
    gamma: float


def curve(look: Color, plane: str) -> str:
    """Write the table of a channel as an expression of val, 0–1 in and out, not clipped. `val`: nothing to do."""
    made = _curve(look, plane)
    steps: list[str] = []
    value = "val"
    for line, amount, bell in made.tones:
        steps.append(f"st(0,{line.text(value)});st(1,clip(ld(0),0,1))")
        steps.append(f"st(0,ld(0)+{amount:.9f}*{_BELLS[bell][1]})")
        value = "ld(0)"
    last = made.last.text(value)
    if made.gamma != 1:
        last = f"pow(max({last},0),{1 / made.gamma:.9f})"
    return ";".join((*steps, last))


def levels(look: Color, plane: str) -> tuple[int, ...]:
    """Return the table of a channel of 8 bits, to the nearest level."""
    made = _curve(look, plane)
    return tuple(_level(made, level) for level in range(MOST + 1))


def tabled(stream: Stream, red: Sequence[int], green: Sequence[int], blue: Sequence[int]) -> Stream:
    """Replace every level of 8 bits of R'G'B' by what a table of its channel says.

    The filter lays a curve through points; with one at every level it is a table.
    """
    if red == green == blue:
        return node("curves", stream, all=_points(red))
    return node("curves", stream, r=_points(red), g=_points(green), b=_points(blue))


def _curve(look: Color, plane: str) -> _Curve:
    tones: list[tuple[_Line, float, int]] = []
    gain, offset = _balance(look, plane), 0.0
    for bell, (name, _, _) in enumerate(_BELLS):
        amount = number(getattr(look, name))
        if amount != 0:
            tones.append((_Line(gain, offset), amount * TONE, bell))
            gain = 1.0
    contrast = number(look.contrast)
    last = _Line(gain * contrast, (offset - 0.5) * contrast + 0.5 + number(look.brightness))
    return _Curve(tuple(tones), last, number(look.gamma))


def _level(made: _Curve, level: int) -> int:
    value = level / MOST
    for line, amount, bell in made.tones:
        value = line.at(value)
        value += _BELLS[bell][2](_written(amount), min(max(value, 0.0), 1.0))
    value = made.last.at(value)
    if made.gamma != 1:
        value = power(max(value, 0.0), _written(1 / made.gamma))
    return max(0, int(min(value, 1.0) * MOST + 0.5))


def _written(value: float) -> float:
    """Return a number as FFmpeg reads it in an expression."""
    return float(f"{value:.9f}")


def _balance(look: Color, plane: str) -> float:
    temperature, tint = number(look.temperature), number(look.tint)
    return {"r": 1 + BALANCE * temperature, "g": 1 - BALANCE * tint, "b": 1 - BALANCE * temperature}[plane]


def number(value: object) -> float:
    """A control at one frame."""
    if not isinstance(value, int | float):
        raise TypeError("a control with keyframes has no one value")
    return float(value)


def _points(table: Sequence[int]) -> str:
    return " ".join(f"{across}/{_UP[level]}" for across, level in zip(_ACROSS, table, strict=True))


_UP = tuple(f"{min(1, (level + 0.5) / MOST):.4f}" for level in range(MOST + 1))
"""Where a level is cut off from, in the middle between this one and the next: the filter cuts off."""

_ACROSS = _UP
