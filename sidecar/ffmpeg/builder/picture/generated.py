"""Pictures that no file holds: gradients, test patterns, static (docs/engine.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import shake_128
from math import cos, hypot, radians, sin

from protocol.project import GradientSource, NoiseSource, PatternSource
from sidecar.ffmpeg.builder.commanded import commanded
from sidecar.ffmpeg.builder.graph import Expression, Input, InputStream, Node, Pad, Stream, node
from sidecar.ffmpeg.builder.picture.convert import convert
from sidecar.ffmpeg.builder.picture.deep import RGB, rematrixed
from sidecar.ffmpeg.builder.picture.layer import Picture
from sidecar.ffmpeg.builder.picture.patterns import pattern_picture
from sidecar.ffmpeg.builder.picture.scene import Scene

PLATE = 1024
"""Width and height of the plate of static, in project pixels."""

MOST = 65_535

GBRA = (1, 2, 0, 3)
"""Channels (R, G, B, alpha) in the order of the planes."""


@dataclass(frozen=True, slots=True)
class Generated:
    """A picture of the canvas's size; `still`: one frame stands for all."""

    picture: Picture
    still: bool


def generated(source: GradientSource | PatternSource | NoiseSource, scene: Scene, first: int, frames: int) -> Generated:
    """Draw frames first, first + 1, … of a clip (0 is its own first frame) at the canvas's size."""
    size = scene.canvas.size
    if isinstance(source, GradientSource):
        alpha = any(color[7:9].upper() not in ("", "FF") for color in source.colors)
        stream = _gradient(source, scene, alpha=alpha)
        return Generated(
            Picture(stream, RGB, size, alpha, straight=True, bits=16 if scene.formats.deep else 8), still=True
        )
    if isinstance(source, PatternSource):
        name = scene.files.add("pattern", "png", pattern_picture(source.pattern, size))
        stream = _drawn(scene, name, "png_pipe")
        stream = convert(stream, "gbrp", color=RGB)
        return Generated(Picture(stream, RGB, size, alpha=False, straight=True), still=True)
    stream = _static(source, scene, range(first, first + frames))
    return Generated(Picture(stream, RGB, size, alpha=False, straight=True), still=False)


def _drawn(scene: Scene, name: str, demuxer: str) -> Stream:
    """One frame out of a side file."""
    options = (("protocol_whitelist", "file"), ("framerate", f"{scene.rate}"), ("f", demuxer))
    return InputStream(Input(name, options), "video", 0)


def _gradient(source: GradientSource, scene: Scene, *, alpha: bool) -> Stream:
    """One frame: where every pixel lies between the first colour and the last, in 16 bits, then the colours of that."""
    place = node("color", medium="video", c="black", s=f"{scene.canvas.size[0]}x{scene.canvas.size[1]}", r=scene.rate)
    place = node("format", node("trim", place, end_frame=1), pix_fmts="gray16le")
    place = node("geq", place, lum=Expression(f"{MOST}*clip({_place(source, scene)},0,1)+0.5"))
    deep = "gbrap16le" if alpha else "gbrp16le"
    # By way of Y'CbCr: lutrgb stops at 65,280 of 65,535.
    count = 4 if alpha else 3
    spread = _planes(place, "yuva444p16le" if alpha else "yuv444p16le", [0] * count)
    ramps = tuple(("yuva"[plane], _ramp(source.colors, GBRA[plane])) for plane in range(count))
    colored = _tagged(_planes(Pad(Node("lutyuv", ramps, (spread,), "video")), deep, range(count)))
    return colored if scene.formats.deep else rematrixed(colored, deep.removesuffix("16le"), RGB, RGB)


def _planes(stream: Stream, pixel_format: str, planes: Sequence[int]) -> Stream:
    """Make frames of a format out of planes of a stream."""
    places = tuple(
        (f"map{made}{what}", value) for made, plane in enumerate(planes) for what, value in (("s", 0), ("p", plane))
    )
    return Pad(Node("mergeplanes", (*places, ("format", pixel_format)), (stream,), "video"))


def _tagged(stream: Stream) -> Stream:
    """Call frames R'G'B': what their planes come from does not say so."""
    return node("setparams", stream, range="full", colorspace="gbr")


def _place(source: GradientSource, scene: Scene) -> str:
    """Write where a pixel's centre lies between the first colour (0) and the last (1).

    What looks the same is written the same: full turns more, and any direction from a colour to itself.
    """
    if len(set(source.colors)) == 1:
        return "0"
    width, height = scene.timeline.width, scene.timeline.height
    across = f"((X+0.5)/W-0.5)*{width}"
    down = f"((Y+0.5)/H-0.5)*{height}"
    if source.shape == "radial":
        return f"hypot({across},{down})/{hypot(width, height) / 2:.12f}"
    turn = radians(source.angle % 360)
    right, along = cos(turn), sin(turn)
    reach = abs(width * right) + abs(height * along)
    return f"({across}*{right:.15f}+{down}*{along:.15f})/{reach:.12f}+0.5"


def _ramp(colors: Sequence[str], channel: int) -> Expression:
    """Write a channel of colours at even distances as a function of the place, both up to 65,535."""
    levels = [int((color[1:] + "FF")[2 * channel : 2 * channel + 2], 16) * 257 for color in colors]
    steps = len(levels) - 1
    rises = "".join(
        f"+({levels[step + 1] - levels[step]})*clip(val*{steps}/{MOST}-{step},0,1)" for step in range(steps)
    )
    return Expression(f"{levels[0]}{rises}+0.5")


def _static(source: NoiseSource, scene: Scene, frames: range) -> Stream:
    """One plate of random bytes, tiled, of which every frame sees another part."""
    width, height = scene.timeline.width, scene.timeline.height
    seed = b"%d" % source.seed
    header = b"P5\n%d %d\n255\n" % (PLATE, PLATE)
    name = scene.files.made(
        "static",
        "pgm",
        lambda: header + shake_128(seed).digest(PLATE * PLATE),
        len(header) + PLATE * PLATE,
        f"seed {source.seed}",
    )
    plate = _drawn(scene, name, "pgm_pipe")
    leveled = node("lut", node("format", plate, pix_fmts="gray"), y=Expression(f"val*{source.level:.9f}+0.5"))
    tiles = tuple(-(-(length + PLATE - 1) // PLATE) for length in (width, height))
    looped = node("trim", node("loop", leveled, loop=-1, size=1, start=0), end_frame=tiles[0] * tiles[1])
    tiled = node("tile", node("setpts", looped, expr=Expression("N")), layout=f"{tiles[0]}x{tiles[1]}")
    counted = node("settb", node("loop", tiled, loop=-1, size=1, start=0), expr=1 / scene.rate)
    counted = node("setpts", counted, expr=Expression("N"))
    # Tiled pictures are said to come at a part of the rate: the last would be shown for as many frames.
    counted = node("fps", counted, fps=scene.rate, round="down", start_time=0, eof_action="pass")
    counted = node("trim", counted, end_frame=len(frames))
    corners = [_corner(seed, frame) for frame in frames]
    seen = commanded(
        counted,
        "crop",
        {"x": [float(x) for x, _ in corners], "y": [float(y) for _, y in corners]},
        scene.rate,
        scene.files,
        w=width,
        h=height,
        exact=1,
    )
    grey = _tagged(_planes(seen, "gbrp", [0, 0, 0]))
    size = scene.canvas.size
    return grey if size == (width, height) else convert(grey, "gbrp", color=RGB, size=size, shrinks=size[0] < width)


def _corner(seed: bytes, frame: int) -> tuple[int, int]:
    """Return the left top corner of the part of the plate that a frame sees."""
    drawn = shake_128(seed + b" %d" % frame).digest(4)
    return int.from_bytes(drawn[:2], "little") % PLATE, int.from_bytes(drawn[2:], "little") % PLATE
