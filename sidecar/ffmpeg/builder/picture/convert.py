"""Sizes, matrices and pixel formats: every conversion explicit, so that no part of a graph depends on another."""

from __future__ import annotations

from dataclasses import dataclass

from protocol.project.export import PixelFormat
from sidecar.core.source import SourceColor
from sidecar.ffmpeg.builder.graph import Stream, node
from sidecar.ffmpeg.builder.picture.deep import ACCURATE, MATRICES, RGB, YUV, deepened, kernel, rematrixed

__all__ = [
    "ACCURATE",
    "RGB",
    "YUV",
    "Formats",
    "constant",
    "convert",
    "formats",
    "hex_alpha",
    "is_rgb",
    "premultiplied",
    "recolored",
    "square",
    "with_alpha",
    "working",
]

SHARPNESS = (0, 0.6)
"""B and C of swscale's bicubic curve."""


@dataclass(frozen=True, slots=True)
class Formats:
    """The pixel formats of a composition.

    `final` is what the encoder is given. Opaque pictures on even places are laid in `plain`, the opaque format with
    `final`'s subsampling (`plain_overlay` is the overlay filter's name of it). All else is composed in `full`, opaque
    R'G'B' of full range, or in `alpha`, the same premultiplied; they have 16 bits a channel where the export is
    deeper than 8 (`deep`). `step_x`, `step_y` are the places that `plain` can lay a picture on.
    """

    final: PixelFormat
    plain: str
    plain_overlay: str
    full: str
    alpha: str
    deep: bool
    step_x: int
    step_y: int


_STEPS = {"420": (2, 2), "422": (2, 1), "444": (1, 1)}


def formats(final: PixelFormat) -> Formats:
    """Choose the formats of an export. Where `final` has alpha, an opaque composition may still lie in `plain`."""
    if final == "gbrp":
        return Formats(final, "gbrp", "gbrp", "gbrp", "gbrap", False, 1, 1)
    deep = final.endswith("10le")
    plain = final.replace("yuva", "yuv")
    sampling = plain[3:6]
    overlay, depth = (f"yuv{sampling}p10", "16le") if deep else (f"yuv{sampling}", "")
    return Formats(final, plain, overlay, "gbrp" + depth, "gbrap" + depth, deep, *_STEPS[sampling])


def is_rgb(pixel_format: str) -> bool:
    return pixel_format.startswith("gbr")


def working(pixel_format: str) -> SourceColor:
    """Colour of a composition in a pixel format."""
    return RGB if is_rgb(pixel_format) else YUV


def convert(
    stream: Stream,
    pixel_format: str,
    *,
    color: SourceColor | None = None,
    size: tuple[int, int] | None = None,
    shrinks: bool = False,
) -> Stream:
    """Scale and convert to BT.709 in a pixel format; RGB is full range, Y'CbCr limited.

    `color` says how the input is to be read (None: by its tags); of it range and matrix alone are used here, the rest
    is `colour.read`'s. `shrinks`: area averaging in place of bicubic interpolation. RGB of 16 bits is exact to half a
    level, of 8 bits to 0.51 of one.
    """
    if pixel_format.endswith("16le"):
        return deepened(stream, pixel_format, color or YUV, size=size, shrinks=shrinks)
    rgb = is_rgb(pixel_format)
    if pixel_format.endswith("10le") and color is not None and (color.matrix, color.range) != ("bt709", "limited"):
        between = "gbrap16le" if "a" in pixel_format else "gbrp16le"
        stream = deepened(stream, between, color, size=size, shrinks=shrinks)
        return square(rematrixed(stream, pixel_format, RGB, YUV, "ordered"))
    stream = node(
        "scale",
        stream,
        w=size[0] if size else None,
        h=size[1] if size else None,
        in_color_matrix=None if color is None or color.matrix == "rgb" else color.matrix,
        in_range=None if color is None else color.range,
        out_color_matrix=None if rgb else "bt709",
        out_range="full" if rgb else "limited",
        flags=f"{kernel(shrinks=shrinks)}+{ACCURATE}",
    )
    return square(node("format", stream, pix_fmts=pixel_format))


def recolored(stream: Stream, pixel_format: str, color: SourceColor) -> Stream:
    """Convert planar frames of 8 bits, that keep their size, to BT.709 in such a format: as `convert`, in half the time.

    `color` says how the input is to be read. To the nearest level. Frames whose chroma is subsampled have even sizes.
    """
    made = working(pixel_format)
    stream = node(
        "zscale",
        stream,
        matrixin=MATRICES[color.matrix],
        rangein=color.range,
        primariesin="709",
        transferin="709",
        # Where swscale sees it, whatever frames say, and by its curve: pictures of other sizes go through that.
        chromalin="center",
        matrix=MATRICES[made.matrix],
        range=made.range,
        primaries="709",
        transfer="709",
        chromal="center",
        filter="bicubic",
        param_a=SHARPNESS[0],
        param_b=SHARPNESS[1],
        dither="none",
        threads=1,
    )
    stream = node("format", stream, pix_fmts=pixel_format)
    # Nor does swscale say where it lies: what encoders write must be the same of all pieces of a film.
    return square(node("setparams", stream, chroma_location="unspecified"))


def with_alpha(stream: Stream, pixel_format: str) -> Stream:
    """Give planar R'G'B' of the same depth an alpha that is full everywhere: gbrap or gbrap16le, premultiplied.

    Not by swscale, which leaves the last row of 16-bit frames as it was in memory.
    """
    stream = rematrixed(stream, pixel_format, RGB, RGB)
    return node("setparams", stream, range="full", colorspace="gbr", alpha_mode="premultiplied")


def premultiplied(stream: Stream) -> Stream:
    """State that colour is multiplied by alpha: filters that see "straight" beside it would multiply again."""
    return node("setparams", stream, alpha_mode="premultiplied")


def square(stream: Stream) -> Stream:
    """State square pixels: filters that join streams compare them."""
    return node("setsar", stream, sar=1)


def constant(hex_color: str, size: tuple[int, int], rate: object, pixel_format: str) -> Stream:
    """One frame of a colour, #RRGGBB or #RRGGBBAA, in a pixel format.

    R'G'B' with alpha is premultiplied, Y'CbCr with alpha straight; in a format without alpha the colour's is left out.
    """
    rgb, deep, clear = is_rgb(pixel_format), pixel_format.endswith("le"), "a" in pixel_format
    alpha = hex_alpha(hex_color) if clear else 1.0
    # Painted in 8 bits: of 16 the table filter gives at most 65 280.
    factor = alpha if rgb and not deep else 1.0
    levels = [round(int(hex_color[place : place + 2], 16) * factor) for place in (1, 3, 5)]
    painted = "gbrap" if clear else "gbrp"
    levels.append(round(alpha * 255))
    color = "0x" + "".join(f"{level:02X}" for level in levels)
    picture: Stream = node("color", medium="video", c=color, s=f"{size[0]}x{size[1]}", r=f"{rate}", d=None)
    picture = node("format", node("trim", picture, end_frame=1), pix_fmts=painted)
    if painted != pixel_format:
        picture = rematrixed(picture, pixel_format, RGB, RGB if rgb else YUV)
    if rgb and deep and alpha < 1:
        picture = node("premultiply", node("setparams", picture, alpha_mode="straight"), inplace=1)
    if clear:
        picture = node("setparams", picture, alpha_mode="premultiplied" if rgb else "straight")
    return square(picture)


def hex_alpha(hex_color: str) -> float:
    """Alpha of #RRGGBB or #RRGGBBAA, 0–1."""
    return int(hex_color[7:9], 16) / 255 if len(hex_color) == 9 else 1.0
