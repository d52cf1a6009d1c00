"""From a source's colour to the working space: R'G'B' of BT.709, full range (docs/project.md §4, step 5).

A matrix and a range are `convert`'s alone. Other primaries and transfers are converted here, at the source's own size,
by what is displayed: SDR on the display of BT.1886 (gamma 2.4, black at 0), HDR tone-mapped onto the same by
`tonemap`. docs/engine.md states the formulas.
"""

from __future__ import annotations

from dataclasses import replace

from sidecar.core.source import SourceColor
from sidecar.ffmpeg.builder.graph import Stream, node
from sidecar.ffmpeg.builder.picture.convert import RGB, Formats, premultiplied
from sidecar.ffmpeg.builder.picture.deep import deepened, rematrixed
from sidecar.ffmpeg.builder.picture.orient import PRIMARIES
from sidecar.ffmpeg.builder.picture.picture import Picture
from sidecar.ffmpeg.builder.picture.tonemap import PQ_PEAK, WHITE, tone_cube
from sidecar.ffmpeg.builder.sidefiles import SideFiles

USUAL_PEAK = 1000.0
"""cd/m² that a PQ picture is taken to reach where its file does not say."""


def needs_reading(color: SourceColor) -> bool:
    """Whether more than matrix and range parts a colour from the working space.

    The values of RGB pictures are taken as they are, so their sRGB is not told from BT.709.
    """
    usual = color.transfer == "bt709" or (color.transfer == "srgb" and color.matrix == "rgb")
    return color.primaries != "bt709" or not usual


def read(picture: Picture, formats: Formats, files: SideFiles) -> Picture:
    """Take a decoded picture's primaries and transfer to the working space's; where they are, nothing is done.

    What was converted is R'G'B' of the working depth, with straight alpha where there is alpha.
    """
    color = picture.color
    alpha = "a" if picture.alpha else ""
    wide, made = f"gbr{alpha}p16le", f"gbr{alpha}p" + ("16le" if formats.deep else "")
    if not needs_reading(color):
        if color.matrix != "rgb" or picture.bits <= 8 or formats.deep:
            return picture
        # To the nearest level: swscale cuts off.
        stream = rematrixed(deepened(picture.stream, wide, color), made, RGB, RGB)
        return replace(picture, stream=stream, color=RGB, bits=8)
    stream = deepened(picture.stream, wide, color)
    if picture.alpha and not picture.straight:
        stream = node("unpremultiply", premultiplied(stream), inplace=1)
    transfer = "iec61966-2-1" if color.transfer == "srgb" and color.matrix != "rgb" else "709"
    if color.transfer in ("pq", "hlg"):
        # A file may say anything; at white and below nothing is bent, and PQ ends at its own peak.
        cube = tone_cube(color.transfer, min(max(color.peak or USUAL_PEAK, WHITE), PQ_PEAK))
        stream = node("lut3d", stream, file=files.add("tone", "cube", cube), interp="tetrahedral")
    stream = _displayed(stream, made, PRIMARIES[color.primaries], transfer)
    if picture.alpha:
        stream = node("setparams", stream, alpha_mode="straight")
    return replace(picture, stream=stream, color=RGB, straight=True, bits=16 if formats.deep else 8)


def _displayed(stream: Stream, pixel_format: str, primaries: str, transfer: str) -> Stream:
    """Convert R'G'B' to BT.709's primaries and transfer by way of linear light, cut to 0-1 there."""
    stream = node(
        "zscale",
        stream,
        matrixin="gbr",
        rangein="full",
        primariesin=primaries,
        transferin=transfer,
        matrix="gbr",
        range="full",
        primaries="bt709",
        transfer="709",
        dither="none",
        threads=1,
    )
    return node("format", stream, pix_fmts=pixel_format)
