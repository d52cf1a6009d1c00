"""A filter of a short list on one frame, or on a short part, of a file. No filter text comes from outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any

from msgspec import Meta

from protocol.errors import EffectInvalid, EffectUnknown
from protocol.model import Model
from protocol.time import Seconds, parse_seconds
from sidecar.core.source import SourceFacts
from sidecar.ffmpeg.builder.assembly import even, rate_for
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.excerpt import PLAIN, QUIET, fitted, frames_of, length_of, picture_of, stored, target
from sidecar.ffmpeg.builder.graph import Node, Pad, Stream, Value, node
from sidecar.ffmpeg.builder.picture.convert import convert
from sidecar.ffmpeg.builder.picture.select import Take
from sidecar.ffmpeg.builder.sidefiles import SideFiles

SEED = 1
"""Of everything random: a preview is the same each time."""


@dataclass(frozen=True, slots=True)
class Number:
    """A parameter: its range, and what it is when left out."""

    low: float
    high: float
    default: float
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Offered:
    """A filter that may be previewed: FFmpeg's name, its parameters, and what they become."""

    filter: str
    parameters: Mapping[str, Number]
    arguments: Callable[[Mapping[str, float]], dict[str, Value]]


def _same(values: Mapping[str, float]) -> dict[str, Value]:
    return dict(values)


FILTERS: Mapping[str, Offered] = {
    "blur": Offered("gblur", {"sigma": Number(0, 100, 5)}, lambda v: {"sigma": v["sigma"], "steps": 2}),
    "sharpen": Offered("unsharp", {"amount": Number(0, 5, 1)}, lambda v: {"la": v["amount"]}),
    "adjust": Offered(
        "eq",
        {
            "brightness": Number(-1, 1, 0),
            "contrast": Number(0, 4, 1),
            "saturation": Number(0, 3, 1),
            "gamma": Number(0.1, 10, 1),
        },
        _same,
    ),
    "hue": Offered("hue", {"degrees": Number(-180, 180, 0)}, lambda v: {"h": v["degrees"]}),
    "grayscale": Offered("hue", {}, lambda _: {"s": 0}),
    "negate": Offered("negate", {}, lambda _: {"components": "y+u+v"}),
    "sepia": Offered("colorchannelmixer", {}, lambda _: dict(_SEPIA)),
    "vignette": Offered("vignette", {"angle": Number(0, 90, 36)}, lambda v: {"a": v["angle"] * 0.0174533, "dither": 0}),
    "noise": Offered(
        "noise", {"strength": Number(0, 100, 20)}, lambda v: {"alls": int(v["strength"]), "all_seed": SEED}
    ),
    "denoise": Offered("hqdn3d", {"strength": Number(0, 50, 4)}, lambda v: {"luma_spatial": v["strength"]}),
    "pixelize": Offered(
        "pixelize", {"size": Number(1, 256, 16, whole=True)}, lambda v: {"w": int(v["size"]), "h": int(v["size"])}
    ),
    "edges": Offered("edgedetect", {"low": Number(0, 1, 0.1), "high": Number(0, 1, 0.4)}, _same),
    "flipHorizontal": Offered("hflip", {}, _same),
    "flipVertical": Offered("vflip", {}, _same),
}
"""All that may be previewed."""

_SEPIA: Mapping[str, Value] = {
    "rr": 0.393,
    "rg": 0.769,
    "rb": 0.189,
    "gr": 0.349,
    "gg": 0.686,
    "gb": 0.168,
    "br": 0.272,
    "bg": 0.534,
    "bb": 0.131,
}


class FilterPreview(Model, kw_only=True):
    """`duration` 0 is one frame (PNG), else a part of so many seconds (MP4 without sound)."""

    path: str
    filter: str
    parameters: dict[str, float] = {}
    video_stream: Annotated[int, Meta(ge=0, le=63)] = 0
    time: Seconds = 0
    duration: Annotated[float, Meta(ge=0, le=10)] = 0
    width: Annotated[int, Meta(ge=64, le=1920)] = 640
    before: bool = False
    """Show the picture as it was in its left half."""


def build_filter_preview(parameters: FilterPreview, facts: SourceFacts, output: str) -> Command:
    """Build the preview. Raises EffectUnknown and EffectInvalid for a filter or parameters that are not offered."""
    video = picture_of(facts, parameters.video_stream)
    offered = FILTERS.get(parameters.filter)
    if offered is None:
        raise EffectUnknown(type=parameters.filter, nearest=_nearest(parameters.filter))
    values = _checked(parameters.filter, offered, parameters.parameters)
    start = parse_seconds(parameters.time)
    size = even(fitted(video, parameters.width))
    rate, frames = Fraction(25), 1
    if parameters.duration:
        length = length_of(facts, start, Fraction(repr(parameters.duration)))
        rate = rate_for(facts, parameters.video_stream, at_most=Fraction(30))
        frames = max(1, int(length * rate))
    working = "gbrp" if offered.filter == "colorchannelmixer" else "yuv444p"
    files = SideFiles()
    stream = frames_of(facts, video, Take(start, Fraction(1), rate, frames), files, size=size, pixel_format=working)
    shown: Stream = Pad(Node(offered.filter, tuple(offered.arguments(values).items()), (stream,), "video"))
    if parameters.before:
        shown = node("overlay", shown, node("crop", stream, w=size[0] // 2, h=size[1], x=0, y=0), format="yuv444")
    return Command((_output(shown, parameters, output),), files=files.all(), globals_=QUIET, frames=frames)


def _output(shown: Stream, parameters: FilterPreview, output: str) -> Output:
    options: tuple[tuple[str, str | None], ...]
    if parameters.duration:
        stream = convert(node("format", shown, pix_fmts="yuv444p|gbrp"), "yuv420p")
        options = (("c:v", "libx264"), ("preset", "ultrafast"), ("crf", "20"), ("f", "mp4"), ("movflags", "+faststart"))
    else:
        rgb = convert(node("format", shown, pix_fmts="yuv444p|gbrp"), "gbrp")
        stream = stored(rgb, "png")
        options = (("frames:v", "1"), ("c:v", "png"), ("f", "image2"), ("update", "1"))
    return Output((stream,), (*options, *PLAIN), target(output))


def _checked(name: str, offered: Offered, given: Mapping[str, Any]) -> dict[str, float]:
    for key in given:
        if key not in offered.parameters:
            raise EffectInvalid(type=name, detail=f"there is no parameter {key!r}", pointer=f"/parameters/{key}")
    values: dict[str, float] = {}
    for key, number in offered.parameters.items():
        value = given.get(key, number.default)
        if not number.low <= value <= number.high or (number.whole and value != int(value)):
            raise EffectInvalid(
                type=name,
                detail=f"{key} must be a {'whole ' if number.whole else ''}number from {number.low} to {number.high}",
                pointer=f"/parameters/{key}",
            )
        values[key] = value
    return values


def _nearest(name: str) -> str | None:
    return next((known for known in FILTERS if known.lower().startswith(name.lower()[:3])), None)
