"""What picture effects are made of: frames of one value, plates, mixing by them, colour without its alpha."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sidecar.ffmpeg.builder.catalogue import PictureScene
from sidecar.ffmpeg.builder.commanded import commanded
from sidecar.ffmpeg.builder.graph import Expression, Stream, node
from sidecar.ffmpeg.builder.picture.select import hold

COLOUR_PLANES = 7
"""The planes of G, B and R as a mask of `planes`."""


def most(scene: PictureScene) -> int:
    """The largest value of a channel."""
    return 65_535 if scene.deep else 255


def grey_format(scene: PictureScene) -> str:
    return "gray16le" if scene.deep else "gray"


def straight(stream: Stream, scene: PictureScene, act: Callable[[Stream], Stream]) -> Stream:
    """Act on colour that is not multiplied by alpha; alpha itself stays as it is."""
    if not scene.alpha:
        return act(stream)
    return node("premultiply", act(node("unpremultiply", stream, inplace=1)), inplace=1)


def filled(color: str, scene: PictureScene) -> Stream:
    """Frames of one colour in the scene's format: `0xRRGGBB@alpha`, not multiplied."""
    width, height = scene.size
    picture = node("color", medium="video", c=color, s=f"{width}x{height}", r=f"{scene.rate}")
    picture = node("format", node("trim", picture, end_frame=1), pix_fmts="gbrap" if scene.alpha else "gbrp")
    return hold(_square(_of_scene(node("format", picture, pix_fmts=scene.pixel_format), scene)), scene.frames)


def level(values: Sequence[float], scene: PictureScene) -> Stream:
    """Frames filled with a value each (0–1), in every plane, alpha too."""
    top = most(scene)
    steps = [float(round(min(1.0, max(0.0, value)) * top)) for value in values]
    return commanded(filled("black@0", scene), "limiter", {"min": steps}, scene.rate, scene.files)


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
    return node("mergeplanes", node("format", grey, pix_fmts=grey_format(scene)), map0s=0, format=scene.pixel_format)


def merged(
    base: Stream,
    top: Stream,
    weights: Sequence[float],
    scene: PictureScene,
    *,
    planes: int = 15,
) -> Stream:
    """Mix two streams by the weight of `top` at each frame (0–1); planes that are not mixed are those of `base`."""
    steady = all(weight == weights[0] for weight in weights)
    if steady and weights[0] in (0, 1) and planes == 15:
        return top if weights[0] else base
    if steady and planes == 15:
        share = weights[0]
        return node("mix", base, top, inputs=2, weights=f"{1 - share:.9f} {share:.9f}", scale=1)
    return by_mask(base, top, level(weights, scene), scene, planes=planes)


def by_mask(base: Stream, top: Stream, mask: Stream, scene: PictureScene, *, planes: int = 15) -> Stream:
    """Mix two streams pixel by pixel: where the mask is full, `top` shows."""
    return node("maskedmerge", base, top, mask, planes=planes if scene.alpha else planes & COLOUR_PLANES)


def beyond(base: Stream, other: Stream, amount: float) -> Stream:
    """Go from `other` through `base` and beyond, by `amount` times their difference, clipped."""
    return node("mix", base, other, inputs=2, weights=f"{1 + amount:.9f} {-amount:.9f}", scale=1)


def _of_scene(stream: Stream, scene: PictureScene) -> Stream:
    """Give a picture of our own the tags that the scene's have."""
    mode = "premultiplied" if scene.alpha else None
    return node("setparams", stream, range="full", colorspace="gbr", alpha_mode=mode)


def _square(stream: Stream) -> Stream:
    return node("setsar", stream, sar=1)
