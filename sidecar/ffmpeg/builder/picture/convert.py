"""Sizes, matrices and pixel formats: every conversion explicit, so that no part of a graph depends on another."""

from __future__ import annotations

from dataclasses import dataclass

from protocol.project.export import PixelFormat
from sidecar.core.source import SourceColor
from sidecar.ffmpeg.builder.graph import Stream, node

RGB = SourceColor(range="full", matrix="rgb", primaries="bt709", transfer="srgb")
YUV = SourceColor(range="limited", matrix="bt709", primaries="bt709", transfer="bt709")
"""What `convert` gives, in RGB and in Y'CbCr."""

ACCURATE = "accurate_rnd+full_chroma_int+full_chroma_inp+bitexact"


@dataclass(frozen=True, slots=True)
class Formats:
    """The pixel formats of a composition.

    `final` is what the encoder is given. Opaque pictures on even places are laid in `plain`; everything else in
    `full`, which has every component at full resolution; `overlay` are the overlay filter's names of the two.
    `layer` is `full` with straight alpha, `grading` what colour is reckoned in.
    """

    final: PixelFormat
    plain: str
    plain_overlay: str
    full: str
    full_overlay: str
    layer: str
    grading: str
    step_x: int
    step_y: int


def formats(final: PixelFormat) -> Formats:
    """Choose formats for an opaque export. `step_x`, `step_y` are the places that `plain` can lay a picture on."""
    if final == "gbrp":
        return Formats(final, "gbrp", "gbrp", "gbrp", "gbrp", "gbrap", "gbrp", 1, 1)
    sampling = final[3:6]
    step_x, step_y = {"420": (2, 2), "422": (2, 1), "444": (1, 1)}[sampling]
    if final.endswith("10le"):
        return Formats(
            final, final, f"yuv{sampling}p10", "yuv444p10le", "yuv444p10", "yuva444p10le", "gbrp12le", step_x, step_y
        )
    return Formats(final, final, f"yuv{sampling}", "gbrp", "gbrp", "gbrap", "gbrp", step_x, step_y)


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

    `color` says how the input is to be read (None: by its tags). `shrinks`: area averaging in place of
    bicubic interpolation.
    """
    rgb = is_rgb(pixel_format)
    kernel = "area" if shrinks else "bicubic"
    stream = node(
        "scale",
        stream,
        w=size[0] if size else None,
        h=size[1] if size else None,
        in_color_matrix=None if color is None or color.matrix == "rgb" else color.matrix,
        in_range=None if color is None else color.range,
        out_color_matrix=None if rgb else "bt709",
        out_range="full" if rgb else "limited",
        flags=f"{kernel}+{ACCURATE}",
    )
    return square(node("format", stream, pix_fmts=pixel_format))


def square(stream: Stream) -> Stream:
    """State square pixels: filters that join streams compare them."""
    return node("setsar", stream, sar=1)


def constant(hex_color: str, size: tuple[int, int], rate: object, pixel_format: str) -> Stream:
    """One frame of an opaque colour, #RRGGBB, in a pixel format."""
    picture = node("color", medium="video", c=f"0x{hex_color[1:7]}", s=f"{size[0]}x{size[1]}", r=f"{rate}", d=None)
    picture = node("trim", picture, end_frame=1)
    return convert(node("format", picture, pix_fmts="gbrp"), pixel_format, color=RGB)


def hex_alpha(hex_color: str) -> float:
    """Alpha of #RRGGBB or #RRGGBBAA, 0–1."""
    return int(hex_color[7:9], 16) / 255 if len(hex_color) == 9 else 1.0
