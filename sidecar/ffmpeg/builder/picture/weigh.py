"""Blending two streams frame by frame: the one operation behind opacity, fades and cross-fades.

With an opaque base, a layer at opacity f is the mean of base and base-with-layer, weighted by f: so alpha is needed only
here, the same over a whole frame. The weights come as frames of one value: commands sent to a filter of two inputs may
overtake its frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from sidecar.ffmpeg.builder.commanded import commanded
from sidecar.ffmpeg.builder.graph import Stream, node
from sidecar.ffmpeg.builder.picture.convert import RGB, convert, is_rgb, square, working
from sidecar.ffmpeg.builder.picture.deep import rematrixed
from sidecar.ffmpeg.builder.picture.select import hold
from sidecar.ffmpeg.builder.sidefiles import SideFiles


def mask(
    weights: Sequence[float], pixel_format: str, *, rate: Fraction, size: tuple[int, int], files: SideFiles
) -> Stream:
    """Frames whose every component is the frame's weight (0–1), in any planar format."""
    most = 65_535 if pixel_format.endswith("16le") else 1_023 if pixel_format.endswith("10le") else 255
    steps = [float(min(most, max(0, round(weight * most)))) for weight in weights]
    black = node("color", medium="video", c="black", s=f"{size[0]}x{size[1]}", r=rate)
    black = node("format", node("trim", black, end_frame=1), pix_fmts=pixel_format)
    first = int(steps[0]) if all(step == steps[0] for step in steps) else 0
    level = node("limiter", black, min=first, max=first)
    tagged = node("setparams", level, range="limited", colorspace="bt709")
    if is_rgb(pixel_format):
        tagged = node("setparams", level, range="full", colorspace="gbr")
    if all(step == steps[0] for step in steps):
        return hold(square(tagged), len(steps))
    return commanded(hold(square(tagged), len(steps)), "limiter", {"min": steps}, rate, files)


def shallowed(stream: Stream) -> Stream:
    """Take premultiplied gbrap16le to gbrap, rounded to the nearest: swscale would be a level off."""
    rounded = node("format", rematrixed(stream, "gbrap", RGB, RGB), pix_fmts="gbrap")
    return node("setparams", square(rounded), range="full", colorspace="gbr", alpha_mode="premultiplied")


def weighed(
    base: Stream,
    top: Stream,
    weights: Sequence[float],
    pixel_format: str,
    *,
    rate: Fraction,
    size: tuple[int, int],
    files: SideFiles,
) -> Stream:
    """Mix two streams of this format and size that count their frames from 0; `weights` are those of `top`.

    Nothing is mixed where they are all 0 or all 1. R'G'B' with alpha is premultiplied.
    """
    if all(weight == 1 for weight in weights):
        return top
    if all(weight == 0 for weight in weights):
        return base
    if pixel_format == "gbrap":
        # maskedmerge of 8 bits never quite reaches its top, so this is done in 16.
        deep = [convert(stream, "gbrap16le", color=RGB) for stream in (base, top)]
        mixed = weighed(deep[0], deep[1], weights, "gbrap16le", rate=rate, size=size, files=files)
        return shallowed(mixed)
    if pixel_format.endswith(("16le", "10le")):
        share = mask(weights, pixel_format, rate=rate, size=size, files=files)
        return node("format", node("maskedmerge", base, top, share), pix_fmts=pixel_format)
    share = mask(weights, "gray", rate=rate, size=size, files=files)
    with_alpha = "gbrap" if is_rgb(pixel_format) else pixel_format.replace("yuv", "yuva")
    layer = node("alphamerge", convert(top, with_alpha, color=working(pixel_format)), share)
    overlay = "gbrp" if is_rgb(pixel_format) else pixel_format.removesuffix("p")
    return node("format", node("overlay", base, layer, format=overlay, alpha="straight"), pix_fmts=pixel_format)
