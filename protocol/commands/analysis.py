"""What can be measured of a file's picture and sound."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from protocol.commands.command import Command, Example, Params
from protocol.commands.reading import READING, SecondsRange
from protocol.commands.shared import ProjectRef
from protocol.errors import (
    InvalidParams,
    InvalidProject,
    ProjectConflict,
    ProjectNotFound,
    ProjectNotOpen,
    SourceChanged,
    UnsupportedSchema,
)
from protocol.model import Model, Result
from protocol.time import ExactTime

Kind = Literal[
    "scenes", "black", "freeze", "silence", "loudness", "sharpness", "motion", "interlacing", "crop", "bitrate"
]

Lasting = Annotated[float, Meta(ge=0.01, le=3600)]
Share = Annotated[float, Meta(ge=0, le=1)]


class ScenesOptions(Model):
    """A cut needs `threshold` of the picture to be new; what is undone within `flash_seconds` is none."""

    threshold: Annotated[float, Meta(ge=0.1, le=1)] = 0.6
    flash_seconds: Annotated[float, Meta(ge=0, le=1)] = 0.3


class BlackOptions(Model):
    """`share` of the picture is no lighter than `luma` (0 black, 1 white)."""

    luma: Share = 0.1
    share: Share = 0.98
    minimum_seconds: Lasting = 0.5


class FreezeOptions(Model):
    """The mean difference to the first of the frames stays within `noise` (1: black to white)."""

    noise: Share = 0.003
    minimum_seconds: Lasting = 1.0


class SilenceOptions(Model):
    """Every sample of every channel stays below `level` (dB of full scale)."""

    level: Annotated[float, Meta(ge=-90, le=0)] = -50.0
    minimum_seconds: Lasting = 0.5


class MediaTarget(Model):
    """An entry of a project's bin, by its id."""

    project: ProjectRef
    id: str


class MediaAnalyze(Params, kw_only=True):
    """Of exactly one of `path` and `media`. `interval` is the seconds between the points of sharpness, motion and bitrate.

    With a `range` (seconds from the file's start) only what lies in it is looked at, and frames have no numbers.
    """

    path: str | None = None
    media: MediaTarget | None = None
    kinds: Annotated[list[Kind], Meta(min_length=1, max_length=10)]
    video_stream: Annotated[int, Meta(ge=0, le=63)] = 0
    audio_stream: Annotated[int, Meta(ge=0, le=63)] = 0
    range: SecondsRange | None = None
    interval: Annotated[float, Meta(ge=0.1, le=3600)] = 1.0
    scenes: ScenesOptions = ScenesOptions()
    black: BlackOptions = BlackOptions()
    freeze: FreezeOptions = FreezeOptions()
    silence: SilenceOptions = SilenceOptions()


class Algorithm(Result):
    """What made a result: the same name, version and parameters give the same result of the same bytes."""

    name: str
    version: int
    parameters: dict[str, float]


class Cut(Result):
    """The first frame of a new scene; `score` is how much of its picture is new, 0 to 1."""

    time: ExactTime
    frame: int | None
    score: float


class Scenes(Result):
    """Cuts; a dissolve, a fade, a flash or fast motion is none."""

    algorithm: Algorithm
    cuts: list[Cut]


class Span(Result, rename={"from_": "from"}):
    """From one instant up to another, in seconds from the file's start."""

    from_: ExactTime
    to: ExactTime


class Spans(Result):
    """Where something holds."""

    algorithm: Algorithm
    spans: list[Span]


class LoudnessMeasure(Result):
    """EBU R 128: LUFS, LU and dBTP.

    What is silent or shorter than 0.4 s has no loudness, what is shorter than 3 s no range.
    """

    algorithm: Algorithm
    integrated: float | None
    range: float | None
    true_peak: float | None
    momentary_maximum: float | None
    short_term_maximum: float | None


class CurvePoint(Result):
    """A value that holds from `time` on for one interval."""

    time: ExactTime
    value: float


class Curve(Result):
    """A value over time; null where there was nothing to measure."""

    algorithm: Algorithm
    mean: float | None
    maximum: float | None
    points: list[CurvePoint]


class Interlacing(Result):
    """How frames are scanned: what most of them show, and how many show what."""

    algorithm: Algorithm
    verdict: Literal["progressive", "tff", "bff", "mixed", "unknown"]
    progressive: int
    tff: int
    bff: int
    undetermined: int


class InsideBorders(Result):
    """The part of the stored picture inside of dark borders, in pixels."""

    algorithm: Algorithm
    x: int
    y: int
    width: int
    height: int


class Analysis(Result):
    """What was found, by kind; null for what was not asked. `cached` names what was known before."""

    scenes: Scenes | None
    black: Spans | None
    freeze: Spans | None
    silence: Spans | None
    loudness: LoudnessMeasure | None
    sharpness: Curve | None
    motion: Curve | None
    interlacing: Interlacing | None
    crop: InsideBorders | None
    bitrate: Curve | None
    cached: list[Kind]


COMMANDS = (
    Command(
        "media.analyze",
        MediaAnalyze,
        Analysis,
        "Measure a file's picture and sound; all kinds together cost one decoding. "
        "Items of progress are {kind} with the members of a cut, a span or a point.",
        Example({"path": "clip.mp4", "kinds": ["scenes", "loudness"]}),
        raises=(
            *READING,
            SourceChanged,
            InvalidParams,
            InvalidProject,
            UnsupportedSchema,
            ProjectNotFound,
            ProjectNotOpen,
            ProjectConflict,
        ),
        load="jobs",
        progress=True,
    ),
)
