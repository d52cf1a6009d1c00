"""Conversions to and from R'G'B' of 16 bits, exact to half a level of whatever they give.

Not by swscale alone: it takes Y'CbCr to 16-bit R'G'B' up to a whole 8-bit level too dark, scales R'G'B' by way of
Y'CbCr, and takes values of full range to more bits by shifting (255 becomes 65 280 of 65 535). Colour is converted by
zimg; swscale scales planes, and spreads chroma, within one matrix and range.
"""

from __future__ import annotations

from typing import Literal

from sidecar.core.source import SourceColor
from sidecar.ffmpeg.builder.graph import Node, Pad, Stream, node

ACCURATE = "accurate_rnd+full_chroma_int+full_chroma_inp+bitexact"

RGB = SourceColor(range="full", matrix="rgb", primaries="bt709", transfer="srgb")
YUV = SourceColor(range="limited", matrix="bt709", primaries="bt709", transfer="bt709")
"""What is composed and encoded, in RGB and in Y'CbCr."""

MATRICES = {"bt601": "170m", "bt709": "709", "bt2020": "2020_ncl", "rgb": "gbr"}
"""zimg's names."""

_DEPTHS = ("", "9le", "10le", "12le", "14le", "16le")
_PLANAR = {
    (rgb, alpha): "|".join(stem + depth for depth in _DEPTHS if not (alpha and depth in ("9le", "14le")))
    for rgb, alpha, stem in (
        (True, False, "gbrp"),
        (True, True, "gbrap"),
        (False, False, "yuv444p"),
        (False, True, "yuva444p"),
    )
}
_RELABELLED = {"gbrp16le": "yuv444p16le", "gbrap16le": "yuva444p16le"}


def deepened(
    stream: Stream,
    pixel_format: str,
    color: SourceColor,
    *,
    size: tuple[int, int] | None = None,
    shrinks: bool = False,
) -> Stream:
    """Scale any frames of this matrix and range, and convert them to gbrp16le or gbrap16le."""
    alpha = pixel_format == "gbrap16le"
    if color.matrix == "rgb":
        stream = node("scale", stream, out_range="full", flags=f"{kernel(shrinks=False)}+{ACCURATE}")
        # Alpha that is not there is added by zimg: swscale leaves the last row of 16-bit frames as it was in memory.
        known = f"{_PLANAR[True, True]}|{_PLANAR[True, False]}" if alpha else _PLANAR[True, False]
        stream = node("format", stream, pix_fmts=known)
    elif color.range == "limited" and not alpha:
        stream, size = _spread(stream, "yuv444p16le", color, size=size, shrinks=shrinks), None
    else:
        stream = _spread(stream, _PLANAR[False, alpha], color)
    stream = rematrixed(stream, pixel_format, color, RGB)
    if size is not None:
        stream = _resized(stream, pixel_format, size, shrinks=shrinks)
    return node("setsar", stream, sar=1)


def rematrixed(
    stream: Stream,
    pixel_format: str,
    color: SourceColor,
    made: SourceColor,
    dither: Literal["none", "ordered"] = "none",
) -> Stream:
    """Convert planar frames to another matrix, range and depth. Subsampled ones need even sizes."""
    # One thread: zimg is given slices, and at their edges both dither and chroma depend on how many there are.
    stream = node(
        "zscale",
        stream,
        matrixin=MATRICES[color.matrix],
        rangein=color.range,
        primariesin="709",
        transferin="709",
        matrix=MATRICES[made.matrix],
        range=made.range,
        primaries="709",
        transfer="709",
        dither=dither,
        threads=1,
    )
    return node("format", stream, pix_fmts=pixel_format)


def kernel(*, shrinks: bool) -> str:
    """Return swscale's name of the filter that pictures are scaled with."""
    return "area" if shrinks else "bicubic"


def _spread(
    stream: Stream,
    pixel_formats: str,
    color: SourceColor,
    *,
    size: tuple[int, int] | None = None,
    shrinks: bool = False,
) -> Stream:
    """Scale planes, chroma to the size of luma, in the matrix and range that they have."""
    stream = node(
        "scale",
        stream,
        w=size[0] if size else None,
        h=size[1] if size else None,
        in_color_matrix=color.matrix,
        out_color_matrix=color.matrix,
        in_range=color.range,
        out_range=color.range,
        flags=f"{kernel(shrinks=shrinks)}+{ACCURATE}",
    )
    return node("format", stream, pix_fmts=pixel_formats)


def _resized(stream: Stream, pixel_format: str, size: tuple[int, int], *, shrinks: bool) -> Stream:
    """Scale R'G'B' plane by plane, by calling the planes Y'CbCr meanwhile."""
    label = _RELABELLED[pixel_format]
    named = SourceColor("full", "bt709", "bt709", "bt709")
    stream = _spread(called(stream, label), label, named, size=size, shrinks=shrinks)
    stream = called(stream, pixel_format)
    return node("setparams", stream, range="full", colorspace="gbr")


def called(stream: Stream, pixel_format: str) -> Stream:
    """Give planes the name of another format, in the order that they lie."""
    planes = range(4 if "a" in pixel_format else 3)
    places = tuple((f"map{plane}{what}", value) for plane in planes for what, value in (("s", 0), ("p", plane)))
    return Pad(Node("mergeplanes", (*places, ("format", pixel_format)), (stream,), "video"))
