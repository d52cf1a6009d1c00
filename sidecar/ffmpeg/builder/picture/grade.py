"""The eleven colour controls (docs/project.md §4, step 8), on R′G′B′ that is not multiplied by alpha.

All but saturation and hue act on each channel alone, so they are one table; those two are one matrix. Temperature,
tint and the four tone ranges are ours: docs/engine.md states their formulas.
"""

from __future__ import annotations

from math import cos, isclose, radians, sin

from protocol.project import Color
from sidecar.ffmpeg.builder.graph import Expression, Node, Pad, Stream, node

BALANCE = 0.3
"""Gain that temperature and tint add to or take from a channel at ±1."""

TONE = 0.25
"""Most that a tone range moves a value, on the scale of 0–1."""

_LUMA = (0.2126, 0.7152, 0.0722)
_LARGEST = 2.0
"""Largest coefficient that colorchannelmixer takes."""

Matrix = tuple[tuple[float, ...], ...]
"""Rows over R′, G′, B′. Plain numbers: importing numpy would take a fifth of the sidecar's start-up."""

_IDENTITY: Matrix = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def graded(stream: Stream, color: Color, *, deep: bool) -> Stream:
    """Apply the controls to planar RGB. `deep`: its 12 bits a channel are kept."""
    curves = {plane: curve(color, plane) for plane in "rgb"}
    if any(text != "val/maxval" for text in curves.values()):
        red, green, blue = (Expression(f"clip(floor(({text})*maxval+0.5),0,maxval)") for text in curves.values())
        stream = node("lutrgb", stream, r=red, g=green, b=blue)
    matrix = mixing(color)
    pairs = zip(_flat(matrix), _flat(_IDENTITY), strict=True)
    if all(isclose(value, wanted, abs_tol=1e-8) for value, wanted in pairs):
        return stream
    return _mixed(stream, matrix, deep=deep)


def curve(color: Color, plane: str) -> str:
    """The table of a channel as an expression of val, 0–1 in and out, not clipped. `val/maxval`: nothing to do."""
    v = "val/maxval"
    gain = _balance(color, plane)
    if gain != 1:
        v = f"({v})*{gain:.9f}"
    # Each range is weighted towards its end: (1 - v)^4, v^4, and the same bell in the lower and the upper half.
    for amount, weight in (
        (_number(color.blacks), "pow(1-{v},4)"),
        (_number(color.whites), "pow({v},4)"),
        (_number(color.shadows), "6.75*{v}*pow(1-{v},2)"),
        (_number(color.highlights), "6.75*(1-{v})*pow({v},2)"),
    ):
        if amount != 0:
            v = f"({v})+{amount * TONE:.9f}*{weight.format(v=f'clip({v},0,1)')}"
    contrast, brightness, gamma = _number(color.contrast), _number(color.brightness), _number(color.gamma)
    if contrast != 1:
        v = f"(({v})-0.5)*{contrast:.9f}+0.5"
    if brightness != 0:
        v = f"({v})+{brightness:.9f}"
    if gamma != 1:
        v = f"pow(max({v},0),{1 / gamma:.9f})"
    return v


def mixing(color: Color) -> Matrix:
    """Saturation (a mix with BT.709 luma), then hue (a clockwise turn of Cb, Cr) as one matrix over R′G′B′."""
    saturation = _number(color.saturation)
    saturate = tuple(
        tuple(saturation * one + (1 - saturation) * luma for one, luma in zip(row, _LUMA, strict=True))
        for row in _IDENTITY
    )
    kr, kg, kb = _LUMA
    to_yuv: Matrix = (
        (kr, kg, kb),
        (-kr / (2 - 2 * kb), -kg / (2 - 2 * kb), 0.5),
        (0.5, -kg / (2 - 2 * kr), -kb / (2 - 2 * kr)),
    )
    to_rgb: Matrix = (
        (1.0, 0.0, 2 - 2 * kr),
        (1.0, -2 * kb * (1 - kb) / kg, -2 * kr * (1 - kr) / kg),
        (1.0, 2 - 2 * kb, 0.0),
    )
    angle = radians(_number(color.hue))
    turn: Matrix = ((1.0, 0.0, 0.0), (0.0, cos(angle), -sin(angle)), (0.0, sin(angle), cos(angle)))
    return _product(_product(to_rgb, turn), _product(to_yuv, saturate))


def _product(left: Matrix, right: Matrix) -> Matrix:
    columns = tuple(zip(*right, strict=True))
    return tuple(tuple(sum(a * b for a, b in zip(row, column, strict=True)) for column in columns) for row in left)


def _flat(matrix: Matrix) -> tuple[float, ...]:
    return tuple(value for row in matrix for value in row)


def _mixed(stream: Stream, matrix: Matrix, *, deep: bool) -> Stream:
    """Mix channels; coefficients too large for the filter are halved and the result doubled, at 12 bits."""
    factor = 1
    while max(map(abs, _flat(matrix))) / factor > _LARGEST:
        factor *= 2
    if factor > 1 and not deep:
        stream = node("format", stream, pix_fmts="gbrp12le")
    names = [f"{out}{into}" for out in "rgb" for into in "rgb"]
    values = tuple((name, float(value) / factor) for name, value in zip(names, _flat(matrix), strict=True))
    stream = Pad(Node("colorchannelmixer", values, (stream,), "video"))
    if factor > 1:
        doubled = Expression(f"clip(val*{factor},0,maxval)")
        stream = node("lutrgb", stream, r=doubled, g=doubled, b=doubled)
        stream = stream if deep else node("format", stream, pix_fmts="gbrp")
    return stream


def _balance(color: Color, plane: str) -> float:
    temperature, tint = _number(color.temperature), _number(color.tint)
    return {"r": 1 + BALANCE * temperature, "g": 1 - BALANCE * tint, "b": 1 - BALANCE * temperature}[plane]


def _number(value: object) -> float:
    """A control without keyframes."""
    return float(value) if isinstance(value, int | float) else 0.0
