"""Pictures as the encoders of GIF, WebP and PNG take them, and the palettes of GIF.

These formats know nothing of BT.709: RGB is written as it is shown, WebP's Y'CbCr is that of BT.601.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from protocol.project import Export, VideoExport
from protocol.project.export import PixelFormat
from protocol.project.formats import has_alpha, video_codec
from sidecar.ffmpeg.builder.graph import Input, InputStream, Stream, node
from sidecar.ffmpeg.builder.picture.convert import ACCURATE
from sidecar.ffmpeg.builder.steps import OWN_PALETTES, PALETTE

STILLS = ("gif", "webp", "png")

ALPHA_THRESHOLD = 128
"""Alpha from which a pixel of a GIF is opaque."""

TRANSPARENT = 1
"""A palette always has this colour too: frames leave out with it what stays as it was."""


@dataclass(frozen=True, slots=True)
class Palette:
    """How many colours a GIF has, and how it mixes those it lacks. `own`: every frame has its own.

    `pattern` is the scale of the fixed pattern by which they are mixed; None: errors are diffused.
    """

    colors: int
    pattern: int | None = None
    own: bool = False


PALETTES: tuple[tuple[int, Palette], ...] = (
    (20, Palette(32, pattern=4)),
    (40, Palette(64, pattern=4)),
    (60, Palette(128)),
    (OWN_PALETTES, Palette(256)),
    (100, Palette(256, own=True)),
)
"""Palettes up to a quality. A fixed pattern packs better than diffused errors, which differ from frame to frame."""


def encoded_format(export: Export, video: VideoExport) -> str:
    """Return the pixel format that the encoder is given."""
    codec = video_codec(export)
    if codec == "png":
        return png_format(video.pixel_format)
    if codec == "gif":
        return "pal8"
    if codec == "webp":
        return "bgra" if video.rate_control == "lossless" else video.pixel_format
    return video.pixel_format


def as_encoded(picture: Stream, export: Export, video: VideoExport) -> Stream:
    """Bring a finished picture into what its encoder takes; most take it as it is."""
    codec = video_codec(export)
    if codec == "gif":
        return _drawn(picture, palette_of(video), video)
    if codec == "png":
        return shown(picture, video.pixel_format, png_format(video.pixel_format))
    if codec == "webp" and video.rate_control == "lossless":
        return shown(picture, video.pixel_format, "bgra")
    if codec == "webp":
        return sampled(picture, video.pixel_format, video.pixel_format, "limited")
    return picture


def sampled(picture: Stream, pixel_format: PixelFormat, wanted: str, span: Literal["limited", "full"]) -> Stream:
    """Turn a finished picture into Y'CbCr of BT.601 in another format and range, and say so."""
    stream = node(
        "scale",
        picture,
        in_color_matrix=None if pixel_format == "gbrp" else "bt709",
        in_range="full" if pixel_format == "gbrp" else "limited",
        out_color_matrix="bt601",
        out_range=span,
        flags=f"bicubic+{ACCURATE}",
    )
    return node("setparams", node("format", stream, pix_fmts=wanted), colorspace="smpte170m")


def palette_of(video: VideoExport) -> Palette:
    """Choose the palette of a quality."""
    return next(palette for limit, palette in PALETTES if video.quality <= limit)


def palette_for(picture: Stream, video: VideoExport) -> Stream:
    """Find the colours of all frames: one picture of 16 × 16 colours. Only counts are kept, no frame."""
    return _generated(shown(picture, video.pixel_format, "bgra"), palette_of(video))


def _generated(drawn: Stream, palette: Palette) -> Stream:
    mode = "single" if palette.own else "full"
    return node("palettegen", drawn, max_colors=palette.colors, reserve_transparent=TRANSPARENT, stats_mode=mode)


def _drawn(picture: Stream, palette: Palette, video: VideoExport) -> Stream:
    """Draw frames in the colours of a palette: the one that was found before, or each in its own."""
    drawn = shown(picture, video.pixel_format, "bgra")
    if palette.own:
        colors = _generated(drawn, palette)
    else:
        colors = InputStream(Input(PALETTE, (("f", "png_pipe"),)), "video", 0)
    return node(
        "paletteuse",
        drawn,
        colors,
        dither="sierra2_4a" if palette.pattern is None else "bayer",
        bayer_scale=palette.pattern,
        # Errors are diffused in what changes alone, so that what stands still does not flicker.
        diff_mode=None if palette.own else "rectangle",
        new=palette.own,
        alpha_threshold=ALPHA_THRESHOLD,
    )


def shown(picture: Stream, pixel_format: PixelFormat, wanted: str) -> Stream:
    """Turn a finished picture into R'G'B' as a screen shows it, and say so."""
    rgb = pixel_format == "gbrp"
    stream = node(
        "scale",
        picture,
        in_color_matrix=None if rgb else "bt709",
        in_range="full" if rgb else "limited",
        out_range="full",
        flags=f"bicubic+{ACCURATE}",
    )
    return node(
        "setparams",
        node("format", stream, pix_fmts=wanted),
        range="full",
        colorspace="gbr",
        color_primaries="bt709",
        color_trc="iec61966-2-1",
        alpha_mode="straight" if has_alpha(pixel_format) else None,
    )


def png_format(pixel_format: PixelFormat) -> str:
    """Return what a PNG holds of a picture in a pixel format, without loss of depth or alpha."""
    if pixel_format.endswith("10le"):
        return "rgba64be" if has_alpha(pixel_format) else "rgb48be"
    return "rgba" if has_alpha(pixel_format) else "rgb24"
