"""Blending two streams frame by frame: the one operation behind opacity, fades and cross-fades.

With an opaque base, a layer at opacity f is the mean of base and base-with-layer, weighted by f: so alpha is needed only
here, the same over a whole frame. The weights come as pixels of a small picture, one a frame: commands sent to a filter
of two inputs (`sendcmd`) may overtake its frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from sidecar.ffmpeg.builder.command import SideFile
from sidecar.ffmpeg.builder.graph import Expression, Input, InputStream, Stream, node
from sidecar.ffmpeg.builder.picture.convert import convert, is_rgb, square, working

WIDTH = 4_096
"""Weights in a row of the picture."""


@dataclass(slots=True)
class Weights:
    """Weights of a whole graph, 0–1, as a picture: grey of 8 bits, or (`deep`) Y'CbCr 4:4:4 of 10, all planes alike."""

    deep: bool
    levels: list[int] = field(default_factory=list)
    source: InputStream = field(init=False)

    def __post_init__(self) -> None:
        name, demuxer = ("weights.y4m", "yuv4mpegpipe") if self.deep else ("weights.pgm", "pgm_pipe")
        self.source = InputStream(Input(name, (("protocol_whitelist", "file"), ("f", demuxer))), "video", 0)

    def add(self, weights: Sequence[float]) -> int:
        """Keep weights and return where they begin."""
        most = 1023 if self.deep else 255
        self.levels += [min(most, max(0, round(weight * most))) for weight in weights]
        return len(self.levels) - len(weights)

    def file(self) -> SideFile | None:
        """Return the picture; None where nothing is weighed."""
        if not self.levels:
            return None
        rows = -(-len(self.levels) // WIDTH)
        size = 2 if self.deep else 1
        plane = b"".join(level.to_bytes(size, "little") for level in self.levels).ljust(rows * WIDTH * size, b"\0")
        if self.deep:
            header = b"YUV4MPEG2 W%d H%d F25:1 Ip A1:1 C444p10 XCOLORRANGE=LIMITED\nFRAME\n" % (WIDTH, rows)
            return SideFile(self.source.input.url, header + plane * 3)
        return SideFile(self.source.input.url, b"P5\n%d %d\n255\n" % (WIDTH, rows) + plane)


def weighed(
    base: Stream,
    top: Stream,
    weights: Sequence[float],
    table: Weights,
    *,
    pixel_format: str,
    rate: Fraction,
    size: tuple[int, int],
) -> Stream:
    """Mix two opaque streams of this format and size that count their frames from 0; `weights` are those of `top`."""
    steady = all(weight == weights[0] for weight in weights)
    first = table.add(weights[:1] if steady else weights)
    pixel = _pixel(table, first, len(weights), steady=steady, rate=rate)
    if table.deep:
        mask = _tagged(_spread(_tagged(pixel), size, "limited", pixel_format))
        return node("format", node("maskedmerge", base, top, mask), pix_fmts=pixel_format)
    mask = _spread(pixel, size, "full", "gray")
    rgb = is_rgb(pixel_format)
    with_alpha = "gbrap" if rgb else pixel_format.replace("yuv", "yuva")
    layer = node("alphamerge", convert(top, with_alpha, color=working(pixel_format)), mask)
    overlay = "gbrp" if rgb else pixel_format.removesuffix("p")
    return node(
        "format",
        node("overlay", base, layer, format=overlay, alpha="straight"),
        pix_fmts=pixel_format,
    )


def _spread(pixel: Stream, size: tuple[int, int], span: str, pixel_format: str) -> Stream:
    """Fill frames with a pixel, its value as it is."""
    space = None if pixel_format == "gray" else "bt709"
    mask = node(
        "scale",
        pixel,
        w=size[0],
        h=size[1],
        in_range=span,
        out_range=span,
        in_color_matrix=space,
        out_color_matrix=space,
        flags="neighbor+bitexact",
    )
    return square(node("format", mask, pix_fmts=pixel_format))


def _tagged(stream: Stream) -> Stream:
    """Call weights a picture like those they weigh, so that no filter converts them."""
    return node("setparams", stream, range="limited", colorspace="bt709")


def _pixel(table: Weights, first: int, frames: int, *, steady: bool, rate: Fraction) -> Stream:
    """One pixel a frame, of the level that the frame is weighed with."""
    stream = node("loop", table.source, loop=-1, size=1, start=0)
    stream = node("settb", stream, expr=1 / rate)
    stream = node("setpts", stream, expr=Expression("N"))
    stream = node("trim", stream, end_frame=frames)
    index = str(first) if steady else f"({first}+n)"
    column, row = Expression(f"mod({index},{WIDTH})"), Expression(f"floor({index}/{WIDTH})")
    return node("crop", stream, w=1, h=1, x=column, y=row, exact=1)
