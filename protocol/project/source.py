"""What a clip shows or sounds."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, field

from protocol.model import Model
from protocol.project.text import Animation, Position, Style
from protocol.project.words import Fraction01, HexColor, Id, Text

StreamIndex = Annotated[int, Meta(ge=0, le=1_000)]


class _Kind(Model, tag_field="kind"):
    """Base of the tagged union."""


class FileSource(_Kind, tag="file"):
    """A media file by path, or by the id of an entry of `media`; exactly one of the two."""

    path: str | None = None
    media: Id | None = None
    video_stream: StreamIndex | None = 0
    audio_stream: StreamIndex | None = 0
    channel_map: list[Annotated[int, Meta(ge=0, le=63)] | None] | None = None
    loop: bool | None = None
    on_error: Literal["fail", "freeze", "black"] = "fail"


class ColorSource(_Kind, tag="color"):
    """One colour over the whole frame."""

    color: HexColor = "#000000"


class GradientSource(_Kind, tag="gradient"):
    """Colours from one edge to the other (linear, along `angle`) or from the centre out (radial)."""

    colors: Annotated[list[HexColor], Meta(min_length=2, max_length=8)] = field(
        default_factory=lambda: ["#000000", "#FFFFFF"]
    )
    shape: Literal["linear", "radial"] = "linear"
    angle: Annotated[float, Meta(ge=-36_000, le=36_000)] = 0.0


class PatternSource(_Kind, tag="pattern"):
    """A test picture."""

    pattern: Literal["bars", "test", "grid", "checker"] = "bars"


class NoiseSource(_Kind, tag="noise"):
    """Static: picture noise on a video track, sound noise on an audio track, both functions of `seed`."""

    seed: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    level: Fraction01 = 0.5


class ToneSource(_Kind, tag="tone"):
    """A steady tone; `level` is its peak amplitude, frequency in hertz."""

    frequency: Annotated[float, Meta(ge=1, le=96_000)] = 440.0
    level: Fraction01 = 0.5
    waveform: Literal["sine", "square", "triangle", "sawtooth"] = "sine"


class SilenceSource(_Kind, tag="silence"):
    """No sound."""


class TitleSource(_Kind, tag="title"):
    """Text over the frame."""

    text: Text
    style: Style = Style()
    position: Position | None = None
    animations: Annotated[list[Animation], Meta(max_length=32)] = []


class GraphicSource(_Kind, tag="graphic"):
    """A named titled graphic with its fields filled in."""

    name: str
    fields: dict[str, Any] = {}


class AdjustmentSource(_Kind, tag="adjustment"):
    """No picture of its own: its effects act on everything below it."""


Source = (
    FileSource
    | ColorSource
    | GradientSource
    | PatternSource
    | NoiseSource
    | ToneSource
    | SilenceSource
    | TitleSource
    | GraphicSource
    | AdjustmentSource
)
RESERVED_KINDS = ("stream", "device", "images", "sequence", "multicam")
"""Words kept for later minors; a source of such a kind is `notSupported`, not unknown."""
