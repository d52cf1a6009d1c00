"""Mixes of the channels R′G′B′, a matrix for each frame."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, radians, sin

from sidecar.ffmpeg.builder.catalogue import PictureScene
from sidecar.ffmpeg.builder.commanded import commanded
from sidecar.ffmpeg.builder.graph import Stream

Matrix = tuple[tuple[float, float, float], ...]
"""Rows are R′, G′, B′ of the result; no entry is beyond ±2."""

LUMA = (0.2126, 0.7152, 0.0722)
"""Y′ of BT.709."""

_CB, _CR = 2 - 2 * LUMA[2], 2 - 2 * LUMA[0]
_TO_YUV: Matrix = (
    LUMA,
    (-LUMA[0] / _CB, -LUMA[1] / _CB, 0.5),
    (0.5, -LUMA[1] / _CR, -LUMA[2] / _CR),
)
_TO_RGB: Matrix = (
    (1.0, 0.0, _CR),
    (1.0, -LUMA[2] * _CB / LUMA[1], -LUMA[0] * _CR / LUMA[1]),
    (1.0, _CB, 0.0),
)


def saturation(factor: float) -> Matrix:
    """Mix with luma: 0 is grey, 1 the picture itself, 2 the most."""
    rows = []
    for own in range(3):
        red, green, blue = ((1 - factor) * luma + (factor if own == into else 0.0) for into, luma in enumerate(LUMA))
        rows.append((red, green, blue))
    return tuple(rows)


def hue(degrees: float) -> Matrix:
    """Turn Cb and Cr clockwise, as the hue of a clip's colour controls does."""
    if degrees == 0:
        return saturation(1.0)
    x, y = cos(radians(degrees)), sin(radians(degrees))
    turn: Matrix = ((1.0, 0.0, 0.0), (0.0, x, -y), (0.0, y, x))
    return _product(_product(_TO_RGB, turn), _TO_YUV)


def matrixed(stream: Stream, matrices: Sequence[Matrix], scene: PictureScene) -> Stream:
    """Multiply colour by the matrix of its frame; alpha stays. Nothing is added where no frame is changed."""
    same = saturation(1.0)
    if all(matrix == same for matrix in matrices):
        return stream
    series = {
        f"{row}{column}": [matrix[i][j] for matrix in matrices]
        for i, row in enumerate("rgb")
        for j, column in enumerate("rgb")
    }
    return commanded(stream, "colorchannelmixer", series, scene.rate, scene.files)


def _product(left: Matrix, right: Matrix) -> Matrix:
    rows = []
    for row in left:
        one, two, three = (sum(row[k] * right[k][column] for k in range(3)) for column in range(3))
        rows.append((one, two, three))
    return tuple(rows)
