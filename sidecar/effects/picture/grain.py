"""Film grain: plates of noise that a frame picks by its number and the seed, so that no frame depends on another.

One sheet of noise is drawn, larger than the picture by `SPARE`; a frame shows it from a place of its own.
"""

from __future__ import annotations

from hashlib import sha256
from math import ceil
from typing import Annotated

from protocol.project import Animated
from sidecar.effects.parameters import Parameters, number, switch, whole
from sidecar.effects.pixels import filled, merged, spread, straight
from sidecar.ffmpeg.builder.catalogue import EffectKind, PictureScene
from sidecar.ffmpeg.builder.commanded import commanded
from sidecar.ffmpeg.builder.graph import Node, Pad, Stream, node
from sidecar.ffmpeg.builder.picture.select import hold

SPARE = 256
"""Pixels by which the sheet of noise is larger across and down."""

GREY = (0.5, 0.5, 0.5, 0.5)

DEPTH = 60
"""What FFmpeg's noise is told for grain at full strength, of 100."""


class Grain(Parameters):
    """How strong and coarse, in grey or in colour, and which."""

    amount: Annotated[Animated, number(0, 1, "How strong it is", moves="noise", ru="Сила зерна")] = 0.3
    size: Annotated[float, number(1, 8, "Size of a grain", unit="px", moves="coarseness", ru="Размер зерна")] = 1.5
    color: Annotated[bool, switch("Grain in every channel by itself", moves="colorfulness", ru="Цветное зерно")] = False
    seed: Annotated[int, whole(0, 9_999, "Another seed is other grain", ru="Зерно датчика")] = 0


def build(stream: Stream, parameters: Grain, scene: PictureScene) -> Stream:
    noise = merged(filled(GREY, scene), _noise(parameters, scene), parameters.amount, scene)
    # Grain merge adds what the second picture is away from the middle; alpha is the first one's.
    modes = tuple((f"c{plane}_mode", "normal" if plane == 3 else "grainmerge") for plane in range(4))
    return straight(stream, scene, lambda given: Pad(Node("blend", modes, (given, noise), "video")))


def _noise(parameters: Grain, scene: PictureScene) -> Stream:
    """A plate for each frame, around middle grey."""
    size = max(1.0, parameters.size * scene.scale)
    width, height = (ceil((length + SPARE) / size) for length in scene.size)
    sheet: Stream = node("color", medium="video", c="0x808080", s=f"{width}x{height}", r=f"{scene.rate}")
    sheet = node("trim", sheet, end_frame=1)
    sheet = node("format", sheet, pix_fmts="gbrp" if parameters.color else "gray")
    sheet = node("noise", sheet, alls=DEPTH, all_seed=1 + parameters.seed)
    room = scene.size[0] + SPARE, scene.size[1] + SPARE
    sheet = node("scale", sheet, w=room[0], h=room[1], flags="bicubic+accurate_rnd+bitexact")
    sheet = hold(node("setsar", sheet, sar=1), scene.frames)
    places = [_place(parameters.seed, scene.first + frame) for frame in range(scene.frames)]
    series = {"x": [place[0] for place in places], "y": [place[1] for place in places]}
    plates = commanded(sheet, "crop", series, scene.rate, scene.files, w=scene.size[0], h=scene.size[1], exact=1)
    if not parameters.color:
        return spread(plates, scene)
    return node("format", plates, pix_fmts=scene.pixel_format)


def _place(seed: int, frame: int) -> tuple[float, float]:
    """Where a frame's plate lies in the sheet."""
    digest = sha256(f"{seed} {frame}".encode()).digest()
    return float(digest[0]), float(digest[1])


KIND = EffectKind(
    name="grain",
    medium="video",
    category="stylize",
    title="Film grain",
    title_ru="Зерно плёнки",
    description="Lays grain over the picture, another for each frame",
    description_ru="Накладывает зерно, своё для каждого кадра",
    parameters=Grain,
    neutral={"amount": 0},
    shown={"amount": 0.8},
    scale_free=False,
    build=build,
)
