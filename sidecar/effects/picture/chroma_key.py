"""Chroma key: what has nearly the colour of a screen becomes transparent, and its colour is taken off the rest.

The distance is that of FFmpeg's chromakey, between Cb, Cr of BT.709 and those of the key, the mean over 3 × 3 pixels;
it is measured on colour without its alpha.
"""

from __future__ import annotations

from typing import Annotated

from protocol.project import Animated
from sidecar.core.timeline.animation import constant
from sidecar.effects.matrices import LUMA
from sidecar.effects.parameters import Parameters, color, number
from sidecar.effects.pixels import CLEAR, by_mask, filled, merged, spread, straight
from sidecar.ffmpeg.builder.catalogue import EffectKind, PictureScene
from sidecar.ffmpeg.builder.commanded import commanded
from sidecar.ffmpeg.builder.graph import Node, Pad, Stream, node
from sidecar.ffmpeg.builder.picture.deep import RGB, YUV, rematrixed

LEAST = 0.00001
"""The smallest tolerance that the filter takes."""


class ChromaKey(Parameters):
    """The colour of the screen, how unlike it may be, and what becomes of its light on the rest."""

    color: Annotated[str, color("Colour of the screen", ru="Цвет фона")] = "#00B140"
    tolerance: Annotated[
        Animated, number(0, 1, "Distance up to which all is transparent", moves="-alpha", ru="Допуск")
    ] = 0.12
    softness: Annotated[
        Animated, number(0, 1, "Distance from there on to full opacity", moves="-alpha", ru="Мягкость края")
    ] = 0.08
    spill: Annotated[
        Animated,
        number(0, 1, "How much of the screen's colour is taken off the rest", moves="-spill", ru="Подавление отсвета"),
    ] = 0.5


def build(stream: Stream, parameters: ChromaKey, scene: PictureScene) -> Stream:
    key = tuple(int(parameters.color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    measured: Stream = node("unpremultiply", stream, inplace=1)
    # 12 bits: with 16 the filter's squares of differences pass 2³¹.
    measured = rematrixed(measured, "yuva444p12le" if scene.deep else "yuva444p", RGB, YUV)
    series = {
        "similarity": [max(LEAST, value) for value in scene.values(parameters.tolerance)],
        "blend": scene.values(parameters.softness),
    }
    # By one thread: where several meet, pixels depend on how many they are.
    keyed = commanded(measured, "chromakey", series, scene.rate, scene.files, color=_in_yuv(key), yuv=1, threads=1)
    kept: Stream = node("alphaextract", keyed)
    if scene.deep:
        # zimg alone takes the largest of 12 bits to the largest of 16.
        kept = node("zscale", kept, rangein="full", range="full", dither="none", threads=1)
    kept = spread(kept, scene)
    if constant(parameters.spill) != 0:
        stream = straight(stream, scene, lambda given: merged(given, _despilled(given, key), parameters.spill, scene))
    return by_mask(filled(CLEAR, scene), stream, kept, scene)


def _in_yuv(key: tuple[float, ...]) -> str:
    """The key in Y′CbCr of limited range, as the filter wants it."""
    luma = sum(weight * value for weight, value in zip(LUMA, key, strict=True))
    blue, red = (key[2] - luma) / (2 - 2 * LUMA[2]), (key[0] - luma) / (2 - 2 * LUMA[0])
    return f"0x{round(16 + 219 * luma):02X}{round(128 + 224 * blue):02X}{round(128 + 224 * red):02X}"


def _despilled(stream: Stream, key: tuple[float, ...]) -> Stream:
    """Keep the channel in which the key is strongest from passing the mean of the other two."""
    strongest = "rgb"[max(range(3), key=lambda channel: key[channel])]
    means = tuple((f"{strongest}{other}", 0.0 if other == strongest else 0.5) for other in "rgb")
    limit = Pad(Node("colorchannelmixer", means, (stream,), "video"))
    modes = tuple((f"c{plane}_mode", "darken" if plane == "gbr".index(strongest) else "normal") for plane in range(4))
    return Pad(Node("blend", modes, (stream, limit), "video"))


KIND = EffectKind(
    name="chromaKey",
    medium="video",
    category="key",
    title="Chroma key",
    title_ru="Хромакей",
    description="Makes a green, blue or other screen transparent",
    description_ru="Делает прозрачным зелёный, синий или другой фон",
    parameters=ChromaKey,
    clears=True,
    build=build,
)
