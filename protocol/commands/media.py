"""Media files."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from protocol.commands.command import Command, Example, Params
from protocol.commands.reading import READING, SecondsRange
from protocol.commands.render import Started
from protocol.commands.shared import Range
from protocol.errors import (
    DiskFull,
    EncoderUnavailable,
    FfmpegNotFound,
    InvalidParams,
    InvalidProject,
    NotCopyable,
    OutputExists,
    OutputUnwritable,
    ResourceLimit,
)
from protocol.model import Model, Result
from protocol.time import ExactTime


class MediaProbe(Params, kw_only=True):
    """`index`: also the times of keyframes, or of every frame (then `frames` and `variableRate` are exact)."""

    path: str
    index: Literal["none", "keyframes", "full"] = "none"
    refresh: bool = False
    timeout_ms: Annotated[int, Meta(ge=1, le=600_000)] = 10_000


class Chapter(Result):
    """A chapter of a file."""

    start: ExactTime
    end: ExactTime
    title: str


class StreamColor(Result):
    """Colour tags; `assumed` names those the file does not carry."""

    range: str
    matrix: str
    primaries: str
    transfer: str
    assumed: list[str]


class Hdr(Result):
    """High dynamic range; `max_luminance` in cd/m²."""

    kind: Literal["pq", "hlg", "dolbyVision"] | None
    max_luminance: float | None


class VideoStream(Result):
    """A picture stream. `index` counts picture streams, cover art excluded; rotation is degrees clockwise."""

    index: int
    codec: str
    profile: str | None
    width: int
    height: int
    display_width: int
    display_height: int
    pixel_aspect: str
    rotation: int
    mirrored: bool
    frame_rate: str | None
    average_rate: str | None
    variable_rate: bool | None
    frames: int | None
    time_base: str
    duration: ExactTime | None
    pixel_format: str
    bits: int
    alpha: bool
    interlaced: Literal["progressive", "tff", "bff", "unknown"]
    color: StreamColor
    hdr: Hdr
    language: str | None
    default: bool


class AudioStream(Result):
    """A sound stream; `bits` null where the codec has no sample width."""

    index: int
    codec: str
    profile: str | None
    sample_rate: int
    channels: int
    layout: str
    bits: int | None
    duration: ExactTime | None
    language: str | None
    default: bool


class SubtitleStream(Result):
    """A subtitle stream; `text` false: pictures."""

    index: int
    codec: str
    text: bool
    language: str | None
    default: bool
    forced: bool


class Attachment(Result):
    """Something that is not a stream of time."""

    index: int
    kind: Literal["cover", "font", "data"]


class MediaInfo(Result):
    """What a file holds. Times count from the file's start, except `start_time`, which is that start itself."""

    path: str
    fingerprint: str
    bytes: int
    container: str
    start_time: ExactTime
    duration: ExactTime | None
    duration_from: Literal["header", "index", "scan"] | None
    bitrate: int | None
    encrypted: bool
    tags: dict[str, str]
    chapters: list[Chapter]
    video: list[VideoStream]
    audio: list[AudioStream]
    subtitles: list[SubtitleStream]
    attachments: list[Attachment]
    keyframes: list[ExactTime] | None
    cached: bool


MOST_KEYFRAMES = 100_000


class MediaKeyframes(Params, kw_only=True):
    """`video_stream` counts picture streams, cover art excluded; at most `limit` times are returned, from the first."""

    path: str
    video_stream: Annotated[int, Meta(ge=0, le=1_000)] = 0
    range: SecondsRange | None = None
    limit: Annotated[int, Meta(ge=1, le=MOST_KEYFRAMES)] = 10_000
    timeout_ms: Annotated[int, Meta(ge=1, le=600_000)] = 120_000


class KeyframeTimes(Result):
    """Where decoding can begin. Times count from the file's start; edit lists are applied.

    `total` are in the range, `truncated` tells that not all of them are here. `longest` is the greatest distance
    between two of the stream in seconds, its end included; `frames` counts all of the stream's.
    """

    path: str
    fingerprint: str
    video_stream: int
    keyframes: list[ExactTime]
    total: int
    truncated: bool
    longest: ExactTime | None
    frames: int | None
    cached: bool


MOST_INPUTS = 1_000
"""Files that are joined at a time, at most."""


class ConcatInput(Model):
    """A file, or of it a range: its own frames, or seconds of it. Of a still the range says how long it is shown."""

    path: str
    range: Range | None = None


class MediaConcat(Params, kw_only=True):
    """Inputs one after the other, in a file whose suffix names the container.

    `auto` encodes only pictures that cannot be copied, `copy` none (else it is notCopyable), `encode` all. Sound is
    always encoded, once. A second start with one `jobId` returns the first job.
    """

    inputs: Annotated[list[ConcatInput], Meta(min_length=1, max_length=MOST_INPUTS)]
    output: str
    mode: Literal["auto", "copy", "encode"] = "auto"
    overwrite: bool = False
    job_id: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    labels: dict[str, str] = {}


COMMANDS = (
    Command(
        "media.probe",
        MediaProbe,
        MediaInfo,
        "Read what a media file holds.",
        Example({"path": "clip.mp4", "index": "keyframes"}),
        raises=READING,
        load="probe",
    ),
    Command(
        "media.keyframes",
        MediaKeyframes,
        KeyframeTimes,
        "List the keyframes of a picture stream.",
        Example({"path": "clip.mp4", "range": {"from": 0, "to": "3/2"}}),
        raises=(*READING, InvalidParams),
        load="probe",
    ),
    Command(
        "media.concat",
        MediaConcat,
        Started,
        "Queue a render of files one after the other.",
        Example({"inputs": [{"path": "clip.mp4"}, {"path": "clip.mp4"}], "output": "joined.mp4"}),
        raises=(
            *READING,
            NotCopyable,
            InvalidParams,
            InvalidProject,
            EncoderUnavailable,
            FfmpegNotFound,
            ResourceLimit,
            OutputExists,
            OutputUnwritable,
            DiskFull,
        ),
    ),
)
