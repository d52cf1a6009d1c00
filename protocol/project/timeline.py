"""The project itself."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta

from protocol.model import Model
from protocol.project.animated import Gain
from protocol.project.effect import Effect
from protocol.project.export import ChannelCount, Export, SampleRate, Side
from protocol.project.layout import Template
from protocol.project.media import Font, Media
from protocol.project.track import Track
from protocol.project.words import HexColor, Id
from protocol.time import Rate, Seconds

SCHEMA = "timeline/1"


class Group(Model):
    """Clips that editors move together; no effect on the picture."""

    id: Id | None = None
    name: str = ""
    clips: list[Id] = []


class Marker(Model):
    """A named moment; with `chapter` it becomes a chapter of the written file."""

    time: Seconds
    id: Id | None = None
    duration: Seconds = 0
    name: str = ""
    color: str | None = None
    chapter: bool = False
    metadata: dict[str, Any] = {}


class Project(Model):
    """A timeline with everything needed to render it."""

    schema: str
    frame_rate: Rate
    width: Side
    height: Side
    tracks: Annotated[list[Track], Meta(max_length=200)]
    id: Id | None = None
    name: str = ""
    description: str = ""
    author: str = ""
    metadata: dict[str, Any] = {}
    sample_rate: SampleRate = 48_000
    channels: ChannelCount = 2
    color_space: Literal["bt709"] = "bt709"
    background: HexColor = "#000000"
    master_volume: Gain = 1.0
    effects: Annotated[list[Effect], Meta(max_length=32)] = []
    media: list[Media] = []
    fonts: list[Font] = []
    templates: list[Template] = []
    groups: list[Group] = []
    markers: list[Marker] = []
    sequences: Annotated[list[Any], Meta(max_length=0)] = []
    export: Export = Export()
