"""Frames between source frames: the weighted mean of the two neighbours, or a picture that follows the motion.

Both are made frame by frame from neighbours that were picked by number, so a frame is the same wherever a strip begins.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from sidecar.core.source import SourceColor, SourceVideo
from sidecar.ffmpeg.builder.graph import Expression, Input, InputStream, Stream, node
from sidecar.ffmpeg.builder.picture.convert import ACCURATE, RGB, YUV, convert
from sidecar.ffmpeg.builder.picture.orient import SPACES
from sidecar.ffmpeg.builder.picture.pick import table
from sidecar.ffmpeg.builder.picture.select import counted
from sidecar.ffmpeg.builder.sidefiles import SideFiles

SPOT = 2
"""Width and height of the pictures that carry weights: the smallest that every subsampling has."""

TICKS = 8192
"""Parts of an output frame in which the moments of a moving quartet are told."""

MOTION_BYTES = 300
"""Bytes a pixel that minterpolate keeps."""

_PLANAR = re.compile(
    r"yuva?(420|422|440|444)p(9|10|12|14|16)?(le)?|gbra?p(9|10|12|14|16)?(le)?|gray(9|10|12|14|16)?(le)?"
)
_FULL = re.compile(r"yuvj(420|422|440|444)p")


@dataclass(frozen=True, slots=True)
class Form:
    """How pictures are stored: planar where they are mixed. `straight`: not multiplied by alpha."""

    pixel_format: str
    color: SourceColor
    bits: int
    straight: bool


def for_mixing(stream: Stream, video: SourceVideo, *, alpha: bool, straight: bool) -> tuple[Stream, Form]:
    """Bring decoded pictures to a form in which their components may be averaged: what is transparent, multiplied."""
    if alpha:
        stream = convert(stream, "gbrap", color=video.color)
        return node("premultiply", stream, inplace=1) if straight else stream, Form("gbrap", RGB, 8, straight=False)
    wanted = _planar(video.pixel_format)
    form = Form(wanted, video.color, video.bits, straight=True)
    return (stream if wanted == video.pixel_format else _stored_as(stream, wanted, video.color)), form


def for_motion(stream: Stream, video: SourceVideo, *, straight: bool) -> tuple[Stream, Form]:
    """Bring decoded pictures to 8 bits of Y'CbCr, the subsampling kept: motion is followed in nothing else."""
    if video.color.matrix == "rgb":
        pixel_format = "yuva444p" if video.alpha else "yuv444p"
        return convert(stream, pixel_format, color=video.color), Form(pixel_format, YUV, 8, straight)
    found = re.match(r"(yuva?)j?(420|422|440|444)p", video.pixel_format)
    wanted = f"{found[1]}{found[2]}p" if found else "yuv420p"
    return _stored_as(stream, wanted, video.color), Form(wanted, video.color, 8, straight)


def _planar(pixel_format: str) -> str:
    """Return the planar format of a format's depth and subsampling; RGB for what has none."""
    if _PLANAR.fullmatch(pixel_format):
        return pixel_format
    full = _FULL.fullmatch(pixel_format)
    if full:
        return f"yuv{full[1]}p"
    if pixel_format in ("nv12", "nv21"):
        return "yuv420p"
    if pixel_format in ("p010le", "p010be"):
        return "yuv420p10le"
    return "gbrp" if "rgb" in pixel_format or "bgr" in pixel_format or pixel_format == "pal8" else "yuv444p"


def _stored_as(stream: Stream, pixel_format: str, color: SourceColor) -> Stream:
    """Store pictures otherwise, their colour as it is."""
    space = None if color.matrix == "rgb" else SPACES[color.matrix]
    stream = node(
        "scale",
        stream,
        in_range=color.range,
        out_range=color.range,
        in_color_matrix=space,
        out_color_matrix=space,
        flags=ACCURATE,
    )
    return node("format", stream, pix_fmts=pixel_format)


def blackened(stream: Stream, form: Form) -> Stream:
    """Make pictures black and opaque."""
    if form.color.matrix == "rgb" and form.pixel_format.startswith("gbrap"):
        # Not by lutrgb: of more than 8 bits in planes its largest alpha is not full, 65,280 of 65,535.
        dark = node("limiter", stream, max=0, planes=7)
        return node("limiter", dark, min=2 ** _depth(form.pixel_format) - 1, planes=8)
    if form.color.matrix == "rgb":
        return node("lutrgb", stream, r=0, g=0, b=0, a=Expression("maxval"))
    unit = 2 ** (form.bits - 8)
    black = 0 if form.color.range == "full" else 16 * unit
    return node("lutyuv", stream, y=black, u=128 * unit, v=128 * unit, a=Expression("maxval"))


def mixed(
    before: Stream,
    after: Stream,
    ways: Sequence[Fraction],
    *,
    form: Form,
    size: tuple[int, int],
    rate: Fraction,
    files: SideFiles,
) -> Stream:
    """Return the mean of two strips of one form, frame n weighted by ways[n] towards `after`, to 1/256.

    The weights come as pictures of their own, of one level in all planes.
    """
    depth = _depth(form.pixel_format)
    # maskedmerge takes level m for m / 2^depth.
    levels = [min(2**depth - 1, round(way * 2**depth)) for way in ways]
    spots = b"".join(_spot(level, form.pixel_format, 1 if depth == 8 else 2) for level in levels)
    options = (
        ("protocol_whitelist", "file"),
        ("f", "rawvideo"),
        ("pixel_format", form.pixel_format),
        ("video_size", f"{SPOT}x{SPOT}"),
    )
    weights: Stream = InputStream(Input(files.add("weights", "raw", spots), options), "video", 0)
    weights = counted(weights, rate)
    span = form.color.range
    space = None if form.color.matrix == "rgb" else SPACES[form.color.matrix]
    weights = node(
        "scale",
        _like(weights, form),
        w=size[0],
        h=size[1],
        in_range=span,
        out_range=span,
        in_color_matrix=space,
        out_color_matrix=space,
        flags="neighbor+bitexact+accurate_rnd",
    )
    mask = _like(node("format", weights, pix_fmts=form.pixel_format), form)
    return node("format", node("maskedmerge", before, after, mask), pix_fmts=form.pixel_format)


def _depth(pixel_format: str) -> int:
    found = re.search(r"(?:p|gray)(9|10|12|14|16)", pixel_format)
    return int(found[1]) if found else 8


def _like(stream: Stream, form: Form) -> Stream:
    """Tag weights like what they weigh, so that no filter converts them: nor multiplies them by their own alpha."""
    alpha = None if form.straight else "premultiplied"
    return node("setparams", stream, range=form.color.range, colorspace=SPACES[form.color.matrix], alpha_mode=alpha)


def _spot(level: int, pixel_format: str, size: int) -> bytes:
    """One picture of SPOT × SPOT, every component at one level."""
    planes = 4 if pixel_format.startswith(("yuva", "gbrap")) else 1 if pixel_format.startswith("gray") else 3
    shrunk = {"420": 1, "422": 2, "440": 2}
    sampling = re.match(r"yuva?(420|422|440)", pixel_format)
    chroma = 2 * shrunk[sampling[1]] if sampling else 2 * SPOT * SPOT
    values = SPOT * SPOT * (planes if not sampling else planes - 2) + (chroma if sampling else 0)
    return level.to_bytes(size, "little") * values


def moved(strips: Sequence[Stream], ways: Sequence[Fraction], rate: Fraction, *, size: tuple[int, int]) -> Stream:
    """Follow the motion between the second and third of four strips: the neighbours of each output frame, in order.

    Every output frame is made of a quartet of its own, squeezed into less than one output frame; so nothing but the
    quartet decides it. The search is one that begins afresh with every picture (`umh`; the usual `epzs` remembers).
    The strips have one frame more in front, which is left out: a change of scene is told by the difference before, too.
    """
    fine = 1 / (rate * TICKS)
    # The quartets must not overlap: the neighbours of an output frame lie a quarter of a frame apart around it.
    apart = TICKS // 4
    starts = [TICKS - round(way * apart) for way in ways]
    begin = table(list(range(len(ways) - 1)), starts, "N")
    placed = [
        node("setpts", node("settb", strip, expr=fine), expr=Expression(f"N*{TICKS}+{begin}+({offset})"))
        for strip, offset in zip(strips, (-apart // 2, 0, apart, apart + apart // 2), strict=True)
    ]
    stream: Stream = node("interleave", *placed, n=len(placed))
    stream = node(
        "minterpolate",
        stream,
        holds=size[0] * size[1] * MOTION_BYTES,
        fps=rate,
        mi_mode="mci",
        mc_mode="obmc",
        me_mode="bidir",
        me="umh",
        search_param=16,
        scd="fdiff",
    )
    stream = node("settb", stream, expr=1 / rate)
    stream = node("trim", stream, start_pts=2, end_pts=len(ways) + 1)
    return node("setpts", stream, expr=Expression("N"))
