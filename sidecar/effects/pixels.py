"""What picture effects are made of: frames of one value, plates, mixing by them, colour without its alpha."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from protocol.project import Animated
from sidecar.core.timeline.animation import constant
from sidecar.ffmpeg.builder.catalogue import PictureScene
from sidecar.ffmpeg.builder.commanded import commanded
from sidecar.ffmpeg.builder.graph import Expression, Stream, Value, node
from sidecar.ffmpeg.builder.picture.deep import RGB, rematrixed
from sidecar.ffmpeg.builder.picture.select import hold

COLOUR_PLANES = 7
"""The planes of G, B and R as a mask of `planes`."""

_PLANES = (4, 1, 2, 8)
"""Those of R, G, B and alpha."""

_ENDS = ("imin", "imax", "omin", "omax")

LEAST = 1e-6
"""A gain below it is none."""

_LEAST_BLURRED = 4
"""Pixels across and down below which gblur writes outside of its buffers: one column made FFmpeg 9 crash."""

_NARROW = 16
"""Pixels across up to which gblur makes of a picture what the number of its threads says."""

_AROUND = 8
"""Pixels that such a picture is given on every side."""

CLEAR = (0.0, 0.0, 0.0, 0.0)
"""Black, and transparent where there is alpha."""


def most(scene: PictureScene) -> int:
    """The largest value of a channel."""
    return 65_535 if scene.deep else 255


def grey_format(scene: PictureScene) -> str:
    return "gray16le" if scene.deep else "gray"


def straight(stream: Stream, scene: PictureScene, act: Callable[[Stream], Stream]) -> Stream:
    """Act on colour that is not multiplied by alpha; alpha itself stays as it is.

    Meanwhile the frames keep the tag of those that are multiplied, like all others here: where tags of streams that
    meet differ, FFmpeg multiplies or divides by itself.
    """
    if not scene.alpha:
        return act(stream)
    divided = node("setparams", node("unpremultiply", stream, inplace=1), alpha_mode="premultiplied")
    return node("premultiply", node("setparams", act(divided), alpha_mode="straight"), inplace=1)


def blurred(stream: Stream, sigma: Sequence[float], scene: PictureScene) -> Stream:
    """Blur by these standard deviations, a frame each; beyond its edges a picture goes on as it ends."""
    width, height = scene.size
    small = min(width, height) < _LEAST_BLURRED
    if small:
        wide, high = width + 2 * _AROUND, height + 2 * _AROUND
        stream = node("pad", stream, w=wide, h=high, x=_AROUND, y=_AROUND, color="black@0")
        stream = node("fillborders", stream, left=_AROUND, right=_AROUND, top=_AROUND, bottom=_AROUND, mode="smear")
    # Left out, sigmaV would stay what sigma was at first.
    # By several threads a narrow picture comes out otherwise, by each number of them.
    alone: dict[str, Value] = {"threads": 1} if not small and width <= _NARROW else {}
    stream = commanded(stream, "gblur", {"sigma": sigma, "sigmaV": sigma}, scene.rate, scene.files, steps=3, **alone)
    return node("crop", stream, w=width, h=height, x=_AROUND, y=_AROUND, exact=1) if small else stream


def at_depth(stream: Stream, pixel_format: str) -> Stream:
    """Bring frames to another depth of the same planes, every value to the nearest."""
    return rematrixed(stream, pixel_format, RGB, RGB)


def filled(color: tuple[float, float, float, float], scene: PictureScene) -> Stream:
    """Frames of one colour in the scene's format: R, G, B and alpha, 0–1, as they stand in the pixels."""
    width, height = scene.size
    picture = node("color", medium="video", c="black@0", s=f"{width}x{height}", r=f"{scene.rate}")
    picture = node("format", node("trim", picture, end_frame=1), pix_fmts=scene.pixel_format)
    # Not by lutrgb, which stops at 65280 of 65535, nor by a colour of 8 bits, whose white does not get there.
    for value in sorted({*color} - {0.0}):
        planes = sum(plane for plane, own in zip(_PLANES, color, strict=True) if own == value)
        planes = planes if scene.alpha else planes & COLOUR_PLANES
        if planes:
            picture = node("limiter", picture, min=round(value * most(scene)), planes=planes)
    return hold(_square(_of_scene(picture, scene)), scene.frames)


def toned(stream: Stream, gains: Sequence[float], offsets: Sequence[float], scene: PictureScene) -> Stream:
    """Bring colour v to gain·v + offset at each frame (offsets: 1 is white), clipped; alpha stays as it is."""
    if not scene.deep:
        tables = [f"val*{gain:.9f}+({255 * offset + 0.5:.9f})" for gain, offset in zip(gains, offsets, strict=True)]
        return commanded(stream, "lutrgb", dict.fromkeys("rgb", tables), scene.rate, scene.files)
    series: dict[str, list[float]] = {f"{channel}{end}": [] for channel in "rgb" for end in _ENDS}
    for gain, offset in zip(gains, offsets, strict=True):
        for end, value in zip(_ENDS, _levels(gain, offset), strict=True):
            for channel in "rgb":
                series[f"{channel}{end}"].append(value)
    # One thread: with slices, one frame of some hundreds comes out with parts of it wrong (FFmpeg 9.0.2).
    return commanded(stream, "colorlevels", series, scene.rate, scene.files, threads=1)


def _levels(gain: float, offset: float) -> tuple[float, float, float, float]:
    """Input and output ends, all in 0–1, of the straight piece of clip(gain·v + offset); gain ≥ 0."""
    if gain < LEAST or offset >= 1 or gain + offset <= 0:
        flat = min(1.0, max(0.0, offset if gain < LEAST else offset + gain / 2))
        return 0.0, 1.0, flat, flat
    low, high = max(0.0, -offset / gain), min(1.0, (1 - offset) / gain)
    return low, high, max(0.0, offset), min(1.0, gain + offset)


def level(values: Sequence[float], scene: PictureScene) -> Stream:
    """Frames filled with a value each (0–1), in every plane, alpha too."""
    top = most(scene)
    steps = [float(round(min(1.0, max(0.0, value)) * top)) for value in values]
    return commanded(filled(CLEAR, scene), "limiter", {"min": steps}, scene.rate, scene.files)


def plate(expression: str, scene: PictureScene) -> Stream:
    """Frames that all show one picture: an expression of X and Y (the pixel's numbers), 0–1, in every plane.

    It is reckoned once, however many frames there are.
    """
    width, height = scene.size
    grey = grey_format(scene)
    picture = node("color", medium="video", c="black", s=f"{width}x{height}", r=f"{scene.rate}")
    picture = node("format", node("trim", picture, end_frame=1), pix_fmts=grey)
    drawn = node("geq", picture, lum=Expression(f"clip({expression},0,1)*{most(scene)}+0.5"))
    return hold(_square(_of_scene(spread(drawn, scene), scene)), scene.frames)


def spread(grey: Stream, scene: PictureScene) -> Stream:
    """Copy a grey picture into every plane of the scene's format."""
    copied = node("mergeplanes", node("format", grey, pix_fmts=grey_format(scene)), map0s=0, format=scene.pixel_format)
    return _of_scene(copied, scene)


def merged(base: Stream, top: Stream, share: Animated, scene: PictureScene) -> Stream:
    """Mix two streams by a parameter, the weight of `top` (0-1).

    Which way is the parameter's affair, not that of its values at the frames that are made: they have to be the same
    whichever they are.
    """
    steady = constant(share)
    if steady is None:
        return by_mask(base, top, level(scene.values(share), scene), scene)
    if steady in (0, 1):
        return top if steady else base
    return node("mix", base, top, inputs=2, weights=f"{1 - steady:.9f} {steady:.9f}", scale=1)


def by_mask(base: Stream, top: Stream, mask: Stream, scene: PictureScene, *, planes: int = 15) -> Stream:
    """Mix two streams pixel by pixel: where the mask is full, `top` shows."""
    return node("maskedmerge", base, top, mask, planes=planes if scene.alpha else planes & COLOUR_PLANES)


def beyond(base: Stream, other: Stream, amount: float) -> Stream:
    """Go from `other` through `base` and beyond, by `amount` times their difference, clipped. Alpha is `base`'s."""
    weights = f"{1 + amount:.9f} {-amount:.9f}"
    return node("mix", base, other, inputs=2, weights=weights, scale=1, planes=COLOUR_PLANES)


def within_alpha(stream: Stream, scene: PictureScene) -> Stream:
    """Keep colour from passing the alpha that it is multiplied by."""
    if not scene.alpha:
        return stream
    opacity = node("shuffleplanes", stream, map0=3, map1=3, map2=3, map3=3)
    return node("blend", stream, opacity, all_mode="darken")


def _of_scene(stream: Stream, scene: PictureScene) -> Stream:
    """Give a picture of our own the tags that the scene's have."""
    mode = "premultiplied" if scene.alpha else None
    return node("setparams", stream, range="full", colorspace="gbr", alpha_mode=mode)


def _square(stream: Stream) -> Stream:
    return node("setsar", stream, sar=1)
