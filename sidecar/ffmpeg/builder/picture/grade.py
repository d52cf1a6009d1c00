"""The eleven colour controls (PROJECT.md §4, step 8), on R′G′B′ that is not multiplied by alpha.

All but saturation and hue act on each channel alone, so they are one table; those two are one matrix. Temperature,
tint and the four tone ranges are ours: docs/engine.md states their formulas.
"""

from __future__ import annotations

from math import cos, radians, sin

import numpy as np
from numpy.typing import NDArray

from protocol.project import Color
from sidecar.ffmpeg.builder.graph import Expression, Node, Pad, Stream, node

BALANCE = 0.3
"""Gain that temperature and tint add to or take from a channel at ±1."""

TONE = 0.25
"""Most that a tone range moves a value, on the scale of 0–1."""

_LUMA = (0.2126, 0.7152, 0.0722)
_LARGEST = 2.0
"""Largest coefficient that colorchannelmixer takes."""

Matrix = NDArray[np.float64]


def graded(stream: Stream, color: Color, *, deep: bool) -> Stream:
    """Apply the controls to planar RGB. `deep`: its 12 bits a channel are kept."""
    curves = {plane: curve(color, plane) for plane in "rgb"}
    if any(text != "val/maxval" for text in curves.values()):
        red, green, blue = (Expression(f"clip(floor(({text})*maxval+0.5),0,maxval)") for text in curves.values())
        stream = node("lutrgb", stream, r=red, g=green, b=blue)
    matrix = mixing(color)
    if np.allclose(matrix, np.eye(3)):
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
    luma = np.array([_LUMA] * 3)
    saturation = _number(color.saturation)
    saturate = saturation * np.eye(3) + (1 - saturation) * luma
    kr, kg, kb = _LUMA
    to_yuv = np.array(
        [
            [kr, kg, kb],
            [-kr / (2 - 2 * kb), -kg / (2 - 2 * kb), 0.5],
            [0.5, -kg / (2 - 2 * kr), -kb / (2 - 2 * kr)],
        ]
    )
    angle = radians(_number(color.hue))
    turn = np.array([[1, 0, 0], [0, cos(angle), -sin(angle)], [0, sin(angle), cos(angle)]])
    result: Matrix = np.linalg.inv(to_yuv) @ turn @ to_yuv @ saturate
    return result


def _mixed(stream: Stream, matrix: Matrix, *, deep: bool) -> Stream:
    """Mix channels; coefficients too large for the filter are halved and the result doubled, at 12 bits."""
    factor = 1
    while np.abs(matrix).max() / factor > _LARGEST:
        factor *= 2
    if factor > 1 and not deep:
        stream = node("format", stream, pix_fmts="gbrp12le")
    names = [f"{out}{into}" for out in "rgb" for into in "rgb"]
    values = tuple((name, float(value) / factor) for name, value in zip(names, matrix.flatten(), strict=True))
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
