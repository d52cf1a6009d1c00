"""Sizes, matrices and pixel formats: every conversion explicit, so that no part of a graph depends on another."""

from __future__ import annotations

from dataclasses import dataclass

from protocol.project.export import PixelFormat
from sidecar.core.source import SourceColor
from sidecar.ffmpeg.builder.graph import Stream, node
from sidecar.ffmpeg.builder.picture.deep import ACCURATE, RGB, YUV, deepened, kernel, rematrixed

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
    "square",
    "working",
]


@dataclass(frozen=True, slots=True)
class Formats:
    """The pixel formats of a composition.

    `final` is what the encoder is given. Opaque pictures on even places are laid in `plain`, the opaque format with
    `final`'s subsampling (`plain_overlay` is the overlay filter's name of it). All else is composed in `full`, opaque
    R'G'B' of full range, or in `alpha`, the same premultiplied; they have 16 bits a channel where the export is
    deeper than 8 (`deep`). `step_x`, `step_y` are the places that `plain` can lay a picture on.
    `laid`, `full_overlay`, `layer` and `grading` are those of the overlay filter, which has 10 bits at most.
    """

    final: PixelFormat
    plain: str
    plain_overlay: str
    full: str
    alpha: str
    deep: bool
    step_x: int
    step_y: int
    laid: str
    full_overlay: str
    layer: str
    grading: str


_STEPS = {"420": (2, 2), "422": (2, 1), "444": (1, 1)}


def formats(final: PixelFormat) -> Formats:
    """Choose the formats of an export. Where `final` has alpha, an opaque composition may still lie in `plain`."""
    if final == "gbrp":
        return Formats(final, "gbrp", "gbrp", "gbrp", "gbrap", False, 1, 1, "gbrp", "gbrp", "gbrap", "gbrp")
    deep = final.endswith("10le")
    plain = final.replace("yuva", "yuv")
    sampling = plain[3:6]
    steps = _STEPS[sampling]
    if not deep:
        overlay = f"yuv{sampling}"
        return Formats(final, plain, overlay, "gbrp", "gbrap", False, *steps, "gbrp", "gbrp", "gbrap", "gbrp")
    overlay = f"yuv{sampling}p10"
    laid = ("yuv444p10le", "yuv444p10", "yuva444p10le", "gbrp12le")
    return Formats(final, plain, overlay, "gbrp16le", "gbrap16le", True, *steps, *laid)


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


def square(stream: Stream) -> Stream:
    """State square pixels: filters that join streams compare them."""
    return node("setsar", stream, sar=1)


def constant(hex_color: str, size: tuple[int, int], rate: object, pixel_format: str) -> Stream:
    """One frame of a colour, #RRGGBB or #RRGGBBAA, in a pixel format.

    R'G'B' with alpha is premultiplied, Y'CbCr with alpha straight; in a format without alpha the colour's is left out.
    """
    rgb, deep, with_alpha = is_rgb(pixel_format), pixel_format.endswith("le"), "a" in pixel_format
    alpha = hex_alpha(hex_color) if with_alpha else 1.0
    most = 65535 if deep else 255
    factor = most / 255 * (alpha if rgb else 1)
    levels = [round(int(hex_color[place : place + 2], 16) * factor) for place in (1, 3, 5)]
    painted = ("gbrap" if with_alpha else "gbrp") + ("16le" if deep else "")
    picture = node("color", medium="video", c="black@0", s=f"{size[0]}x{size[1]}", r=f"{rate}", d=None)
    picture = node("format", node("trim", picture, end_frame=1), pix_fmts=painted)
    # Not by lutrgb: of 16 bits it stops at 65,280.
    for plane, level in enumerate((levels[1], levels[2], levels[0], *([round(alpha * most)] if with_alpha else []))):
        picture = node("limiter", picture, min=level, planes=1 << plane) if level else picture
    return square(picture if painted == pixel_format else rematrixed(picture, pixel_format, RGB, YUV))


def hex_alpha(hex_color: str) -> float:
    """Alpha of #RRGGBB or #RRGGBBAA, 0–1."""
    return int(hex_color[7:9], 16) / 255 if len(hex_color) == 9 else 1.0
