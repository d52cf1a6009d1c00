"""What is asked of a worker for an analysis, and what it says."""

from __future__ import annotations

from fractions import Fraction

from msgspec import Struct

from protocol.commands.analysis import (
    BlackOptions,
    Curve,
    FreezeOptions,
    InsideBorders,
    Interlacing,
    Kind,
    LoudnessMeasure,
    Scenes,
    ScenesOptions,
    SilenceOptions,
    Spans,
)
from sidecar.services.media.messages import Task


class Options(Struct, frozen=True):
    """Parameters of all kinds."""

    interval: float = 1.0
    scenes: ScenesOptions = ScenesOptions()
    black: BlackOptions = BlackOptions()
    freeze: FreezeOptions = FreezeOptions()
    silence: SilenceOptions = SilenceOptions()


class Analyse(Task, frozen=True, tag="analyse"):
    """Measure streams of a file, by their numbers on the wire, in one pass; `video` or `audio` None: not needed.

    `origin` is the file's start on its own clock; `span` is in seconds from it.
    """

    kinds: tuple[Kind, ...]
    video: int | None
    audio: int | None
    origin: Fraction
    span: tuple[Fraction, Fraction] | None
    options: Options


class Found(Struct, frozen=True):
    """How far the pass is, in seconds from its beginning, and what has been found since the last message."""

    seconds: float
    items: list[dict[str, str | float | int | None]]


class Findings(Struct, frozen=True):
    """What a pass found, or what is kept of one kind."""

    scenes: Scenes | None = None
    black: Spans | None = None
    freeze: Spans | None = None
    silence: Spans | None = None
    loudness: LoudnessMeasure | None = None
    sharpness: Curve | None = None
    motion: Curve | None = None
    interlacing: Interlacing | None = None
    crop: InsideBorders | None = None
    bitrate: Curve | None = None
