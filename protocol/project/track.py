"""Tracks: the first is the lowest."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from protocol.model import Model
from protocol.project.animated import Gain, Signed, Unit
from protocol.project.clip import Clip
from protocol.project.effect import Effect
from protocol.project.text import Animation, Position, Style, Word
from protocol.project.transition import Transition
from protocol.project.words import Blend, Id, Text
from protocol.time import Seconds


class _Track(Model, tag_field="kind"):
    """What all tracks have."""

    id: Id | None = None
    name: str = ""
    color: str | None = None
    metadata: dict[str, Any] = {}
    enabled: bool = True
    locked: bool = False


class _MediaTrack(_Track):
    """What tracks of clips have."""

    muted: bool = False
    solo: bool = False
    volume: Gain = 1.0
    pan: Signed = 0.0
    effects: Annotated[list[Effect], Meta(max_length=32)] = []
    clips: list[Clip] = []
    transitions: list[Transition] = []


class VideoTrack(_MediaTrack, tag="video"):
    """A layer of picture, with the sound of its clips."""

    opacity: Unit = 1.0
    blend: Blend = "normal"


class AudioTrack(_MediaTrack, tag="audio"):
    """Sound only."""


class Cue(Model):
    """Text shown from `start` up to, not including, `end`."""

    start: Seconds
    end: Seconds
    text: Text
    id: Id | None = None
    enabled: bool = True
    style: Style = Style()
    position: Position | None = None
    animations: Annotated[list[Animation], Meta(max_length=32)] = []
    words: list[Word] = []
    metadata: dict[str, Any] = {}


class SubtitleTrack(_Track, tag="subtitle"):
    """Cues in one language (BCP 47)."""

    language: Annotated[str, Meta(max_length=64)] = ""
    style: Style = Style()
    position: Position | None = None
    cues: list[Cue] = []


Track = VideoTrack | AudioTrack | SubtitleTrack
