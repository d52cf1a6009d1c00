"""The eleven colour controls (docs/project.md §4, step 8), on R′G′B′ that is not multiplied by alpha.

All but saturation and hue act on each channel alone, so they are one table; those two are one matrix. Temperature,
tint and the four tone ranges are ours: docs/engine.md states their formulas.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import cos, radians, sin

from protocol.project import Animated, Color, CubicBezier, Keyframes
from sidecar.core.timeline.animation import bounded, constant, sampled
from sidecar.ffmpeg.builder.commanded import commanded
from sidecar.ffmpeg.builder.graph import Node, Pad, Stream, node
from sidecar.ffmpeg.builder.picture.channel import MOST, curve, levels, number, tabled
from sidecar.ffmpeg.builder.picture.deep import RGB, rematrixed
from sidecar.ffmpeg.builder.picture.scene import Scene

CONTROLS = (
    "temperature",
    "tint",
    "blacks",
    "whites",
    "shadows",
    "highlights",
    "contrast",
    "brightness",
    "gamma",
    "saturation",
    "hue",
)
"""In the order that they act in."""

_LUMA = (0.2126, 0.7152, 0.0722)
_LARGEST = 2.0
"""Largest coefficient that colorchannelmixer takes."""

_MOST_16 = 65535
_HALF = 0.5
"""What tables of 16 bits give is halved, then doubled by the mixer: the filter cuts at 65 280."""

Matrix = tuple[tuple[float, ...], ...]
"""Rows over R′, G′, B′. Plain numbers: importing numpy would take a fifth of the sidecar's start-up."""

_IDENTITY: Matrix = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
_PLANES = "rgb"
_MATRIX = ("saturation", "hue")


def graded(stream: Stream, color: Color, pixel_format: str, scene: Scene, *, first: int, frames: int) -> Stream:
    """Apply the controls to planar RGB of this format; with alpha it is premultiplied, and is so again.

    The stream has `frames` frames counted from 0 at the project's rate; its first is frame `first` of the clip's
    clock, which keyframes are read by. Of a still (`frames` 1) the controls at `first` hold. Controls at their
    defaults add nothing.
    """
    looks = looks_of(color, scene, first, frames)
    matrices = [mixing(look) for look in looks]
    # What is built follows from the whole of the keyframes, or a frame would depend on the strip it is made in.
    mixed = _acts(color, _MATRIX)
    curved = _acts(color, [name for name in CONTROLS if name not in _MATRIX])
    if not curved and not mixed:
        return stream
    alpha, deep = pixel_format.startswith("gbrap"), pixel_format.endswith("16le")
    # Rounded to 8 bits once: the mixer rounds each of its products.
    wide = ("gbrap" if alpha else "gbrp") + ("16le" if deep or alpha or mixed else "")
    if wide != pixel_format:
        stream = rematrixed(stream, wide, RGB, RGB)
    if alpha:
        stream = node("unpremultiply", node("setparams", stream, alpha_mode="premultiplied"), inplace=1)
    half = wide.endswith("16le") and curved
    if curved:
        stream = _tabled(stream, looks, wide, scene)
    if mixed or half:
        gain = 1 / _HALF if half else 1.0
        stream = _mixed(stream, matrices, gain, _factor(color, gain), scene)
    if alpha:
        stream = node("premultiply", node("setparams", stream, alpha_mode="straight"), inplace=1)
    if wide != pixel_format:
        stream = rematrixed(stream, pixel_format, RGB, RGB)
    return node("setparams", stream, alpha_mode="premultiplied") if alpha else stream


def looks_of(color: Color, scene: Scene, first: int, frames: int) -> list[Color]:
    """Return the controls at each frame; a single one where they never change."""
    kept = bounded(color)
    series = {name: sampled(getattr(kept, name), first, frames, scene.rate) for name in CONTROLS}
    if all(value == values[0] for values in series.values() for value in values):
        return [Color(**{name: values[0] for name, values in series.items()})]
    return [Color(**dict(zip(series, values, strict=True))) for values in zip(*series.values(), strict=True)]


def _curves(look: Color) -> tuple[str, ...]:
    return tuple(curve(look, plane) for plane in _PLANES)


def mixing(look: Color) -> Matrix:
    """Saturation (a mix with BT.709 luma), then hue (a clockwise turn of Cb, Cr) as one matrix over R′G′B′."""
    saturation = number(look.saturation)
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
    angle = radians(number(look.hue))
    turn: Matrix = ((1.0, 0.0, 0.0), (0.0, cos(angle), -sin(angle)), (0.0, sin(angle), cos(angle)))
    return _product(_product(to_rgb, turn), _product(to_yuv, saturate))


def _product(left: Matrix, right: Matrix) -> Matrix:
    columns = tuple(zip(*right, strict=True))
    return tuple(tuple(sum(a * b for a, b in zip(row, column, strict=True)) for column in columns) for row in left)


def _flat(matrix: Matrix) -> tuple[float, ...]:
    return tuple(value for row in matrix for value in row)


def _tabled(stream: Stream, looks: Sequence[Color], pixel_format: str, scene: Scene) -> Stream:
    """Apply one table a channel; those of 16 bits give half. Written to the nearest level."""
    deep = pixel_format.endswith("16le")
    if len(looks) == 1 and not deep:
        return tabled(stream, *(levels(looks[0], plane) for plane in _PLANES))
    curves = [_curves(look) for look in looks]
    most = _MOST_16 if deep else MOST
    scale = most * _HALF if deep else most

    def table(text: str) -> str:
        *steps, last = text.replace("val", f"(val/{most})").split(";")
        return ";".join((*steps, f"min({last},1)*{scale}+0.5"))

    columns = {
        plane: [table(text) for text in column]
        for plane, column in zip(_PLANES, zip(*curves, strict=True), strict=True)
    }
    # With alpha of 16 bits never at once: the filter would cut it at 65,280, too.
    if len(curves) == 1 and pixel_format != "gbrap16le":
        red, green, blue = (column[0] for column in columns.values())
        return node("lutrgb", stream, r=red, g=green, b=blue)
    # A plane at a time: at every command the filter makes the tables of all its planes anew.
    alpha = "a" if pixel_format.startswith("gbrap") else ""
    # The filter has to be told the format of what it takes apart; a picture whose size moves was scaled to any.
    whole = node("format", stream, pix_fmts=pixel_format)
    split = Node("extractplanes", (("planes", "+".join(_PLANES + alpha)),), (whole,), "video", 3 + len(alpha))
    made = [
        commanded(Pad(split, place), "lut", {"c0": column}, scene.rate, scene.files)
        for place, column in enumerate(columns.values())
    ]
    # The planes of gbrp, gbrap: green, blue, red, alpha.
    planes = (made[1], made[2], made[0], *(Pad(split, 3) for _ in alpha))
    places = tuple(
        (f"map{number}{what}", place) for number in range(len(planes)) for what, place in (("s", number), ("p", 0))
    )
    joined = Pad(Node("mergeplanes", (*places, ("format", pixel_format)), planes, "video"))
    return node("setparams", joined, range="full", colorspace="gbr")


def _acts(color: Color, names: Iterable[str]) -> bool:
    """Whether one of the controls is ever anything but its default."""
    neutral = Color()
    return any(constant(getattr(color, name)) != getattr(neutral, name) for name in names)


def _factor(color: Color, gain: float) -> int:
    """Return the power of two by which no coefficient of any frame is too large for the filter."""
    saturation, hue = _reach(color.saturation), _reach(color.hue)
    turns = hue if hue[0] == hue[1] else range(-180, 180, 5)
    looks = (Color(saturation=strong, hue=float(turn)) for strong in saturation for turn in turns)
    most = max(abs(value) for look in looks for value in _flat(mixing(look))) * gain
    # Between two of the turns looked at, a coefficient is at most this much larger.
    most *= 1.0 if hue[0] == hue[1] else 1.01
    factor = 1
    while most / factor > _LARGEST:
        factor *= 2
    return factor


def _reach(animated: Animated) -> tuple[float, float]:
    """Return the least and the largest value that a number ever has; curves may pass their keys."""
    if not isinstance(animated, Keyframes):
        return float(animated), float(animated)
    values = [key.value for key in animated.keyframes]
    for key, after in pairwise(animated.keyframes):
        if isinstance(key.easing, CubicBezier):
            _, low, _, high = key.easing.cubic_bezier
            values += [key.value + (after.value - key.value) * past for past in (low, high)]
    return min(values), max(values)


def _mixed(stream: Stream, matrices: Sequence[Matrix], gain: float, factor: int, scene: Scene) -> Stream:
    """Mix channels of 16 bits, times a gain; coefficients are divided by a factor, and the result doubled after."""
    rows = [[value * gain for value in _flat(matrix)] for matrix in matrices]
    names = [f"{out}{into}" for out in _PLANES for into in _PLANES]
    series: Mapping[str, Sequence[float]] = {
        name: [value / factor for value in column] for name, column in zip(names, zip(*rows, strict=True), strict=True)
    }
    stream = commanded(stream, "colorchannelmixer", series, scene.rate, scene.files)
    while factor > 1:
        stream = node("colorchannelmixer", stream, rr=_LARGEST, gg=_LARGEST, bb=_LARGEST)
        factor //= 2
    return stream
