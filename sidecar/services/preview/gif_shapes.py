"""How a GIF is made smaller: fewer colours first, then fewer pixels, then fewer frames."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

from sidecar.ffmpeg.builder.gif_passes import Dither, Shape

COLORS: tuple[tuple[int, Dither], ...] = ((128, "bayer"), (64, "bayer"), (32, "none"))
"""Palettes that are tried, each about a fifth smaller than the one before."""

NEAR = 0.55
"""Share of a file that is left over which fewer colours alone may be enough."""

AIM = 0.93
"""What is aimed at, of what is allowed: files do not shrink quite as their pixels do."""

MOST_AT_ONCE = 0.9
"""A step is at least one to so much of the width, so that steps come to an end."""

LEAST_WIDTH = 32
NARROW = 0.5
"""Share of the wanted width under which frames are left out rather than more pixels."""

LEAST_RATE = 4
"""Frames a second that are not gone below for the sake of width."""


def smaller(shape: Shape, wanted: Shape, rate: float, left: float) -> Shape | None:
    """Return what to try next when a file is so much too large that only a share `left` of it is allowed.

    `wanted` is what was asked for, `rate` its frames a second. None when nothing smaller makes sense.
    """
    if left > NEAR and (coarser := _coarser(shape)) is not None:
        return coarser
    shape = _coarser(shape) or shape
    width = int(shape.size[0] * min(MOST_AT_ONCE, sqrt(left) * AIM)) // 2 * 2
    if width < NARROW * wanted.size[0] and rate / (shape.step * 2) >= LEAST_RATE:
        return _narrowed(replace(shape, step=shape.step * 2), wanted, min(1.0, sqrt(min(1.0, left * 1.8)) * AIM))
    if width < LEAST_WIDTH:
        return _last(shape, wanted)
    return _narrowed(shape, wanted, width / shape.size[0])


def _coarser(shape: Shape) -> Shape | None:
    """Return the next palette that is smaller."""
    for colors, dither in COLORS:
        if colors < shape.colors:
            return replace(shape, colors=colors, dither="none" if shape.dither == "none" else dither)
    return None


def _narrowed(shape: Shape, wanted: Shape, scale: float) -> Shape:
    """Return a shape of so much of the width, no narrower than the least and never larger than it was."""
    width = min(shape.size[0], max(LEAST_WIDTH, int(shape.size[0] * scale) // 2 * 2))
    height = max(2, round(width * wanted.size[1] / wanted.size[0] / 2) * 2)
    return replace(shape, size=(width, min(shape.size[1], height)))


def _last(shape: Shape, wanted: Shape) -> Shape | None:
    """Return the smallest there is, once."""
    least = _narrowed(replace(shape, colors=min(16, shape.colors), dither="none", step=max(shape.step, 4)), wanted, 0.0)
    return None if least == shape else least
