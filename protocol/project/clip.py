"""A clip: a source, its place on the timeline, and what is done to it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta

from protocol.model import Model
from protocol.project.animated import Easing, Gain, Gamma, Hue, Margin, Place, Scale, Signed, Turn, Unit
from protocol.project.effect import Effect
from protocol.project.source import Source
from protocol.project.words import Blend, Fit, Id
from protocol.time import Seconds


class Crop(Model):
    """Fractions of the upright source cut from each edge."""

    left: Margin = 0.0
    top: Margin = 0.0
    right: Margin = 0.0
    bottom: Margin = 0.0


class Transform(Model):
    """Scale and rotation (degrees clockwise) about the anchor, then the anchor to (x, y) of the box."""

    x: Place = 0.5
    y: Place = 0.5
    scale_x: Scale = 1.0
    scale_y: Scale = 1.0
    rotation: Turn = 0.0
    anchor_x: Place = 0.5
    anchor_y: Place = 0.5


class Color(Model):
    """The eleven colour controls, applied in the order of docs/project.md §4, step 8."""

    brightness: Signed = 0.0
    contrast: Gain = 1.0
    saturation: Gain = 1.0
    hue: Hue = 0.0
    gamma: Gamma = 1.0
    highlights: Signed = 0.0
    shadows: Signed = 0.0
    whites: Signed = 0.0
    blacks: Signed = 0.0
    temperature: Signed = 0.0
    tint: Signed = 0.0


class TimeKey(Model):
    """A key of a speed ramp: at clip time `time` the source stands at `source` seconds."""

    time: Seconds
    source: Seconds
    easing: Easing = "linear"


class LayoutCell(Model):
    """The cell of a layout template that a clip fills."""

    template: Id
    cell: Annotated[int, Meta(ge=0, le=63)] | Id = 0


class ClipMarker(Model):
    """A note at a moment of the source, in source seconds."""

    time: Seconds
    id: Id | None = None
    name: str = ""
    color: str | None = None
    metadata: dict[str, Any] = {}


class Clip(Model):
    """A source between two edit points of a track."""

    source: Source
    start: Seconds
    duration: Seconds
    id: Id | None = None
    name: str = ""
    enabled: bool = True
    source_start: Seconds = 0
    speed: Annotated[float, Meta(ge=0.05, le=100)] = 1.0
    reverse: bool = False
    freeze: bool = False
    time_map: Annotated[list[TimeKey], Meta(min_length=2, max_length=10_000)] | None = None
    retime: Literal["nearest", "blend", "motion"] = "nearest"
    pitch: Literal["keep", "varispeed"] = "keep"
    fit: Fit = "contain"
    crop: Crop = Crop()
    transform: Transform = Transform()
    opacity: Unit = 1.0
    blend: Blend = "normal"
    color: Color = Color()
    volume: Gain = 1.0
    pan: Signed = 0.0
    muted: bool = False
    fade_in: Seconds = 0
    fade_out: Seconds = 0
    audio_fade_in: Seconds = 0
    audio_fade_out: Seconds = 0
    layout: LayoutCell | None = None
    effects: Annotated[list[Effect], Meta(max_length=32)] = []
    link: str | None = None
    markers: list[ClipMarker] = []
    notes: str = ""
    tags: list[str] = []
    metadata: dict[str, Any] = {}
